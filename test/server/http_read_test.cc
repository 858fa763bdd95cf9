#include <condition_variable>
#include <mutex>
#include <thread>

#include "raw_client.h"
#include "server_fixture.h"

namespace promcast {
namespace {

using testing::HasSubstr;
using HttpReadTest = ServerFixture;

// A ReadRequest with one query, without matchers, up to the time 5; and with streaming asked for.
const std::string kSamplesRequest("\x0a\x02\x10\x05", 4);
const std::string kStreamedRequest("\x0a\x02\x10\x05\x12\x01\x01", 7);

std::string ReadRequestOf(std::string_view message, std::string_view headers = "") {
  return WriteRequest(SnappyLiteral(message), headers, "/api/v1/read");
}

TEST_F(HttpReadTest, AnswersInTheFormAskedForOnOneConnection) {
  Start();
  RawClient client(address);
  const RawResponse samples = client.Ask(ReadRequestOf(kSamplesRequest));
  EXPECT_EQ(samples.status, 200) << samples.body;
  EXPECT_EQ(samples.headers.at("content-type"), "application/x-protobuf");
  EXPECT_EQ(samples.headers.at("content-encoding"), "snappy");
  EXPECT_THAT(samples.body, HasSubstr("up"));
  const RawResponse streamed = client.Ask(ReadRequestOf(kStreamedRequest));
  EXPECT_EQ(streamed.status, 200) << streamed.body;
  EXPECT_EQ(streamed.headers.at("content-type"),
            "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse");
  EXPECT_EQ(streamed.headers.count("content-encoding"), 0u);
  EXPECT_THAT(Metrics(), HasSubstr("promcast_http_requests_total{code=\"200\",handler=\"read\"} 2\n"));
}

TEST_F(HttpReadTest, OtherMethodsAndTypesAreRefused) {
  Start();
  {
    const RawResponse get = RawClient(address).Ask(Get("/api/v1/read"));
    EXPECT_EQ(get.status, 405);
    EXPECT_EQ(get.headers.at("allow"), "POST");
  }
  RawClient client(address);
  EXPECT_EQ(
      client.Ask("POST /api/v1/read HTTP/1.1\r\nHost: x\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nab")
          .status,
      415);
}

TEST_F(HttpReadTest, ABrokenBodyIs400AndTheConnectionGoesOn) {
  Start();
  RawClient client(address);
  const RawResponse broken = client.Ask(WriteRequest("\xff\xff", "", "/api/v1/read"));
  EXPECT_EQ(broken.status, 400);
  EXPECT_THAT(broken.body, HasSubstr("snappy"));
  EXPECT_EQ(client.Ask(ReadRequestOf(kSamplesRequest)).status, 200);
}

TEST_F(HttpReadTest, ABodyAboveTheLimitIs413Unread) {
  read.max_body_bytes = 100;
  Start();
  RawClient client(address);
  const RawResponse refused =
      client.Ask("POST /api/v1/read HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n" + std::string(101, 'x'));
  EXPECT_EQ(refused.status, 413);
  EXPECT_THAT(Metrics(), HasSubstr("promcast_remote_read_requests_total{code=\"413\",response_type=\"unknown\"} 1\n"));
}

TEST_F(HttpReadTest, ABodyIsInvitedWhereTheClientWaitsForThat) {
  Start();
  RawClient client(address);
  EXPECT_EQ(client.Ask(ReadRequestOf(kSamplesRequest, "Expect: 100-continue\r\n")).status, 200);
  EXPECT_EQ(client.continues(), 1);
}

TEST_F(HttpReadTest, AboveItsConcurrencyItIs503AndOtherPagesAreServed) {
  read.max_concurrent = 1;
  std::mutex mutex;
  std::condition_variable changed;
  bool reading = false, go_on = false;
  read_source.on_read = [&] {
    std::unique_lock lock(mutex);
    reading = true;
    changed.notify_all();
    changed.wait(lock, [&] { return go_on; });
  };
  Start();
  RawClient slow(address);
  slow.Send(ReadRequestOf(kSamplesRequest));
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return reading; });
  }
  RawClient other(address);
  const RawResponse busy = other.Ask(ReadRequestOf(kSamplesRequest));
  EXPECT_EQ(busy.status, 503);
  EXPECT_EQ(busy.headers.count("retry-after"), 1u);
  EXPECT_EQ(other.Ask(Get("/-/healthy")).status, 200);
  {
    std::unique_lock lock(mutex);
    go_on = true;
  }
  changed.notify_all();
  EXPECT_EQ(slow.Read().status, 200);
  EXPECT_EQ(other.Ask(ReadRequestOf(kSamplesRequest)).status, 200);
}

}  // namespace
}  // namespace promcast
