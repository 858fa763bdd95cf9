// History from a store that is away, dies in the middle, or is slow, while live samples come in.
#include "pipeline/history_backfill.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <future>
#include <map>

#include "pipeline/engine_fixture.h"

namespace promcast {
namespace {

using ::promcast::testing::kStart;
using ::promcast::testing::SentSample;
using ::promcast::testing::TestBatch;
using ::promcast::testing::TestRule;

constexpr int64_t kMinuteMs = 60'000;
constexpr int kHours = 20;
constexpr int kMinutes = kHours * 60;

double ValueAt(int series, int minute) {
  return series + std::sin(minute / 40.0) * 10 + (minute * 7919 + series) % 17;
}

Labels LabelsOf(int series) {
  return {{"__name__", "load"}, {"i", std::to_string(series)}};
}

/// What its readers give; a store with trouble. Thread-safe.
class FakeStore {
 public:
  explicit FakeStore(int series) : series_(series) {}

  /// Fails the next `requests` after having given half of what they ask for.
  void FailNext(int requests) {
    MutexLock lock(mutex_);
    fail_ = requests;
  }
  /// Requests beyond these wait until it is called again.
  void Allow(int requests) {
    MutexLock lock(mutex_);
    allowed_ = requests;
    changed_.NotifyAll();
  }
  int requests() const {
    MutexLock lock(mutex_);
    return requests_;
  }
  void WaitForRequests(int count) {
    MutexLock lock(mutex_);
    changed_.Wait(mutex_, [&]() PROMCAST_REQUIRES(mutex_) { return requests_ >= count; });
  }

  class Reader final : public HistoryReader {
   public:
    explicit Reader(FakeStore& store) : store_(store) {}
    absl::Status Read(const HistoryQuery& query, const HistorySink& sink) override {
      const absl::StatusOr<bool> whole = store_.Admit(*this);
      if (!whole.ok()) return whole.status();
      for (int i = 0; i < store_.series_; i++) {
        const std::string number = std::to_string(i);
        const std::vector<LabelView> labels = {{"__name__", "load"}, {"i", number}};
        std::vector<Sample> samples;
        for (int m = 0; m < kMinutes; m++) {
          const int64_t at_ms = kStart + m * kMinuteMs;
          if (at_ms >= query.start_ms && at_ms <= query.end_ms) samples.push_back({at_ms, ValueAt(i, m)});
        }
        if (!*whole) samples.resize(samples.size() / 2);
        if (auto status = sink({labels, samples}); !status.ok()) return status;
      }
      return *whole ? absl::OkStatus() : absl::UnavailableError("it broke off");
    }
    void Cancel() override {
      MutexLock lock(store_.mutex_);
      cancelled = true;
      store_.changed_.NotifyAll();
    }
    bool cancelled = false;

   private:
    FakeStore& store_;
  };

 private:
  absl::StatusOr<bool> Admit(const Reader& reader) {
    MutexLock lock(mutex_);
    requests_++;
    changed_.NotifyAll();
    changed_.Wait(mutex_, [&]() PROMCAST_REQUIRES(mutex_) { return reader.cancelled || requests_ <= allowed_; });
    if (reader.cancelled) return absl::CancelledError("cancelled");
    return fail_-- <= 0;
  }

  const int series_;
  mutable Mutex mutex_;
  CondVar changed_;
  int requests_ PROMCAST_GUARDED_BY(mutex_) = 0;
  int allowed_ PROMCAST_GUARDED_BY(mutex_) = 1'000'000;
  int fail_ PROMCAST_GUARDED_BY(mutex_) = 0;
};

/// Shards with their threads, without a schedule that runs: the clock stands still.
class Shards {
 public:
  explicit Shards(bool read_history) {
    options_.forecasts = {TestRule("load")};
    options_.forecasts[0].step_ms = kMinuteMs;
    options_.forecasts[0].seasons_ms = {6 * 3'600'000};
    options_.series.idle_timeout_ms = 100 * int64_t{86'400'000};
    if (read_history) options_.remote_read.resize(1);
    const ShardContext context{clock_, catalog_, admission_, metrics_, lineage_, cohorts_, kShards, [](const auto&) {}};
    const auto rules = std::make_shared<RuleSet>(options_.forecasts);
    for (size_t i = 0; i < kShards; i++) shards.push_back(std::make_unique<SeriesShard>(context, options_, rules, 16));
  }

  ~Shards() { shards.clear(); }  // their threads use what is declared below

  void Send(int series, int first_minute, int end_minute) {
    std::vector<SentSample> samples;
    for (int m = first_minute; m < end_minute; m++)
      samples.push_back({LabelsOf(series), {kStart + m * kMinuteMs, ValueAt(series, m)}});
    TestBatch request(samples);
    std::promise<void> done;
    request.batch.done = [&] { done.set_value(); };
    ASSERT_TRUE(shards[static_cast<size_t>(series) % kShards]->Submit(request.batch));
    done.get_future().wait();
  }
  /// False after a minute.
  bool WaitUntilLive(size_t done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (std::chrono::steady_clock::now() < deadline) {
      if (complete() + given_up() >= static_cast<double>(done)) return true;
      std::this_thread::yield();
    }
    return false;
  }
  double complete() const { return metrics_.history_complete.value(); }
  double given_up() const { return metrics_.history_given_up.value(); }
  double samples() const { return metrics_.history_samples.value(); }

  /// Everything known of all series.
  std::map<std::string, std::vector<uint64_t>> Known() {
    std::map<std::string, std::vector<uint64_t>> known;
    for (const auto& shard : shards) {
      std::promise<FoundSeries> promise;
      shard->Run([&](ShardEngine& engine) {
        FoundSeries found;
        engine.Search({*Selector::Parse("load")}, 1000, 0, found);
        promise.set_value(std::move(found));
      });
      for (const SeriesForecasts& series : promise.get_future().get().series) {
        auto& bits = known[series.labels.ToString()];
        bits.push_back(static_cast<uint64_t>(series.newest_sample_ms.value_or(0)));
        for (const HorizonForecast& horizon : series.horizons) {
          for (const double value :
               {horizon.resolved, horizon.mean_absolute_error, horizon.skill, horizon.bands[0].realised_coverage})
            bits.push_back(std::bit_cast<uint64_t>(value));
          for (const ModelShare& model : horizon.models) bits.push_back(std::bit_cast<uint64_t>(model.weight));
        }
      }
    }
    return known;
  }

  static constexpr size_t kShards = 2;
  std::vector<std::unique_ptr<SeriesShard>> shards;
  MetricRegistry registry;

 private:
  ManualClock clock_{kStart + 2 * kMinutes * kMinuteMs};
  PipelineMetrics metrics_{registry};
  Lineage lineage_;
  Cohorts cohorts_;
  MetricCatalog catalog_;
  Admission admission_;
  PipelineOptions options_;
};

constexpr int kSeries = 40;
constexpr int kLiveFrom = kMinutes - 30;

class HistoryBackfillTest : public ::testing::Test {
 protected:
  HistoryBackfillTest() {
    for (int i = 0; i < kSeries; i++) live_.Send(i, 0, kMinutes);
  }
  std::unique_ptr<HistoryBackfill> Start(std::vector<FakeStore*> stores, int64_t patience_ms = 600'000) {
    std::vector<HistorySource> sources;
    for (FakeStore* store : stores) {
      sources.push_back(
          {"store" + std::to_string(sources.size()), [store] { return std::make_unique<FakeStore::Reader>(*store); }});
    }
    const BackfillOptions options{.concurrency = 2, .patience_ms = patience_ms, .settle_ms = 0};
    return std::make_unique<HistoryBackfill>(options, std::move(sources), read_.shards, read_.registry);
  }
  void SendLast(int first_minute = kLiveFrom, int end_minute = kMinutes) {
    for (int i = 0; i < kSeries; i++) read_.Send(i, first_minute, end_minute);
  }
  void ExpectAsStreamed() {
    EXPECT_EQ(read_.complete(), kSeries);
    EXPECT_EQ(read_.given_up(), 0);
    EXPECT_EQ(read_.samples(), kSeries * kLiveFrom) << "each sample once";
    const auto known = read_.Known();
    EXPECT_EQ(known.size(), static_cast<size_t>(kSeries));
    EXPECT_EQ(known, live_.Known());
  }

  FakeStore store_{kSeries + 5};  // with series that nobody streams
  Shards live_{false}, read_{true};
};

TEST_F(HistoryBackfillTest, SeriesKnowWhatTheyWouldHadTheyBeenStreamed) {
  SendLast();
  const auto backfill = Start({&store_});
  ASSERT_TRUE(read_.WaitUntilLive(kSeries));
  ExpectAsStreamed();
}

TEST_F(HistoryBackfillTest, LiveSamplesComeInMeanwhile) {
  store_.Allow(1);
  SendLast(kLiveFrom, kMinutes - 20);
  const auto backfill = Start({&store_});
  store_.WaitForRequests(2);
  SendLast(kMinutes - 20, kMinutes - 10);
  store_.Allow(2);
  store_.WaitForRequests(3);
  SendLast(kMinutes - 10, kMinutes);
  store_.Allow(1000);
  ASSERT_TRUE(read_.WaitUntilLive(kSeries));
  ExpectAsStreamed();
}

TEST_F(HistoryBackfillTest, AStoreThatIsAwayAtStartIsReadWhenItComes) {
  store_.FailNext(3);
  SendLast();
  const auto backfill = Start({&store_});
  store_.WaitForRequests(2);
  EXPECT_EQ(read_.complete() + read_.given_up(), 0);
  ASSERT_TRUE(read_.WaitUntilLive(kSeries));
  ExpectAsStreamed();
}

TEST_F(HistoryBackfillTest, OneThatDiesInTheMiddleIsReadOnFromThere) {
  store_.Allow(2);
  SendLast();
  const auto backfill = Start({&store_});
  store_.WaitForRequests(3);
  store_.FailNext(2);
  store_.Allow(1000);
  ASSERT_TRUE(read_.WaitUntilLive(kSeries));
  ExpectAsStreamed();
}

TEST_F(HistoryBackfillTest, WithAnotherStoreAtHandThatOneIsAsked) {
  FakeStore broken(0);
  broken.FailNext(1'000'000);
  SendLast();
  const auto backfill = Start({&broken, &store_});
  ASSERT_TRUE(read_.WaitUntilLive(kSeries));
  ExpectAsStreamed();
  EXPECT_EQ(broken.requests(), 1);
}

TEST_F(HistoryBackfillTest, PatienceEnds) {
  store_.FailNext(1'000'000);
  SendLast();
  const auto backfill = Start({&store_}, /*patience_ms=*/1);
  ASSERT_TRUE(read_.WaitUntilLive(kSeries));
  EXPECT_EQ(read_.given_up(), kSeries);
  EXPECT_EQ(read_.complete(), 0);
}

TEST_F(HistoryBackfillTest, WithoutPatienceAStoreThatAnswersIsStillRead) {
  SendLast();
  const auto backfill = Start({&store_}, /*patience_ms=*/0);
  ASSERT_TRUE(read_.WaitUntilLive(kSeries));
  ExpectAsStreamed();
}

TEST_F(HistoryBackfillTest, SeriesThatHaveWaitedLongEnoughDoNotEachTryAStoreThatIsAway) {
  store_.FailNext(1'000'000);
  const auto backfill = Start({&store_}, /*patience_ms=*/0);
  read_.Send(0, kLiveFrom, kMinutes);
  ASSERT_TRUE(read_.WaitUntilLive(1));
  const int requests = store_.requests();
  for (int i = 1; i < kSeries; i++) {
    read_.Send(i, kLiveFrom, kMinutes);
    ASSERT_TRUE(read_.WaitUntilLive(static_cast<size_t>(i) + 1));
  }
  EXPECT_EQ(read_.given_up(), kSeries);
  EXPECT_EQ(store_.requests(), requests);
}

TEST_F(HistoryBackfillTest, ASeriesThatComesLaterIsReadThen) {
  for (int i = 1; i < kSeries; i++) read_.Send(i, kLiveFrom, kMinutes);
  const auto backfill = Start({&store_});
  ASSERT_TRUE(read_.WaitUntilLive(kSeries - 1));
  read_.Send(0, kLiveFrom, kMinutes);
  ASSERT_TRUE(read_.WaitUntilLive(kSeries));
  ExpectAsStreamed();
}

TEST_F(HistoryBackfillTest, StoppedInTheMiddleItEndsAndTheNextOneGoesOn) {
  store_.Allow(2);
  SendLast();
  auto backfill = Start({&store_});
  store_.WaitForRequests(3);
  backfill.reset();
  EXPECT_EQ(read_.complete() + read_.given_up(), 0);
  for (const auto& shard : read_.shards) shard->Run([](ShardEngine& engine) { engine.ReturnHistoryAsks(); });
  store_.Allow(1000);
  backfill = Start({&store_});
  ASSERT_TRUE(read_.WaitUntilLive(kSeries));
  ExpectAsStreamed();
}

}  // namespace
}  // namespace promcast
