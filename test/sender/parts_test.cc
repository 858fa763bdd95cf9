// The small parts: verdicts, options, stripping, the queue.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "remote_write/label_block.h"
#include "sender/label_stripper.h"
#include "sender/sample_queue.h"
#include "sender/verdict.h"

namespace promcast {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

HttpResponse Answer(int status, HttpHeaders headers = {}) {
  return {status, std::move(headers), ""};
}

TEST(Verdict, FollowsTheSpecifications) {
  using Kind = Verdict::Kind;
  const HttpHeaders took_three = {{"x-prometheus-remote-write-samples-written", "3"}};
  const HttpHeaders took_none = {{"X-Prometheus-Remote-Write-Exemplars-Written", "0"}};
  const HttpHeaders took_more = {{"X-Prometheus-Remote-Write-Samples-Written", "9"}};
  const HttpHeaders took_nonsense = {{"X-Prometheus-Remote-Write-Samples-Written", "-3x"}};
  struct Case {
    HttpResponse response;
    WriteProtocol protocol;
    ProtobufMessage message;
    Kind kind;
    size_t written;
  };
  constexpr auto kV1 = WriteProtocol::kV1, kV2 = WriteProtocol::kV2;
  constexpr auto kAuto = ProtobufMessage::kAuto, kOnlyV2 = ProtobufMessage::kV2;
  const std::vector<Case> cases = {
      {Answer(204, took_three), kV2, kAuto, Kind::kAccepted, 3},
      {Answer(200, took_none), kV2, kAuto, Kind::kAccepted, 0},
      {Answer(204, took_more), kV2, kAuto, Kind::kAccepted, 5},
      {Answer(204, took_nonsense), kV2, kAuto, Kind::kAccepted, 0},
      {Answer(204), kV2, kAuto, Kind::kNotV2, 0},
      {Answer(204), kV2, kOnlyV2, Kind::kUnconfirmed, 0},
      {Answer(204), kV1, kAuto, Kind::kAccepted, 5},
      {Answer(415), kV2, kAuto, Kind::kNotV2, 0},
      {Answer(415), kV2, kOnlyV2, Kind::kRejected, 0},
      {Answer(415), kV1, kAuto, Kind::kRejected, 0},
      {Answer(400, took_three), kV2, kAuto, Kind::kRejected, 3},
      {Answer(400, took_three), kV1, kAuto, Kind::kRejected, 0},
      {Answer(500, took_three), kV2, kAuto, Kind::kRetry, 0},
      {Answer(503), kV1, kAuto, Kind::kRetry, 0},
      {Answer(302), kV2, kAuto, Kind::kRejected, 0},
      {Answer(600), kV2, kAuto, Kind::kRejected, 0},
  };
  for (size_t i = 0; i < cases.size(); i++) {
    DestinationOptions options;
    options.protobuf_message = cases[i].message;
    const Verdict verdict = Judge(cases[i].response, cases[i].protocol, 5, options, 0);
    EXPECT_EQ(verdict.kind, cases[i].kind) << "case " << i;
    EXPECT_EQ(verdict.written, cases[i].written) << "case " << i;
  }
}

TEST(Verdict, WaitsAsAskedButNeverBeyondTheAgeOfSamples) {
  using std::chrono::minutes;
  struct Case {
    const char* retry_after;
    milliseconds sample_age_limit, min_backoff, wait;
  };
  const Case cases[] = {
      {"120", minutes(10), milliseconds(30), minutes(2)},
      {"3600", minutes(10), milliseconds(30), minutes(10)},
      {"Fri, 31 Dec 9999 23:59:59 GMT", minutes(10), milliseconds(30), minutes(10)},
      {"2", milliseconds(1500), milliseconds(30), milliseconds(1500)},
      {"30", milliseconds(0), milliseconds(30), milliseconds(30'000)},
      {"3600", milliseconds(0), milliseconds(30), minutes(1)},
      {"1", minutes(10), milliseconds(3000), milliseconds(3000)},
      {"0", minutes(10), milliseconds(30), milliseconds(0)},
      {"soon", minutes(10), milliseconds(30), milliseconds(0)},
  };
  for (const Case& c : cases) {
    DestinationOptions options;
    options.queue_config.sample_age_limit = c.sample_age_limit;
    options.queue_config.min_backoff = c.min_backoff;
    const Verdict verdict = Judge(Answer(503, {{"Retry-After", c.retry_after}}), WriteProtocol::kV1, 5, options, 0);
    EXPECT_EQ(verdict.wait, c.wait) << c.retry_after << " with an age limit of " << c.sample_age_limit.count() << " ms";
  }
}

DestinationOptions Valid() {
  DestinationOptions options;
  options.url = "http://h/";
  return options;
}

TEST(Options, TheDefaultsAreValid) {
  EXPECT_TRUE(ValidateDestination(Valid()).ok());
}

TEST(Options, WrongOnesAreRefusedByName) {
  const std::vector<std::pair<std::string, std::function<void(DestinationOptions&)>>> cases = {
      {"url", [](auto& o) { o.url = "h"; }},
      {"remote_timeout", [](auto& o) { o.remote_timeout = milliseconds(0); }},
      {"key_file", [](auto& o) { o.tls_config.cert_file = "c"; }},
      {"bad name",
       [](auto& o) {
         o.headers = {{"bad name", "x"}};
       }},
      {"X-A",
       [](auto& o) {
         o.headers = {{"X-A", "x\r\nX-B: y"}};
       }},
      {"content-type",
       [](auto& o) {
         o.headers = {{"content-type", "x"}};
       }},
      {"X-Prometheus-Remote-Write-Version",
       [](auto& o) {
         o.headers = {{"X-Prometheus-Remote-Write-Version", "x"}};
       }},
      {"basic_auth",
       [](auto& o) {
         o.basic_auth = BasicAuthOptions{"u", "p", ""};
         o.authorization = AuthorizationOptions{"Bearer", "t", ""};
       }},
      {"password_file",
       [](auto& o) {
         o.basic_auth = BasicAuthOptions{"u", "p", "f"};
       }},
      {"username",
       [](auto& o) {
         o.basic_auth = BasicAuthOptions{"u:v", "p", ""};
       }},
      {"credentials", [](auto& o) { o.authorization = AuthorizationOptions{}; }},
      {"basic_auth",
       [](auto& o) {
         o.authorization = AuthorizationOptions{"Basic", "t", ""};
       }},
      {"capacity", [](auto& o) { o.queue_config.capacity = 0; }},
      {"max_shards", [](auto& o) { o.queue_config.max_shards = 0; }},
      {"max_samples_per_send", [](auto& o) { o.queue_config.max_samples_per_send = 0; }},
      {"batch_send_deadline", [](auto& o) { o.queue_config.batch_send_deadline = milliseconds(-1); }},
      {"min_backoff", [](auto& o) { o.queue_config.min_backoff = milliseconds(6000); }},
      {"sample_age_limit", [](auto& o) { o.queue_config.sample_age_limit = milliseconds(-1); }},
  };
  for (const auto& [name, change] : cases) {
    DestinationOptions options = Valid();
    change(options);
    EXPECT_THAT(std::string(ValidateDestination(options).message()), HasSubstr(name));
  }
}

std::string Block(std::initializer_list<LabelView> labels) {
  return EncodeLabelBlock(std::vector<LabelView>(labels));
}

TEST(LabelStripper, TakesALabelNotTheSameBytesInsideOfAValue) {
  std::string encoded;
  AppendLabel(encoded, "a", "b");
  OutputBatch batch;
  batch.Append(Block({{"__name__", "up"}, {"a", "b"}, {"c", encoded}}), {1, 2});
  const std::vector<std::pair<std::string, std::string>> stripped = {{"a", "b"}};
  const OutputBatch left = LabelStripper(stripped).Strip(batch);
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left.LabelBlock(0), Block({{"__name__", "up"}, {"c", encoded}}));
  EXPECT_EQ(left.sample(0), (Sample{1, 2}));
}

class SampleQueueTest : public testing::Test {
 protected:
  static SampleQueue::Pushed Push(SampleQueue& queue, int first, int end) {
    const auto batch = std::make_shared<OutputBatch>();
    std::vector<uint32_t> indices;
    for (int i = first; i < end; i++) {
      indices.push_back(static_cast<uint32_t>(batch->size()));
      batch->Append("", {i, 0});
    }
    return queue.Push(batch, indices);
  }
  static std::vector<int64_t> Take(SampleQueue& queue) {
    SampleQueue::Taken taken;
    std::vector<int64_t> times;
    if (!queue.Take(taken)) return times;
    for (const OutgoingSample& out : taken.samples) times.push_back(out.sample().timestamp_ms);
    queue.Done();
    return times;
  }
};

TEST_F(SampleQueueTest, GivesFullBatchesInOrderAndTheRestWhenFlushing) {
  SampleQueue queue({.capacity = 100, .max_samples_per_send = 3, .batch_send_deadline = hours(1)});
  Push(queue, 0, 7);
  EXPECT_EQ(queue.size(), 7u);
  EXPECT_THAT(Take(queue), ElementsAre(0, 1, 2));
  EXPECT_THAT(Take(queue), ElementsAre(3, 4, 5));
  queue.SetFlushing(true);
  EXPECT_THAT(Take(queue), ElementsAre(6));
  EXPECT_EQ(queue.size(), 0u);
}

TEST_F(SampleQueueTest, DropsTheOldestAcrossBatches) {
  SampleQueue queue({.capacity = 5, .max_samples_per_send = 3, .batch_send_deadline = hours(1)});
  EXPECT_EQ(Push(queue, 0, 5).dropped, 0u);
  EXPECT_EQ(Push(queue, 5, 9).dropped, 4u);
  EXPECT_EQ(queue.size(), 5u);
  EXPECT_THAT(Take(queue), ElementsAre(4, 5, 6));
  queue.SetFlushing(true);
  EXPECT_THAT(Take(queue), ElementsAre(7, 8));
}

TEST_F(SampleQueueTest, IsReadyWhenItIsFullThoughABatchWouldHoldMore) {
  SampleQueue queue({.capacity = 2, .max_samples_per_send = 100, .batch_send_deadline = hours(1)});
  EXPECT_EQ(Push(queue, 0, 9).dropped, 7u);
  EXPECT_THAT(Take(queue), ElementsAre(7, 8));
}

TEST_F(SampleQueueTest, GivesWhatThereIsAtTheDeadline) {
  SampleQueue queue({.capacity = 100, .max_samples_per_send = 3, .batch_send_deadline = milliseconds(1)});
  Push(queue, 0, 1);
  EXPECT_THAT(Take(queue), ElementsAre(0));
}

TEST_F(SampleQueueTest, OnceStoppedItTakesAndGivesNothing) {
  SampleQueue queue({.capacity = 100, .max_samples_per_send = 1, .batch_send_deadline = hours(1)});
  Push(queue, 0, 2);
  queue.Stop();
  EXPECT_EQ(Push(queue, 2, 5).refused, 3u);
  EXPECT_EQ(queue.size(), 2u);
  EXPECT_THAT(Take(queue), ElementsAre());
  EXPECT_FALSE(queue.Pause(hours(1)));
  EXPECT_FALSE(queue.WaitUntilEmpty(std::chrono::steady_clock::now() + hours(1)));
}

}  // namespace
}  // namespace promcast
