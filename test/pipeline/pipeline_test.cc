#include "pipeline/pipeline.h"

#include <gtest/gtest.h>

#include <future>

#include "pipeline/engine_fixture.h"

namespace promcast {
namespace {

using testing::kStart;
using testing::TestBatch;
using testing::TestRule;

class PipelineTest : public ::testing::Test {
 protected:
  static PipelineOptions Options() {
    PipelineOptions options;
    options.forecasts = {TestRule("{__name__=~\"load.*\"}")};
    options.shards = 3;
    return options;
  }
  /// Hands the samples to their shards and waits until all are applied.
  std::vector<SampleVerdict> Apply(const std::vector<testing::SentSample>& samples) {
    std::vector<SampleVerdict> verdicts;
    for (const testing::SentSample& sample : samples) {
      TestBatch request({sample});
      std::promise<void> done;
      request.batch.done = [&] { done.set_value(); };
      if (!pipeline_.Submit(pipeline_.ShardOf(request.batch.samples[0].fingerprint), request.batch)) continue;
      done.get_future().wait();
      verdicts.push_back(request.batch.verdicts[0]);
    }
    return verdicts;
  }

  ManualClock clock_{kStart};
  MetricRegistry metrics_;
  Mutex mutex_;
  testing::Written written_ PROMCAST_GUARDED_BY(mutex_);
  Pipeline pipeline_{Options(), clock_, metrics_, [this](const auto& batch) {
                       MutexLock lock(mutex_);
                       testing::Record(*batch, written_);
                     }};
};

TEST_F(PipelineTest, SeriesOfAllShardsAreAppliedAndReported) {
  std::vector<testing::SentSample> samples;
  for (int i = 0; i < 60; i++) samples.push_back({{{"__name__", "load"}, {"i", std::to_string(i)}}, {kStart, 1}});
  for (const SampleVerdict verdict : Apply(samples)) EXPECT_EQ(verdict, SampleVerdict::kAccepted);
  pipeline_.Stop();
  EXPECT_EQ(Apply(samples).size(), 0u);  // refused, not lost in silence
}

TEST_F(PipelineTest, ReconfigureReachesEveryShard) {
  std::vector<testing::SentSample> before, after;
  for (int i = 0; i < 30; i++) {
    before.push_back({{{"__name__", "load"}, {"i", std::to_string(i)}}, {kStart, 1}});
    after.push_back({{{"__name__", "load"}, {"i", std::to_string(i)}}, {kStart + 1000, 1}});
  }
  Apply(before);
  PipelineOptions options = Options();
  options.forecasts = {TestRule("another")};
  pipeline_.Reconfigure(options);
  for (const SampleVerdict verdict : Apply(after)) EXPECT_EQ(verdict, SampleVerdict::kNoRule);
  EXPECT_EQ(pipeline_.rule_reports()[0].options.match_text, "another");
}

TEST_F(PipelineTest, ASearchFindsTheSeriesOfAllShardsInOrder) {
  std::vector<testing::SentSample> samples;
  for (int i = 10; i < 70; i++) samples.push_back({{{"__name__", "load"}, {"i", std::to_string(i)}}, {kStart, 1}});
  Apply(samples);
  const auto all = pipeline_.Search({*Selector::Parse("load")}, 60);
  ASSERT_TRUE(all.has_value());
  EXPECT_FALSE(all->truncated);
  ASSERT_EQ(all->series.size(), 60u);
  for (size_t i = 0; i < 60; i++) EXPECT_EQ(all->series[i].labels.Get("i"), std::to_string(10 + i));
  const auto some = pipeline_.Search({*Selector::Parse("load")}, 59);
  ASSERT_TRUE(some.has_value());
  EXPECT_TRUE(some->truncated);
  EXPECT_EQ(some->series.size(), 59u);
}

TEST_F(PipelineTest, ASearchWhileStoppingEndsWithoutAnAnswerOrWithAWholeOne) {
  std::vector<testing::SentSample> samples;
  for (int i = 0; i < 30; i++) samples.push_back({{{"__name__", "load"}, {"i", std::to_string(i)}}, {kStart, 1}});
  Apply(samples);
  std::promise<void> searching;
  std::thread searcher([&] {
    bool is_first = true;
    while (const auto found = pipeline_.Search({*Selector::Parse("load")}, 100)) {
      EXPECT_EQ(found->series.size(), 30u);
      if (std::exchange(is_first, false)) searching.set_value();
    }
  });
  searching.get_future().wait();
  pipeline_.Stop();
  searcher.join();
  EXPECT_FALSE(pipeline_.Search({*Selector::Parse("load")}, 100).has_value());
}

TEST_F(PipelineTest, AReadFindsTheSamplesOfAllShards) {
  std::vector<testing::SentSample> samples;
  for (int i = 0; i < 60; i++) samples.push_back({{{"__name__", "load"}, {"i", std::to_string(i)}}, {kStart, 1.0 * i}});
  Apply(samples);
  const ReadQuery query{kStart, kStart, {{MatchType::kEqual, "__name__", "load"}}, {}};
  const auto selector = Selector::FromMatchers(query.matchers);
  ReadResult result({});
  EXPECT_TRUE(pipeline_.Read(query, *selector, result).ok());
  EXPECT_EQ(result.samples(), 60u);
  EXPECT_EQ(result.TakeSorted().size(), 60u);
  ReadResult small({.max_samples = 59});
  EXPECT_TRUE(pipeline_.Read(query, *selector, small).ok());
  EXPECT_NE(small.problem(), "");
}

TEST_F(PipelineTest, AReadWhileStoppingFailsOrIsWhole) {
  std::vector<testing::SentSample> samples;
  for (int i = 0; i < 30; i++) samples.push_back({{{"__name__", "load"}, {"i", std::to_string(i)}}, {kStart, 1}});
  Apply(samples);
  const ReadQuery query{kStart, kStart, {{MatchType::kEqual, "__name__", "load"}}, {}};
  const auto selector = Selector::FromMatchers(query.matchers);
  std::promise<void> reading;
  std::thread reader([&] {
    bool is_first = true;
    for (;;) {
      ReadResult result({});
      if (const absl::Status read = pipeline_.Read(query, *selector, result); !read.ok()) {
        EXPECT_TRUE(absl::IsUnavailable(read));
        return;
      }
      EXPECT_EQ(result.samples(), 30u);
      if (std::exchange(is_first, false)) reading.set_value();
    }
  });
  reading.get_future().wait();
  pipeline_.Stop();
  reader.join();
}

TEST_F(PipelineTest, WritersInManyThreadsLoseNothing) {
  constexpr int kThreads = 4, kSamples = 200;
  std::vector<std::thread> writers;
  std::atomic<int> accepted{0};
  for (int t = 0; t < kThreads; t++) {
    writers.emplace_back([&, t] {
      for (int i = 0; i < kSamples; i++) {
        const auto verdicts =
            Apply({{{{"__name__", "load"}, {"t", std::to_string(t)}}, {kStart + i * 1000, double(i % 7)}}});
        accepted += verdicts.size() == 1 && verdicts[0] == SampleVerdict::kAccepted;
      }
    });
  }
  clock_.Advance(kSamples * 1000);
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(accepted, kThreads * kSamples);
}

}  // namespace
}  // namespace promcast
