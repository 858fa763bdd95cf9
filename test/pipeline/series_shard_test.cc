#include "pipeline/series_shard.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "pipeline/engine_fixture.h"

namespace promcast {
namespace {

using testing::kLoad;
using testing::kStart;
using testing::TestBatch;
using testing::TestRule;

/// A clock that stands still; the engine and its shard ask it while they run, so it notices when two threads do.
class LonelyClock : public Clock {
 public:
  int64_t NowMs() const override {
    if (inside_.fetch_add(1) != 0) met_ = true;
    std::this_thread::yield();
    inside_.fetch_sub(1);
    return kStart;
  }
  bool met() const { return met_; }

 private:
  mutable std::atomic<int> inside_{0};
  mutable std::atomic<bool> met_{false};
};

class SeriesShardTest : public ::testing::Test {
 protected:
  SeriesShardTest() {
    PipelineOptions options;
    options.forecasts = {TestRule("load")};
    const ShardContext context{clock_, catalog_, admission_, metrics_, lineage_, cohorts_, 1, [](const auto&) {}};
    shard_ = std::make_unique<SeriesShard>(context, options, std::make_shared<RuleSet>(options.forecasts), 16);
  }
  ~SeriesShardTest() override { shard_.reset(); }  // its thread uses what is declared below

  /// One sample; waits until it has been applied. False when it was refused.
  bool Send(const std::function<void()>& when_applied = [] {}) {
    TestBatch request({{kLoad, {kStart, 1}}});
    std::promise<void> done;
    request.batch.done = [&] {
      when_applied();
      done.set_value();
    };
    if (!shard_->Submit(request.batch)) return false;
    done.get_future().wait();
    return true;
  }
  static void InThreads(int count, const std::function<void()>& work) {
    std::vector<std::thread> threads;
    for (int i = 0; i < count; i++) threads.emplace_back(work);
    for (std::thread& thread : threads) thread.join();
  }

  LonelyClock clock_;
  MetricRegistry registry_;
  PipelineMetrics metrics_{registry_};
  MetricCatalog catalog_;
  Admission admission_;
  Lineage lineage_;
  Cohorts cohorts_;
  std::unique_ptr<SeriesShard> shard_;
};

TEST_F(SeriesShardTest, WhoBringsSamplesAppliesThemWhileTheShardIsFree) {
  std::thread::id applied_by;
  for (int i = 0; i < 1'000'000 && applied_by != std::this_thread::get_id(); i++) {
    ASSERT_TRUE(Send([&] { applied_by = std::this_thread::get_id(); }));
  }
  EXPECT_EQ(applied_by, std::this_thread::get_id());
}

TEST_F(SeriesShardTest, OneThreadAtATimeRunsItAndCommandsGoBeforeWhatFollows) {
  std::atomic<int> overtaken = 0;
  InThreads(4, [&] {
    for (int i = 0; i < 500; i++) {
      std::atomic<bool> commanded = false;
      ASSERT_TRUE(shard_->Run([&](ShardEngine& engine) {
        engine.Report();
        commanded = true;
      }));
      ASSERT_TRUE(Send([&] { overtaken += commanded ? 0 : 1; }));
      ASSERT_TRUE(Send());
    }
  });
  EXPECT_EQ(overtaken, 0);
  EXPECT_FALSE(clock_.met());
}

TEST_F(SeriesShardTest, ACommandRunsHoweverManyBringSamples) {
  std::atomic<bool> ran = false;
  std::thread commander([&] {
    for (int i = 0; i < 100; i++) {
      std::promise<void> done;
      ASSERT_TRUE(shard_->Run([&](ShardEngine&) { done.set_value(); }));
      done.get_future().wait();
    }
    ran = true;
  });
  InThreads(3, [&] {
    while (!ran) Send();
  });
  commander.join();
}

TEST_F(SeriesShardTest, WhatWasAcceptedIsAppliedOnceWhenItStops) {
  std::atomic<int> accepted = 0;
  std::atomic<int> applied = 0;
  std::thread stopper([&] {
    while (accepted < 200) std::this_thread::yield();
    shard_->Stop();
  });
  InThreads(3, [&] {
    while (Send([&] { applied++; })) accepted++;
  });
  stopper.join();
  EXPECT_EQ(applied, accepted);
  EXPECT_FALSE(shard_->Run([](ShardEngine&) {}));
}

}  // namespace
}  // namespace promcast
