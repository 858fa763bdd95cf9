#include "server/listen_address.h"

#include <gtest/gtest.h>

namespace promcast {
namespace {

TEST(ListenAddressTest, UnderstandsTheFormsOfPrometheus) {
  const std::tuple<std::string, std::string, int> cases[] = {{":9095", "", 9095},
                                                             {"127.0.0.1:0", "127.0.0.1", 0},
                                                             {"[::1]:65535", "::1", 65535},
                                                             {"localhost:80", "localhost", 80}};
  for (const auto& [text, host, port] : cases) {
    const auto address = ParseListenAddress(text);
    ASSERT_TRUE(address.ok()) << address.status();
    EXPECT_EQ(address->host, host);
    EXPECT_EQ(address->port, port);
  }
}

TEST(ListenAddressTest, RefusesOthersAndSaysHowItIsWritten) {
  for (const char* text : {"", "9095", "localhost", "localhost:", "h:65536", "h:-1", "h:9x", "::1:9095", "[::1:9095",
                           "[h]:1", "http://h:1", "h :1"}) {
    const auto address = ParseListenAddress(text);
    ASSERT_FALSE(address.ok()) << text;
    EXPECT_NE(address.status().message().find("host:port"), absl::string_view::npos);
  }
}

TEST(ListenAddressTest, LoopbackIsOnlyTheMachineItself) {
  for (const char* text : {"localhost:1", "127.0.0.1:1", "127.9.9.9:1", "[::1]:1"}) {
    EXPECT_TRUE(IsLoopback(*ParseListenAddress(text))) << text;
  }
  for (const char* text : {":1", "0.0.0.0:1", "[::]:1", "10.0.0.1:1", "localhost.example.org:1", "128.0.0.1:1"}) {
    EXPECT_FALSE(IsLoopback(*ParseListenAddress(text))) << text;
  }
}

}  // namespace
}  // namespace promcast
