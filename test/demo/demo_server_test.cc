#include "demo/demo_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <future>
#include <string>
#include <thread>

namespace promcast {
namespace {

namespace net = boost::asio;
using net::ip::tcp;
using testing::HasSubstr;
using testing::StartsWith;

class DemoServerTest : public testing::Test {
 protected:
  void SetUp() override {
    std::promise<std::string> listening;
    thread_ = std::thread([this, &listening] {
      DemoOptions options;
      options.listen_address = "127.0.0.1:0";
      status_ = RunDemo(options, stop_, [&](std::string_view address) { listening.set_value(std::string(address)); });
    });
    address_ = listening.get_future().get();
  }
  void TearDown() override {
    stop_ = true;
    thread_.join();
    EXPECT_TRUE(status_.ok()) << status_;
  }

  uint16_t port() const { return static_cast<uint16_t>(std::stoi(address_.substr(address_.rfind(':') + 1))); }

  tcp::socket Connect() {
    tcp::socket socket(context_);
    socket.connect({net::ip::make_address("127.0.0.1"), port()});
    return socket;
  }

  /// Everything answered to `request` until the server closes, which it may do before it has read all of it.
  std::string Ask(const std::string& request) {
    tcp::socket socket = Connect();
    boost::system::error_code error;
    net::write(socket, net::buffer(request), error);
    std::string answer;
    net::read(socket, net::dynamic_buffer(answer), error);
    return answer;
  }

  net::io_context context_;
  std::atomic<bool> stop_{false};
  std::string address_;
  absl::Status status_;
  std::thread thread_;
};

TEST_F(DemoServerTest, MetricsAreTextThatPrometheusReads) {
  const std::string answer = Ask("GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
  EXPECT_THAT(answer, HasSubstr("\n# TYPE demo_requests_total counter\ndemo_requests_total{replica=\"0\"} "));
}

TEST_F(DemoServerTest, OtherPathsAndMethodsAreRefused) {
  EXPECT_THAT(Ask("GET /other HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.0 404"));
  EXPECT_THAT(Ask("DELETE /metrics HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.0 405"));
  EXPECT_THAT(Ask("GET /-/healthy HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.0 200"));
  EXPECT_THAT(Ask("HEAD /metrics HTTP/1.0\r\n\r\n"), testing::EndsWith("\r\n\r\n"));
}

TEST_F(DemoServerTest, GarbageClosesItsConnectionAndNoOther) {
  EXPECT_EQ(Ask("\x16\x03\x01 not http\r\n\r\n"), "");
  EXPECT_EQ(Ask("GET / HTTP/1.1\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n"), "");
  EXPECT_THAT(Ask("GET /metrics HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.0 200"));
}

TEST_F(DemoServerTest, ASilentConnectionHoldsUpNobody) {
  tcp::socket silent = Connect();
  EXPECT_THAT(Ask("GET /metrics HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.0 200"));
}

TEST_F(DemoServerTest, AnAddressInUseIsAnErrorThatNamesIt) {
  DemoOptions options;
  options.listen_address = address_;
  const absl::Status status = RunDemo(options, stop_);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr(address_));
}

TEST(DemoOptionsTest, ImpossibleOptionsAreErrorsThatNameThem) {
  const std::atomic<bool> stop{true};
  DemoOptions no_port;
  no_port.listen_address = "localhost";
  EXPECT_EQ(RunDemo(no_port, stop).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(RunDemo(no_port, stop).message()), HasSubstr("localhost"));
  DemoOptions short_day;
  short_day.day_ms = 999;
  EXPECT_EQ(RunDemo(short_day, stop).code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace promcast
