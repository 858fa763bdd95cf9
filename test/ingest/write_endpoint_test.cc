#include "ingest/write_endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <map>
#include <set>
#include <thread>

#include "concurrency/mutex.h"
#include "ingest/label_rules.h"
#include "remote_write/request_builder.h"
#include "remote_write/snappy_block.h"

namespace promcast {
namespace {

using promcast::testing::AddSeries;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace v1 = promcast::testing::v1;
namespace v2 = promcast::testing::v2;

/// Shards that keep what comes, by series name, and judge labels as real shards do. As in the pipeline some batches are
/// applied at once, and some on a thread of their own, so that answers come from elsewhere.
class RecordingSink final : public SampleSink {
 public:
  explicit RecordingSink(size_t shards = 3) : shards_(shards) {}
  ~RecordingSink() override {
    for (std::thread& thread : threads_) thread.join();
  }

  size_t shard_count() const override { return shards_; }
  bool Submit(size_t shard, ShardBatch& batch) override {
    const bool at_once = shard % 2 == 0;
    {
      MutexLock lock(mutex_);
      if (full_) return false;
      submitted_ += batch.samples.size();
      max_batch_ = std::max(max_batch_, batch.samples.size());
      if (!at_once) threads_.emplace_back([this, &batch] { Apply(batch); });
    }
    if (at_once) Apply(batch);
    return true;
  }
  void NoteMetadata(const MetadataView& metadata) override {
    MutexLock lock(mutex_);
    metadata_[std::string(metadata.metric_family)] = metadata.type;
  }
  bool ready() const override { return ready_; }

  std::map<std::string, std::vector<Sample>> samples() {
    MutexLock lock(mutex_);
    return samples_;
  }
  std::map<std::string, MetricType> metadata() {
    MutexLock lock(mutex_);
    return metadata_;
  }
  size_t submitted() {
    MutexLock lock(mutex_);
    return submitted_;
  }
  size_t max_batch() {
    MutexLock lock(mutex_);
    return max_batch_;
  }
  void SetFull(bool full) {
    MutexLock lock(mutex_);
    full_ = full;
  }
  std::atomic<bool> ready_{true};

 private:
  void Apply(ShardBatch& batch) {
    {
      MutexLock lock(mutex_);
      batch.verdicts.clear();
      for (const IncomingSample& sample : batch.samples) batch.verdicts.push_back(Keep(sample, batch));
    }
    batch.done();
  }
  SampleVerdict Keep(const IncomingSample& sample, ShardBatch& batch) PROMCAST_REQUIRES(mutex_) {
    if (const auto known = names_.find(sample.fingerprint.low); known != names_.end()) {
      samples_[known->second].push_back({sample.timestamp_ms, sample.value});
      return SampleVerdict::kAccepted;
    }

    if (refused_.contains(sample.fingerprint.low)) return SampleVerdict::kInvalidLabels;
    std::vector<LabelView> labels;
    batch.labels->CopyLabels(sample.series_offset, sample.series_bytes, labels);
    const SampleVerdict verdict = CheckLabels(labels, batch.first_refusal);
    if (IsRefused(verdict)) refused_.insert(sample.fingerprint.low);
    std::vector<Label> owned;
    for (const LabelView& label : labels) owned.push_back({std::string(label.name), std::string(label.value)});
    std::string name = Labels(std::move(owned)).ToString();
    if (sample.kind == SampleKind::kHistogramCount) name += "#count";
    if (sample.kind == SampleKind::kHistogramSum) name += "#sum";
    if (!IsRefused(verdict)) names_[sample.fingerprint.low] = name;
    if (!IsRefused(verdict)) samples_[name].push_back({sample.timestamp_ms, sample.value});
    return verdict;
  }

  const size_t shards_;
  Mutex mutex_;
  std::vector<std::thread> threads_ PROMCAST_GUARDED_BY(mutex_);
  std::map<std::string, std::vector<Sample>> samples_ PROMCAST_GUARDED_BY(mutex_);
  std::set<uint64_t> refused_ PROMCAST_GUARDED_BY(mutex_);
  std::map<uint64_t, std::string> names_ PROMCAST_GUARDED_BY(mutex_);
  size_t submitted_ PROMCAST_GUARDED_BY(mutex_) = 0;
  std::map<std::string, MetricType> metadata_ PROMCAST_GUARDED_BY(mutex_);
  size_t max_batch_ PROMCAST_GUARDED_BY(mutex_) = 0;
  bool full_ PROMCAST_GUARDED_BY(mutex_) = false;
};

class WriteEndpointTest : public ::testing::Test {
 protected:
  WriteReply SendBody(WriteProtocol protocol, std::string body) {
    ByteBudget::Reservation reservation = endpoint_.budget().Open();
    EXPECT_TRUE(reservation.GrowTo(body.size()));
    std::promise<WriteReply> reply;
    endpoint_.Write(protocol, std::move(body), std::move(reservation),
                    [&](WriteReply r) { reply.set_value(std::move(r)); });
    WriteReply answer = reply.get_future().get();
    EXPECT_EQ(endpoint_.budget().used_bytes(), 0u);
    return answer;
  }
  WriteReply SendMessage(WriteProtocol protocol, std::string_view message) {
    std::string body;
    SnappyEncode(message, body);
    return SendBody(protocol, std::move(body));
  }
  WriteReply Send(const v1::WriteRequest& request) {
    return SendMessage(WriteProtocol::kV1, request.SerializeAsString());
  }
  WriteReply Send(const v2::Request& request) { return SendMessage(WriteProtocol::kV2, request.SerializeAsString()); }

  template <typename Series>
  static void AddSample(Series& series, int64_t timestamp_ms, double value) {
    auto& sample = *series.add_samples();
    sample.set_timestamp(timestamp_ms);
    sample.set_value(value);
  }
  static v2::Request NewV2() {
    v2::Request request;
    request.add_symbols("");
    return request;
  }

  MetricRegistry metrics_;
  RecordingSink sink_;
  WriteEndpoint endpoint_{IngestOptions(), sink_, metrics_};
};

TEST_F(WriteEndpointTest, HeadsAreJudgedBeforeBodies) {
  struct Case {
    WriteRequestHead head;
    int status;  // 0: go on
  };
  const char* v2_type = "application/x-protobuf;proto=io.prometheus.write.v2.Request";
  const Case cases[] = {
      {{"POST", "application/x-protobuf", "snappy", 10}, 0},
      {{"POST", "", "", std::nullopt}, 0},
      {{"POST", v2_type, "snappy", 10}, 0},
      {{"GET", "application/x-protobuf", "snappy", 10}, 405},
      {{"PUT", "application/x-protobuf", "snappy", 10}, 405},
      {{"POST", "application/json", "snappy", 10}, 415},
      {{"POST", "application/x-protobuf;proto=other.Message", "snappy", 10}, 415},
      {{"POST", "application/x-protobuf", "gzip", 10}, 415},
      {{"POST", "application/x-protobuf", "deflate", 10}, 415},
      {{"POST", "application/x-protobuf", "snappy", (32 << 20) + 1}, 413},
  };
  for (const Case& c : cases) {
    const auto check = endpoint_.CheckHead(c.head);
    EXPECT_EQ(check.refusal ? check.refusal->status : 0, c.status) << c.head.method << " " << c.head.content_type;
  }
  EXPECT_EQ(endpoint_.CheckHead({"POST", v2_type, "snappy", 1}).protocol, WriteProtocol::kV2);
  EXPECT_TRUE(endpoint_.CheckHead({"POST", v2_type, "gzip", 1}).refusal->send_written_headers);
}

TEST_F(WriteEndpointTest, AnswersNotReadyWithATimeToComeBack) {
  sink_.ready_ = false;
  const auto check = endpoint_.CheckHead({"POST", "application/x-protobuf", "snappy", 10});
  ASSERT_TRUE(check.refusal);
  EXPECT_EQ(check.refusal->status, 503);
  EXPECT_GT(check.refusal->retry_after_s, 0);
}

TEST_F(WriteEndpointTest, OneOfEachIsAppliedAndCounted) {
  v2::Request request = NewV2();
  auto& gauge = AddSeries(request, {{"__name__", "gauge"}, {"job", "a"}});
  AddSample(gauge, 1000, 1.5);
  AddSample(gauge, 2000, 2.5);
  gauge.mutable_metadata()->set_type(static_cast<decltype(gauge.metadata().type())>(2));
  auto& exemplar = *gauge.add_exemplars();
  exemplar.set_value(1);
  exemplar.set_timestamp(1000);
  auto& histogram = AddSeries(request, {{"__name__", "latency"}});
  *histogram.add_histograms() = promcast::testing::ValidHistogram<v2::Histogram>(3000);

  const WriteReply reply = Send(request);
  EXPECT_EQ(reply.status, 204) << reply.text;
  EXPECT_TRUE(reply.send_written_headers);
  EXPECT_EQ(reply.samples, 2u);
  EXPECT_EQ(reply.histograms, 1u);
  EXPECT_EQ(reply.exemplars, 1u);
  const auto samples = sink_.samples();
  EXPECT_THAT(samples.at("gauge{job=\"a\"}"), ElementsAre(Sample{1000, 1.5}, Sample{2000, 2.5}));
  EXPECT_THAT(samples.at("latency{}#count"), ElementsAre(Sample{3000, 14}));
  EXPECT_THAT(samples.at("latency{}#sum"), ElementsAre(Sample{3000, 18.4}));
  EXPECT_EQ(sink_.metadata().at("gauge"), MetricType::kGauge);
}

TEST_F(WriteEndpointTest, Version1AnswersWithoutWrittenHeaders) {
  v1::WriteRequest request;
  AddSample(AddSeries(request, {{"__name__", "up"}}), 1000, 1);
  const WriteReply reply = Send(request);
  EXPECT_EQ(reply.status, 204);
  EXPECT_FALSE(reply.send_written_headers);
  EXPECT_TRUE(reply.text.empty());
}

TEST_F(WriteEndpointTest, MetadataAloneIsARequest) {
  v1::WriteRequest request;
  auto& metadata = *request.add_metadata();
  metadata.set_metric_family_name("http_requests");
  metadata.set_type(static_cast<decltype(metadata.type())>(1));
  EXPECT_EQ(Send(request).status, 204);
  EXPECT_EQ(sink_.metadata().at("http_requests"), MetricType::kCounter);
}

TEST_F(WriteEndpointTest, BadDataLosesNoGoodDataBesideIt) {
  v2::Request request = NewV2();
  AddSample(AddSeries(request, {{"__name__", "good"}}), 1000, 1);
  AddSample(AddSeries(request, {{"job", "nameless"}}), 1000, 1);
  AddSample(AddSeries(request, {{"__name__", "twice"}, {"a", "1"}, {"a", "2"}}), 1000, 1);
  auto& odd = AddSeries(request, {{"__name__", "odd"}});
  odd.add_labels_refs(0);
  AddSample(odd, 1000, 1);
  auto& outside = AddSeries(request, {{"__name__", "outside"}});
  outside.set_labels_refs(1, 4711);
  AddSample(outside, 1000, 1);
  auto broken = promcast::testing::ValidHistogram<v2::Histogram>(3000);
  broken.set_count_int(1);
  *AddSeries(request, {{"__name__", "broken"}}).add_histograms() = broken;
  AddSample(AddSeries(request, {{"__name__", "also_good"}}), 1000, 1);

  const WriteReply reply = Send(request);
  EXPECT_EQ(reply.status, 400);
  EXPECT_THAT(reply.text, HasSubstr("and 4 more"));
  EXPECT_EQ(reply.samples, 2u);
  EXPECT_EQ(reply.histograms, 0u);
  EXPECT_EQ(sink_.samples().size(), 2u);
}

TEST_F(WriteEndpointTest, EmptySeriesAreRefused) {
  v1::WriteRequest request;
  for (int i = 0; i < 3; i++) request.add_timeseries();
  const WriteReply reply = Send(request);
  EXPECT_EQ(reply.status, 400);
  EXPECT_THAT(reply.text, HasSubstr("no metric name"));
}

TEST_F(WriteEndpointTest, BrokenBodiesAreRefusedWholeAtEveryTruncation) {
  v1::WriteRequest request;
  for (int i = 0; i < 3; i++) AddSample(AddSeries(request, {{"__name__", "m"}, {"i", std::to_string(i)}}), 1000, 1);
  const std::string message = request.SerializeAsString();
  std::string body;
  SnappyEncode(message, body);
  for (size_t length = 0; length < body.size(); length++) {
    const WriteReply reply = SendBody(WriteProtocol::kV1, body.substr(0, length));
    EXPECT_EQ(reply.status, 400) << length;
    EXPECT_FALSE(reply.text.empty());
  }
  EXPECT_TRUE(sink_.samples().empty());
}

TEST_F(WriteEndpointTest, ARequestOfAnySizeTakesTheMemoryOfOneWindow) {
  v1::WriteRequest request;
  auto& series = AddSeries(request, {{"__name__", "long"}});
  constexpr int kSamples = 50'000;
  for (int i = 0; i < kSamples; i++) AddSample(series, i, i);
  EXPECT_EQ(Send(request).status, 204);
  const std::vector<Sample> samples = sink_.samples().at("long{}");
  ASSERT_EQ(samples.size(), static_cast<size_t>(kSamples));
  for (int i = 0; i < kSamples; i++) ASSERT_EQ(samples[static_cast<size_t>(i)].timestamp_ms, i);
  EXPECT_LE(sink_.max_batch(), 8192u);
}

TEST_F(WriteEndpointTest, ARefusedSeriesIsNotSentToItsShardAgainInTheNextWindow) {
  v2::Request request = NewV2();
  auto& series = AddSeries(request, {{"__name__", "twice"}, {"a", "1"}, {"a", "2"}});
  constexpr uint64_t kSamples = 30'000;
  for (uint64_t i = 0; i < kSamples; i++) AddSample(series, static_cast<int64_t>(i), 1);
  AddSample(AddSeries(request, {{"__name__", "good"}}), 1000, 1);
  const WriteReply reply = Send(request);
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(reply.samples, 1u);
  EXPECT_THAT(reply.text, HasSubstr("and 29999 more"));
  EXPECT_LE(sink_.submitted(), 8193u);
}

TEST_F(WriteEndpointTest, FullShardsAnswerWithATimeToComeBack) {
  sink_.SetFull(true);
  v2::Request request = NewV2();
  AddSample(AddSeries(request, {{"__name__", "up"}}), 1000, 1);
  const WriteReply reply = Send(request);
  EXPECT_EQ(reply.status, 503);
  EXPECT_GT(reply.retry_after_s, 0);
  EXPECT_EQ(reply.samples, 0u);
}

TEST_F(WriteEndpointTest, ASpentBudgetAnswersWithATimeToComeBack) {
  ByteBudget::Reservation others = endpoint_.budget().Open();
  ASSERT_TRUE(others.GrowTo(endpoint_.budget().limit_bytes() - 100));
  v1::WriteRequest request;
  auto& series = AddSeries(request, {{"__name__", "up"}});
  for (int i = 0; i < 1000; i++) AddSample(series, i, 1);
  std::string body;
  SnappyEncode(request.SerializeAsString(), body);
  std::promise<WriteReply> reply;
  endpoint_.Write(WriteProtocol::kV1, std::move(body), endpoint_.budget().Open(),
                  [&](WriteReply r) { reply.set_value(std::move(r)); });
  const WriteReply answer = reply.get_future().get();
  EXPECT_EQ(answer.status, 503);
  EXPECT_GT(answer.retry_after_s, 0);
}

TEST_F(WriteEndpointTest, ASnappyBombIsRefusedByItsDeclaredLength) {
  std::string body = "\x80\x80\x80\x80\x04";  // 1 GiB
  body += std::string(100, 'x');
  const WriteReply reply = SendBody(WriteProtocol::kV2, body);
  EXPECT_EQ(reply.status, 400);
  EXPECT_TRUE(reply.send_written_headers);
}

TEST_F(WriteEndpointTest, AStaleHistogramEndsItsScalars) {
  v2::Request request = NewV2();
  v2::Histogram stale;
  stale.set_sum(StaleMarker());
  stale.set_timestamp(1000);
  *AddSeries(request, {{"__name__", "latency"}}).add_histograms() = stale;
  EXPECT_EQ(Send(request).status, 204);
  const auto samples = sink_.samples();
  EXPECT_TRUE(IsStaleMarker(samples.at("latency{}#count")[0].value));
  EXPECT_TRUE(IsStaleMarker(samples.at("latency{}#sum")[0].value));
}

}  // namespace
}  // namespace promcast
