#include "sender/sender.h"

#include <fmt/format.h>

#include "sender_fixture.h"

namespace promcast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<std::string> Numbered(int first, int end) {
  std::vector<std::string> lines;
  for (int i = first; i < end; i++) lines.push_back(fmt::format("up{{i={}}} {} {}", i, kNowMs, i));
  return lines;
}

// VictoriaMetrics answers 204 to every 2.0 request and stores nothing.
TEST_F(SenderTest, A204WithoutWrittenHeadersMakesTheSameBatchArriveAgainAsV1AndNothingIsLost) {
  TestServer server([](const TestRequest&, size_t) { return TestResponse{.status = 204}; });
  auto sender = MakeSender({To(server)});
  SendNumbered(*sender, 0, 50);
  ASSERT_TRUE(Drain(*sender));
  SendNumbered(*sender, 50, 60);
  ASSERT_TRUE(Drain(*sender));
  const auto requests = server.requests();
  ASSERT_THAT(requests, SizeIs(3));
  EXPECT_TRUE(Receive(requests[0]).v2);
  EXPECT_EQ(AllSamples({requests[0]}), Numbered(0, 50));
  EXPECT_FALSE(Receive(requests[1]).v2);
  EXPECT_FALSE(Receive(requests[2]).v2);
  EXPECT_EQ(AllSamples({requests[1], requests[2]}), Numbered(0, 60));
  EXPECT_EQ(Metric("samples_total"), 60);
  EXPECT_EQ(Metric("protocol_version"), 1);
}

TEST_F(SenderTest, AnUnconfirmedWriteWhereOnly20IsAllowedIsCountedAsInvalidResponse) {
  TestServer server([](const TestRequest&, size_t) { return TestResponse{.status = 204}; });
  DestinationOptions options = To(server);
  options.protobuf_message = ProtobufMessage::kV2;
  auto sender = MakeSender({options});
  SendNumbered(*sender, 0, 5);
  ASSERT_TRUE(Drain(*sender));
  EXPECT_THAT(server.requests(), SizeIs(1));
  EXPECT_EQ(Failed("invalid_response"), 5);
  EXPECT_EQ(Metric("samples_total"), 0);
}

TEST_F(SenderTest, SamplesOfASeriesArriveInOrderThroughRetriesAndShards) {
  // Every third request fails, and every fifth is taken but its connection breaks.
  std::vector<TestRequest> taken;
  TestServer server([&](const TestRequest& request, size_t index) {
    if (index % 3 == 0) return TestResponse{.status = 500};
    TestResponse response = TakeAll(request, index);
    response.close_silently = index % 5 == 0;
    taken.push_back(request);
    return response;
  });
  DestinationOptions options = To(server);
  options.queue_config.max_shards = 4;
  options.queue_config.max_samples_per_send = 7;
  auto sender = MakeSender({options});
  for (int round = 0; round < 40; round++) {
    for (int series = 0; series < 10; series++) {
      Send(*sender, {{"__name__", "up"}, {"series", std::to_string(series)}}, round, kNowMs + round);
    }
  }
  ASSERT_TRUE(Drain(*sender));
  sender.reset();
  std::map<std::string, std::vector<double>> values;
  for (const TestRequest& request : taken) {
    for (const auto& series : Receive(request).series) {
      values[series.labels.at(1).second].push_back(series.samples.at(0).value);
    }
  }
  std::vector<double> in_order;
  for (int round = 0; round < 40; round++) in_order.push_back(round);
  ASSERT_THAT(values, SizeIs(10));
  for (const auto& [series, seen] : values) EXPECT_EQ(seen, in_order) << series;
  EXPECT_EQ(Metric("samples_total"), 400);
}

TEST_F(SenderTest, AFullQueueDropsItsOldestSamples) {
  TestServer server([&](const TestRequest& request, size_t index) {
    return index == 0 ? TestResponse{.status = 503, .headers = {{"Retry-After", "1"}}} : TakeAll(request, index);
  });
  DestinationOptions options = To(server);
  options.queue_config.capacity = 10;
  options.queue_config.max_samples_per_send = 4;
  auto sender = MakeSender({options});
  SendNumbered(*sender, 0, 4);  // on its way, and out of the queue
  ASSERT_TRUE(server.WaitForRequests(1));
  SendNumbered(*sender, 4, 30);  // while it waits for Retry-After
  ASSERT_TRUE(Drain(*sender));
  auto requests = server.requests();
  requests.erase(requests.begin());
  auto expected = Numbered(0, 4);
  for (const auto& line : Numbered(20, 30)) expected.push_back(line);
  EXPECT_EQ(AllSamples(requests), expected);
  EXPECT_EQ(Failed("queue_full"), 16);
  EXPECT_EQ(Metric("queue_capacity"), 10);
  EXPECT_EQ(Metric("queue_length"), 0);
}

// Prometheus 2.42 answers 500 to a sample that is too old, for ever.
TEST_F(SenderTest, SamplesThatGrowTooOldBetweenAttemptsAreDroppedAndCounted) {
  TestServer server([&](const TestRequest& request, size_t index) {
    if (index < 3) return TestResponse{.status = 500, .body = "too old sample"};
    if (index == 3) {
      clock_.Advance(5 * kMinuteMs);
      return TestResponse{.status = 500};
    }
    return TakeAll(request, index);
  });
  DestinationOptions options = To(server);
  options.queue_config.sample_age_limit = std::chrono::minutes(10);
  auto sender = MakeSender({options});
  for (int i = 0; i < 4; i++) {
    Send(*sender, {{"__name__", "up"}, {"i", std::to_string(i)}}, i, kNowMs - i * 3 * kMinuteMs);
  }
  ASSERT_TRUE(Drain(*sender));
  EXPECT_THAT(
      AllSamples({server.requests().back()}),
      ElementsAre(fmt::format("up{{i=0}} {} 0", kNowMs), fmt::format("up{{i=1}} {} 1", kNowMs - 3 * kMinuteMs)));
  EXPECT_EQ(Failed("too_old"), 2);
  EXPECT_EQ(Metric("samples_total"), 2);
}

TEST_F(SenderTest, ABatchThatIsWhollyTooOldIsNotSent) {
  TestServer server(TakeAll);
  auto sender = MakeSender({To(server)});
  Send(*sender, {{"__name__", "up"}}, 1, kNowMs - 11 * kMinuteMs);
  ASSERT_TRUE(Drain(*sender));
  EXPECT_THAT(server.requests(), IsEmpty());
  EXPECT_EQ(Failed("too_old"), 1);
}

TEST_F(SenderTest, ReloadKeepsTheQueueAndTheProtocolOfAnUnchangedDestination) {
  TestServer server([](const TestRequest&, size_t) { return TestResponse{.status = 204}; });
  TestServer other(TakeAll);
  auto sender = MakeSender({To(server)});
  SendNumbered(*sender, 0, 1);
  ASSERT_TRUE(Drain(*sender));  // learns that the receiver speaks 1.0
  SendNumbered(*sender, 1, 6);
  sender->Reload({To(other, "other"), To(server)});
  ASSERT_TRUE(Drain(*sender));
  ASSERT_THAT(server.requests(), SizeIs(3));
  EXPECT_FALSE(Receive(server.requests()[2]).v2);
  EXPECT_EQ(AllSamples({server.requests()[2]}), Numbered(1, 6));
  EXPECT_THAT(other.requests(), IsEmpty());
}

TEST_F(SenderTest, ReloadCountsWhatARemovedDestinationStillHeldAndForgetsItsProtocolWhenItChanges) {
  TestServer server([](const TestRequest&, size_t) { return TestResponse{.status = 204}; });
  auto sender = MakeSender({To(server)});
  SendNumbered(*sender, 0, 1);
  ASSERT_TRUE(Drain(*sender));
  SendNumbered(*sender, 1, 6);
  DestinationOptions changed = To(server);
  changed.headers = {{"X-Scope-OrgID", "tenant"}};
  sender->Reload({changed});
  EXPECT_EQ(Failed("stopped"), 5);
  EXPECT_EQ(Metric("queue_length"), 0);
  SendNumbered(*sender, 6, 7);
  ASSERT_TRUE(Drain(*sender));
  EXPECT_TRUE(Receive(server.requests().at(2)).v2);
  EXPECT_EQ(server.requests().at(2).headers.at("x-scope-orgid"), "tenant");
  EXPECT_EQ(Metric("samples_total"), 2);
}

TEST_F(SenderTest, EveryDestinationGetsEverySample) {
  TestServer first(TakeAll), second(TakeAll);
  auto sender = MakeSender({To(first, "first"), To(second, "second")});
  SendNumbered(*sender, 0, 20);
  ASSERT_TRUE(Drain(*sender));
  EXPECT_EQ(AllSamples(first.requests()), Numbered(0, 20));
  EXPECT_EQ(AllSamples(second.requests()), Numbered(0, 20));
  EXPECT_EQ(Metric("samples_total", "", "second"), 20);
}

TEST_F(SenderTest, ADestinationThatNeverAnswersDoesNotHoldUpAnother) {
  TestServer silent([](const TestRequest&, size_t) { return TestResponse{.never = true}; });
  TestServer healthy(TakeAll);
  DestinationOptions options = To(healthy, "healthy");
  options.queue_config.max_samples_per_send = 1;
  auto sender = MakeSender({To(silent, "silent"), options});
  SendNumbered(*sender, 0, 5);
  EXPECT_TRUE(healthy.WaitForRequests(5));
  EXPECT_FALSE(sender->Drain(1));
}

TEST_F(SenderTest, DestructionEndsARequestThatIsNeverAnswered) {
  TestServer silent([](const TestRequest&, size_t) { return TestResponse{.never = true}; });
  DestinationOptions options = To(silent);
  options.queue_config.max_samples_per_send = 2;
  options.remote_timeout = std::chrono::hours(1);
  auto sender = MakeSender({options});
  SendNumbered(*sender, 0, 5);
  ASSERT_TRUE(silent.WaitForRequests(1));
  sender.reset();  // the test's own time limit is what this is held to
  EXPECT_EQ(Failed("stopped"), 5);
  EXPECT_EQ(Metric("queue_length"), 0);
}

TEST_F(SenderTest, DestructionEndsABackoff) {
  TestServer server([](const TestRequest&, size_t) { return TestResponse{.status = 500}; });
  DestinationOptions options = To(server);
  options.queue_config.max_samples_per_send = 1;
  options.queue_config.min_backoff = options.queue_config.max_backoff = std::chrono::hours(1);
  auto sender = MakeSender({options});
  SendNumbered(*sender, 0, 1);
  ASSERT_TRUE(server.WaitForRequests(1));
  sender.reset();
  EXPECT_EQ(Failed("stopped"), 1);
}

TEST_F(SenderTest, DrainGivesUpAtItsDeadline) {
  TestServer server([](const TestRequest&, size_t) { return TestResponse{.status = 500}; });
  auto sender = MakeSender({To(server)});
  SendNumbered(*sender, 0, 1);
  EXPECT_FALSE(sender->Drain(20));
}

TEST_F(SenderTest, DrainOfAnEmptySenderSucceedsAtOnce) {
  TestServer server(TakeAll);
  auto sender = MakeSender({To(server)});
  EXPECT_TRUE(sender->Drain(0));
  EXPECT_TRUE(MakeSender({})->Drain(0));
}

TEST_F(SenderTest, AfterADrainBatchesFillAgain) {
  TestServer server(TakeAll);
  auto sender = MakeSender({To(server)});
  SendNumbered(*sender, 0, 1);
  ASSERT_TRUE(Drain(*sender));
  SendNumbered(*sender, 1, 9);
  ASSERT_TRUE(Drain(*sender));
  EXPECT_THAT(server.requests(), SizeIs(2));
}

TEST_F(SenderTest, ExternalLabelsLeaveWhereNameAndValueAreEqual) {
  TestServer server(TakeAll);
  DestinationOptions options = To(server);
  options.strip_external_labels = {{"cluster", "eu"}, {"replica", "a"}};
  auto sender = MakeSender({options});
  Send(*sender, {{"__name__", "up"}, {"cluster", "eu"}, {"job", "x"}, {"replica", "b"}}, 1);
  Send(*sender, {{"__name__", "up"}, {"cluster", "eu"}, {"replica", "a"}}, 2);
  ASSERT_TRUE(Drain(*sender));
  EXPECT_THAT(AllSamples(server.requests()),
              ElementsAre(fmt::format("up{{job=x,replica=b}} {} 1", kNowMs), fmt::format("up{{}} {} 2", kNowMs)));
}

TEST_F(SenderTest, SecretsAndCustomHeadersAreSent) {
  TestServer server(TakeAll);
  DestinationOptions basic = To(server), bearer = To(server), user_info = To(server);
  basic.name = "basic", bearer.name = "bearer", user_info.name = "user_info";
  basic.basic_auth = BasicAuthOptions{"Aladdin", "open sesame", ""};
  bearer.authorization = AuthorizationOptions{"Bearer", "token-1", ""};
  bearer.headers = {{"X-Scope-OrgID", "tenant"}};
  user_info.url.insert(user_info.url.find("127"), "Aladdin:open%20sesame@");
  auto sender = MakeSender({basic, bearer, user_info});
  SendNumbered(*sender, 0, 1);
  ASSERT_TRUE(Drain(*sender));
  std::multiset<std::string> seen;
  for (const auto& request : server.requests()) {
    const std::string& authorization = request.headers.at("authorization");
    seen.insert(authorization);
    EXPECT_EQ(request.headers.count("x-scope-orgid"), authorization == "Bearer token-1" ? 1u : 0u);
  }
  // The credentials of RFC 7617, section 2.
  EXPECT_THAT(
      seen, ElementsAre("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Bearer token-1"));
}

TEST_F(SenderTest, ADestinationThatIsDownIsTriedUntilItsSamplesAreTooOld) {
  uint16_t free_port = 0;
  { free_port = TestServer(TakeAll).port(); }
  DestinationOptions options;
  options.name = "d";
  options.url = fmt::format("http://127.0.0.1:{}/", free_port);
  options.queue_config.min_backoff = options.queue_config.max_backoff = std::chrono::milliseconds(1);
  auto sender = MakeSender({options});
  SendNumbered(*sender, 0, 3);
  EXPECT_FALSE(sender->Drain(100));
  clock_.Advance(11 * kMinuteMs);
  EXPECT_TRUE(Drain(*sender));
  EXPECT_EQ(Failed("too_old"), 3);
  EXPECT_GE(Metric("requests_total", "code=\"none\""), 1);
}

TEST_F(SenderTest, WithoutANameTheDestinationIsCalledByItsUrlWithoutUserInfo) {
  TestServer server(TakeAll);
  DestinationOptions options = To(server, "");
  const std::string name = options.url;
  options.url.insert(options.url.find("127"), "user:secret@");
  auto sender = MakeSender({options});
  SendNumbered(*sender, 0, 2);
  ASSERT_TRUE(Drain(*sender));
  EXPECT_EQ(Metric("samples_total", "", name), 2);
  EXPECT_THAT(metrics_.Render(MetricRegistry::Format::kText), testing::Not(testing::HasSubstr("secret")));
}

}  // namespace
}  // namespace promcast
