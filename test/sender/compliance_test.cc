// The cases of prometheus/compliance's remotewrite/sender suite, each test named after its case.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <set>

#include "logging/log.h"
#include "sender_fixture.h"

namespace promcast {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

class ComplianceTest : public SenderTest {
 protected:
  /// Sends one sample to a server that answers with `response` always; returns what arrived once it is settled.
  std::vector<TestRequest> SendOneTo(const TestResponse& response) {
    TestServer server([&](const TestRequest&, size_t) { return response; });
    auto sender = MakeSender({To(server)});
    Send(*sender, {{"__name__", "test_metric"}}, 42);
    EXPECT_TRUE(Drain(*sender));
    return server.requests();
  }
  /// Sends one sample to a server that answers with `status` twice and takes the sample then.
  std::vector<TestRequest> SendOneToFlaky(int status) {
    TestServer server([&](const TestRequest& request, size_t index) {
      return index < 2 ? TestResponse{.status = status, .body = "try later"} : TakeAll(request, index);
    });
    auto sender = MakeSender({To(server)});
    Send(*sender, {{"__name__", "test_metric"}}, 42);
    EXPECT_TRUE(Drain(*sender));
    return server.requests();
  }
  TestRequest OneAccepted() { return SendOneTo(Written(1)).at(0); }
  /// The one sample value that arrives when `value` is sent.
  double Through(double value) {
    TestServer server(TakeAll);
    auto sender = MakeSender({To(server)});
    Send(*sender, {{"__name__", "test_metric"}}, value);
    EXPECT_TRUE(Drain(*sender));
    const auto write = Receive(server.requests().at(0));
    EXPECT_THAT(write.series, SizeIs(1));
    EXPECT_THAT(write.series.at(0).samples, SizeIs(1));
    return write.series.at(0).samples.at(0).value;
  }
};

TEST_F(ComplianceTest, HttpPostMethod) {
  const TestRequest request = OneAccepted();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/api/v1/write");
}
TEST_F(ComplianceTest, SnappyCompressionHeader) {
  EXPECT_EQ(OneAccepted().headers["content-encoding"], "snappy");
}
TEST_F(ComplianceTest, SnappyBlockFormatAndProtobufParseable) {
  const TestRequest request = OneAccepted();
  EXPECT_THAT(Receive(request).series, SizeIs(1));
  EXPECT_THAT(request.body, testing::Not(HasSubstr("sNaPpY"))) << "the framed format";
}
TEST_F(ComplianceTest, ContentTypeNamesTheProtoWithoutABlank) {
  EXPECT_EQ(OneAccepted().headers["content-type"], "application/x-protobuf;proto=io.prometheus.write.v2.Request");
}
TEST_F(ComplianceTest, VersionHeader) {
  EXPECT_EQ(OneAccepted().headers["x-prometheus-remote-write-version"], "2.0.0");
}
TEST_F(ComplianceTest, UserAgent) {
  EXPECT_THAT(OneAccepted().headers["user-agent"], testing::MatchesRegex("promcast/[0-9.]+"));
}
TEST_F(ComplianceTest, HostHeaderHoldsThePort) {
  EXPECT_THAT(OneAccepted().headers["host"], testing::MatchesRegex("127.0.0.1:[0-9]+"));
}
TEST_F(ComplianceTest, FirstAttemptHasNoRetryAttemptHeader) {
  EXPECT_EQ(OneAccepted().headers.count("retry-attempt"), 0u);
}

TEST_F(ComplianceTest, EmptyStringAtIndexZero) {
  const auto write = Receive(OneAccepted());
  ASSERT_FALSE(write.symbols.empty());
  EXPECT_EQ(write.symbols[0], "");
}
TEST_F(ComplianceTest, StringDeduplication) {
  TestServer server(TakeAll);
  auto sender = MakeSender({To(server)});
  for (int i = 0; i < 20; i++) {
    Send(*sender, {{"__name__", "test_metric"}, {"i", std::to_string(i)}, {"job", "same"}}, i);
  }
  ASSERT_TRUE(Drain(*sender));
  const auto symbols = Receive(server.requests().at(0)).symbols;
  EXPECT_EQ(std::set<std::string>(symbols.begin(), symbols.end()).size(), symbols.size());
}
TEST_F(ComplianceTest, LabelsCompleteSortedAndUnique) {
  TestServer server(TakeAll);
  auto sender = MakeSender({To(server)});
  Send(*sender, {{"Zone", "z"}, {"__name__", "test_metric"}, {"a", "1"}, {"ab", "2"}, {"b", "3"}}, 1);
  ASSERT_TRUE(Drain(*sender));
  EXPECT_THAT(
      Receive(server.requests().at(0)).series.at(0).labels,
      ElementsAre(Pair("Zone", "z"), Pair("__name__", "test_metric"), Pair("a", "1"), Pair("ab", "2"), Pair("b", "3")));
}
TEST_F(ComplianceTest, SpecialCharactersUnicodeAndHugeLabelValues) {
  const std::string huge(10 * 1024, 'x');
  TestServer server(TakeAll);
  auto sender = MakeSender({To(server)});
  Send(*sender, {{"__name__", "test_metric"}, {"huge", huge}, {"quote", "a\"b\\c\nd\te"}, {"unicode", "温度 🌡"}},
       1);
  ASSERT_TRUE(Drain(*sender));
  EXPECT_THAT(Receive(server.requests().at(0)).series.at(0).labels,
              ElementsAre(Pair("__name__", "test_metric"), Pair("huge", huge), Pair("quote", "a\"b\\c\nd\te"),
                          Pair("unicode", "温度 🌡")));
}

TEST_F(ComplianceTest, EverySeriesIsSentAsAGauge) {
  TestServer server(TakeAll);
  auto sender = MakeSender({To(server)});
  SendNumbered(*sender, 0, 3);
  ASSERT_TRUE(Drain(*sender));
  const auto series = Receive(server.requests().at(0)).series;
  ASSERT_THAT(series, SizeIs(3));
  for (const ReceivedSeries& one : series) EXPECT_EQ(one.metadata_type, 2u) << "METRIC_TYPE_GAUGE";
}

TEST_F(ComplianceTest, NanValue) {
  EXPECT_EQ(std::bit_cast<uint64_t>(Through(std::bit_cast<double>(0x7ff8000000000001))), 0x7ff8000000000001u);
}
TEST_F(ComplianceTest, StaleMarker) {
  EXPECT_EQ(std::bit_cast<uint64_t>(Through(StaleMarker())), 0x7ff0000000000002u);
}
TEST_F(ComplianceTest, PositiveInfinity) {
  EXPECT_EQ(Through(std::numeric_limits<double>::infinity()), std::numeric_limits<double>::infinity());
}
TEST_F(ComplianceTest, NegativeInfinity) {
  EXPECT_EQ(Through(-std::numeric_limits<double>::infinity()), -std::numeric_limits<double>::infinity());
}
TEST_F(ComplianceTest, ZeroAndNegativeZeroValue) {
  EXPECT_EQ(std::bit_cast<uint64_t>(Through(0.0)), 0u);
  EXPECT_TRUE(std::signbit(Through(-0.0)));
}
TEST_F(ComplianceTest, HighPrecisionAndExtremeFloats) {
  for (const double value : {0.1 + 0.2, -1.5, 1e-323, std::numeric_limits<double>::max(), 9007199254740993.0}) {
    EXPECT_EQ(Through(value), value);
  }
}
TEST_F(ComplianceTest, MillisecondPrecisionOfTimestamps) {
  TestServer server(TakeAll);
  DestinationOptions options = To(server);
  options.queue_config.sample_age_limit = std::chrono::milliseconds(0);
  auto sender = MakeSender({options});
  const std::vector<int64_t> timestamps = {kNowMs + 123, 0, -1, kNowMs + kMinuteMs};
  for (const int64_t timestamp_ms : timestamps) Send(*sender, {{"__name__", "test_metric"}}, 1, timestamp_ms);
  ASSERT_TRUE(Drain(*sender));
  std::vector<int64_t> received;
  for (const auto& series : Receive(server.requests().at(0)).series)
    received.push_back(series.samples.at(0).timestamp_ms);
  EXPECT_EQ(received, timestamps);
}

class NoRetryOn : public ComplianceTest, public testing::WithParamInterface<int> {};
TEST_P(NoRetryOn, ClientErrorIsSentOnceAndCountedAsRejected) {
  EXPECT_THAT(SendOneTo({.status = GetParam(), .body = "no"}), SizeIs(1));
  EXPECT_EQ(Failed("rejected"), 1);
  EXPECT_EQ(Metric("samples_total"), 0);
  EXPECT_EQ(Metric("samples_retried_total"), 0);
  EXPECT_EQ(Metric("requests_total", "code=\"" + std::to_string(GetParam()) + "\""), 1);
}
INSTANTIATE_TEST_SUITE_P(Status, NoRetryOn, testing::Values(400, 401, 403, 404, 405, 409, 413, 422, 429, 301, 308),
                         testing::PrintToStringParamName());

class RetryOn : public ComplianceTest, public testing::WithParamInterface<int> {};
TEST_P(RetryOn, ServerErrorIsSentAgainUntilItIsTaken) {
  const auto requests = SendOneToFlaky(GetParam());
  ASSERT_THAT(requests, SizeIs(3));
  EXPECT_EQ(requests[1].headers.at("retry-attempt"), "1");
  EXPECT_EQ(requests[2].headers.at("retry-attempt"), "2");
  EXPECT_EQ(requests[2].body, requests[0].body);
  EXPECT_EQ(Metric("samples_total"), 1);
  EXPECT_EQ(Metric("samples_retried_total"), 2);
  EXPECT_EQ(Failed("rejected"), 0);
}
INSTANTIATE_TEST_SUITE_P(Status, RetryOn, testing::Values(500, 502, 503, 504, 599), testing::PrintToStringParamName());

TEST_F(ComplianceTest, MayRetryOn429WhenToldTo) {
  TestServer server([](const TestRequest& request, size_t index) {
    return index == 0 ? TestResponse{.status = 429} : TakeAll(request, index);
  });
  DestinationOptions options = To(server);
  options.queue_config.retry_on_http_429 = true;
  auto sender = MakeSender({options});
  Send(*sender, {{"__name__", "test_metric"}}, 42);
  ASSERT_TRUE(Drain(*sender));
  EXPECT_THAT(server.requests(), SizeIs(2));
  EXPECT_EQ(Metric("samples_total"), 1);
}

// With backoffs of a millisecond there would soon be a second request if Retry-After were not honoured.
TEST_F(ComplianceTest, RetryAfterHeaderRespected) {
  TestServer server([](const TestRequest& request, size_t index) {
    return index == 0 ? TestResponse{.status = 503, .headers = {{"Retry-After", "3600"}}} : TakeAll(request, index);
  });
  auto sender = MakeSender({To(server)});
  Send(*sender, {{"__name__", "test_metric"}}, 42);
  EXPECT_FALSE(sender->Drain(200));
  EXPECT_THAT(server.requests(), SizeIs(1));
}
TEST_F(ComplianceTest, RetryAfterBeyondTheAgeLimitIsCutToIt) {
  TestServer server([](const TestRequest& request, size_t index) {
    return index == 0 ? TestResponse{.status = 503, .headers = {{"Retry-After", "3600"}}} : TakeAll(request, index);
  });
  DestinationOptions options = To(server);
  options.queue_config.sample_age_limit = std::chrono::milliseconds(200);
  auto sender = MakeSender({options});
  Send(*sender, {{"__name__", "test_metric"}}, 42);
  ASSERT_TRUE(Drain(*sender));
  EXPECT_THAT(server.requests(), SizeIs(2));
}

TEST_F(ComplianceTest, FallbackOn415UnsupportedMediaType) {
  TestServer server(
      [](const TestRequest& request, size_t) { return TestResponse{.status = Receive(request).v2 ? 415 : 204}; });
  auto sender = MakeSender({To(server)});
  Send(*sender, {{"__name__", "test_metric"}}, 42);
  ASSERT_TRUE(Drain(*sender));
  const auto requests = server.requests();
  ASSERT_THAT(requests, SizeIs(2));
  EXPECT_EQ(requests[1].headers.at("content-type"), "application/x-protobuf");
  EXPECT_EQ(requests[1].headers.at("x-prometheus-remote-write-version"), "0.1.0");
  EXPECT_EQ(requests[1].headers.at("content-encoding"), "snappy");
  EXPECT_EQ(AllSamples({requests[1]}), AllSamples({requests[0]}));
  EXPECT_EQ(Metric("samples_total"), 1);
  EXPECT_EQ(Metric("protocol_version"), 1);
  EXPECT_EQ(Metric("samples_retried_total"), 0);
}
TEST_F(ComplianceTest, PersistentFallbackChoice) {
  TestServer server(
      [](const TestRequest& request, size_t) { return TestResponse{.status = Receive(request).v2 ? 415 : 204}; });
  auto sender = MakeSender({To(server)});
  for (int i = 0; i < 3; i++) {
    SendNumbered(*sender, i, i + 1);
    ASSERT_TRUE(Drain(*sender));
  }
  std::vector<bool> v2;
  for (const auto& request : server.requests()) v2.push_back(Receive(request).v2);
  EXPECT_THAT(v2, ElementsAre(true, false, false, false));
}
TEST_F(ComplianceTest, NoFallbackOn2xx) {
  TestServer server(TakeAll);
  auto sender = MakeSender({To(server)});
  for (int i = 0; i < 3; i++) {
    SendNumbered(*sender, i, i + 1);
    ASSERT_TRUE(Drain(*sender));
  }
  EXPECT_THAT(server.requests(), SizeIs(3));
  for (const auto& request : server.requests()) EXPECT_TRUE(Receive(request).v2);
  EXPECT_EQ(Metric("protocol_version"), 2);
}
TEST_F(ComplianceTest, Rw1ConfiguredSendsNoSymbolTable) {
  TestServer server([](const TestRequest&, size_t) { return TestResponse{.status = 200}; });
  DestinationOptions options = To(server);
  options.protobuf_message = ProtobufMessage::kV1;
  auto sender = MakeSender({options});
  SendNumbered(*sender, 0, 3);
  ASSERT_TRUE(Drain(*sender));
  const auto write = Receive(server.requests().at(0));
  EXPECT_FALSE(write.v2);
  EXPECT_THAT(write.series, SizeIs(3));
  EXPECT_EQ(server.requests().at(0).headers.at("x-prometheus-remote-write-version"), "0.1.0");
  EXPECT_EQ(Metric("samples_total"), 3);
}

TEST_F(ComplianceTest, Handle200OkAndIgnoreResponseBodyOnSuccess) {
  TestResponse response = Written(1, 200);
  response.body = "this body is to be ignored";
  EXPECT_THAT(SendOneTo(response), SizeIs(1));
  EXPECT_EQ(Metric("samples_total"), 1);
}
TEST_F(ComplianceTest, Handle204NoContent) {
  EXPECT_THAT(SendOneTo(Written(1)), SizeIs(1));
  EXPECT_EQ(Metric("samples_total"), 1);
  EXPECT_EQ(Metric("highest_sent_timestamp_seconds"), kNowMs / 1000);
}
TEST_F(ComplianceTest, HandlePartialWriteResponse) {
  TestServer server([](const TestRequest&, size_t) { return Written(2, 400); });
  auto sender = MakeSender({To(server)});
  SendNumbered(*sender, 0, 3);
  ASSERT_TRUE(Drain(*sender));
  EXPECT_THAT(server.requests(), SizeIs(1));
  EXPECT_EQ(Metric("samples_total"), 2);
  EXPECT_EQ(Failed("rejected"), 1);
}
TEST_F(ComplianceTest, ProcessWrittenCountHeaders) {
  TestServer server([](const TestRequest&, size_t) { return Written(1); });
  auto sender = MakeSender({To(server)});
  SendNumbered(*sender, 0, 3);
  ASSERT_TRUE(Drain(*sender));
  EXPECT_THAT(server.requests(), SizeIs(1));
  EXPECT_EQ(Metric("samples_total"), 1);
  EXPECT_EQ(Failed("rejected"), 2);
}
TEST_F(ComplianceTest, HandleMissingWrittenHeadersOnAnErrorAsNothingWritten) {
  EXPECT_THAT(SendOneTo({.status = 400, .body = "bad"}), SizeIs(1));
  EXPECT_EQ(Metric("samples_total"), 0);
  EXPECT_EQ(Failed("rejected"), 1);
}
TEST_F(ComplianceTest, LogErrorMessagesVerbatim) {
  testing::internal::CaptureStderr();
  SendOneTo({.status = 400, .body = "Error: Invalid label name '__invalid__'"});
  FlushLogs();
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("Error: Invalid label name '__invalid__'"));
}
TEST_F(ComplianceTest, HandleLargeErrorBody) {
  EXPECT_THAT(SendOneTo({.status = 400, .body = std::string(1024 * 1024, 'x')}), SizeIs(1));
  EXPECT_EQ(Failed("rejected"), 1);
}
TEST_F(ComplianceTest, HandleConnectionClosedWithoutAnAnswer) {
  TestServer server([](const TestRequest& request, size_t index) {
    return index == 0 ? TestResponse{.raw = "\r"} : TakeAll(request, index);
  });
  auto sender = MakeSender({To(server)});
  Send(*sender, {{"__name__", "test_metric"}}, 42);
  ASSERT_TRUE(Drain(*sender));
  EXPECT_THAT(server.requests(), SizeIs(2));
  EXPECT_EQ(Metric("samples_total"), 1);
}
TEST_F(ComplianceTest, HandleMalformedResponse) {
  TestServer server([](const TestRequest& request, size_t index) {
    return index == 0 ? TestResponse{.raw = "Not valid response headers\r\n\r\n"} : TakeAll(request, index);
  });
  auto sender = MakeSender({To(server)});
  Send(*sender, {{"__name__", "test_metric"}}, 42);
  ASSERT_TRUE(Drain(*sender));
  EXPECT_THAT(server.requests(), SizeIs(2));
  EXPECT_EQ(Metric("requests_total", "code=\"none\""), 1);
  EXPECT_EQ(Metric("samples_total"), 1);
}
TEST_F(ComplianceTest, HandleInvalidStatusCode) {
  EXPECT_THAT(SendOneTo({.status = 999}), SizeIs(1));
  EXPECT_EQ(Metric("requests_total", "code=\"other\""), 1);
  EXPECT_EQ(Failed("rejected"), 1);
}
TEST_F(ComplianceTest, HandleTimeout) {
  TestServer server([](const TestRequest& request, size_t index) {
    return index == 0 ? TestResponse{.never = true} : TakeAll(request, index);
  });
  DestinationOptions options = To(server);
  options.remote_timeout = std::chrono::milliseconds(200);
  auto sender = MakeSender({options});
  Send(*sender, {{"__name__", "test_metric"}}, 42);
  ASSERT_TRUE(Drain(*sender));
  EXPECT_GE(server.requests().size(), 2u);
  EXPECT_EQ(Metric("samples_total"), 1);
}

TEST_F(ComplianceTest, BatchMultipleSeries) {
  TestServer server(TakeAll);
  auto sender = MakeSender({To(server)});
  SendNumbered(*sender, 0, 100);
  ASSERT_TRUE(Drain(*sender));
  ASSERT_THAT(server.requests(), SizeIs(1));
  EXPECT_THAT(Receive(server.requests()[0]).series, SizeIs(100));
}
TEST_F(ComplianceTest, SizeBasedFlush) {
  TestServer server(TakeAll);
  DestinationOptions options = To(server);
  options.queue_config.max_samples_per_send = 10;
  auto sender = MakeSender({options});
  SendNumbered(*sender, 0, 25);
  ASSERT_TRUE(server.WaitForRequests(2)) << "full batches leave without a flush";
  ASSERT_TRUE(Drain(*sender));
  std::vector<size_t> sizes;
  for (const auto& request : server.requests()) sizes.push_back(Receive(request).series.size());
  EXPECT_THAT(sizes, ElementsAre(10, 10, 5));
}
TEST_F(ComplianceTest, TimeBasedFlush) {
  TestServer server(TakeAll);
  DestinationOptions options = To(server);
  options.queue_config.batch_send_deadline = std::chrono::milliseconds(1);
  auto sender = MakeSender({options});
  SendNumbered(*sender, 0, 1);
  EXPECT_TRUE(server.WaitForRequests(1));
}
TEST_F(ComplianceTest, EmptyScrapeSendsNothing) {
  TestServer server(TakeAll);
  auto sender = MakeSender({To(server)});
  sender->Enqueue(std::make_shared<OutputBatch>());
  ASSERT_TRUE(Drain(*sender));
  EXPECT_THAT(server.requests(), IsEmpty());
}

}  // namespace
}  // namespace promcast
