#include "pipeline/series_shard.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "pipeline/engine_fixture.h"

namespace promcast {
namespace {

using testing::kLoad;
using testing::kStart;
using testing::SentSample;
using testing::TestBatch;
using testing::TestRule;

const SentSample kSelected = {kLoad, {kStart, 1}};
const SentSample kUnselected = {Labels({{"__name__", "other"}}), {kStart, 1}};

/// The engine and its shard ask it while they run, so it notices when two threads do.
class LonelyClock : public Clock {
 public:
  int64_t NowMs() const override {
    if (inside_.fetch_add(1) != 0) met_ = true;
    std::this_thread::yield();
    while (held_ == std::this_thread::get_id()) {
      holds_ = true;
      std::this_thread::yield();
    }
    inside_.fetch_sub(1);
    return now_ms_;
  }
  void Advance(int64_t ms) { now_ms_ += ms; }
  /// Whether two threads have asked at once.
  bool met() const { return met_; }

  /// When this thread asks, it waits until Release(). Once for each Begin().
  void HoldMe() { held_ = std::this_thread::get_id(); }
  void Begin() { holds_ = false; }
  /// Whether it has asked.
  bool holds() const { return holds_; }
  void Release() { held_ = std::thread::id(); }
  bool released() const { return held_ == std::thread::id(); }

 private:
  std::atomic<int64_t> now_ms_{kStart};
  std::atomic<std::thread::id> held_;
  mutable std::atomic<bool> holds_{false}, met_{false};
  mutable std::atomic<int> inside_{0};
};

class SeriesShardTest : public ::testing::Test {
 protected:
  SeriesShardTest() {
    PipelineOptions options;
    options.forecasts = {TestRule("load")};
    const ShardContext context{clock_, catalog_, admission_, metrics_, lineage_, cohorts_, 1, [](const auto&) {}};
    shard_ = std::make_unique<SeriesShard>(context, options, std::make_shared<RuleSet>(options.forecasts), 16);
  }

  /// Waits until the batch has been applied; false when it was refused.
  bool Send(ShardBatch& batch, const std::function<void()>& when_applied) {
    std::promise<void> done;
    batch.done = [&] {
      when_applied();
      done.set_value();
    };
    if (!shard_->Submit(batch)) return false;
    done.get_future().wait();
    return true;
  }
  bool Send(ShardBatch& batch) {
    return Send(batch, [] {});
  }
  /// Whether of so many sent one after the other any was applied by the thread that sent it.
  bool AnyAppliedHere(ShardBatch& batch, int times) {
    std::thread::id applied_by;
    for (int i = 0; i < times && applied_by != std::this_thread::get_id(); i++) {
      EXPECT_TRUE(Send(batch, [&] { applied_by = std::this_thread::get_id(); }));
    }
    return applied_by == std::this_thread::get_id();
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
  std::unique_ptr<SeriesShard> shard_;  // last: its thread uses what stands above
};

TEST_F(SeriesShardTest, WhoBringsSamplesAppliesThemWhileTheShardIsFree) {
  TestBatch one({kUnselected});
  EXPECT_TRUE(AnyAppliedHere(one.batch, 1'000'000));
}

TEST_F(SeriesShardTest, WhatMayTakeLongIsLeftToTheShardsThread) {
  TestBatch many(std::vector<SentSample>(SeriesShard::kMostAppliedAtOnce + 1, kUnselected));
  EXPECT_FALSE(AnyAppliedHere(many.batch, 30));
  TestBatch young({kSelected});
  EXPECT_TRUE(Send(young.batch));  // from here on the shard has a series without a model
  TestBatch one({kUnselected});
  EXPECT_FALSE(AnyAppliedHere(one.batch, 300));
}

TEST_F(SeriesShardTest, OneThreadAtATimeRunsItAndCommandsGoBeforeWhatFollows) {
  std::atomic<int> overtaken = 0;
  InThreads(4, [&] {
    TestBatch one({kUnselected});
    for (int i = 0; i < 500; i++) {
      std::atomic<bool> commanded = false;
      ASSERT_TRUE(shard_->Run([&](ShardEngine& engine) {
        engine.Report();
        commanded = true;
      }));
      ASSERT_TRUE(Send(one.batch, [&] { overtaken += commanded ? 0 : 1; }));
      ASSERT_TRUE(Send(one.batch));
    }
  });
  EXPECT_EQ(overtaken, 0);
  EXPECT_FALSE(clock_.met());
}

TEST_F(SeriesShardTest, CommandsAndWhatIsDueRunHoweverManyBringSamples) {
  TestBatch ended({kSelected, {kLoad, {kStart + 1, StaleMarker()}}});
  ASSERT_TRUE(Send(ended.batch));
  clock_.Advance(86'400'000);  // the series is to expire
  std::atomic<bool> commanded = false;
  std::thread commander([&] {
    for (int i = 0; i < 100; i++) {
      std::promise<void> done;
      if (shard_->Run([&](ShardEngine&) { done.set_value(); })) done.get_future().wait();
    }
    commanded = true;
  });
  InThreads(3, [&] {
    TestBatch one({kUnselected});
    while (!commanded || metrics_.series_expired.value() == 0) {
      Send(one.batch);
      clock_.Advance(10);
    }
  });
  commander.join();
}

// Nobody else comes who would wake the shard's thread.
TEST_F(SeriesShardTest, ACommandThatComesWhileSamplesAreAppliedRunsBehindThem) {
  int held = 0;
  for (int i = 0; i < 1000 && held < 50; i++) {
    std::atomic<bool> applied = false;
    clock_.Begin();
    std::thread submitter([&] {
      TestBatch one({kUnselected});
      clock_.HoldMe();
      ASSERT_TRUE(Send(one.batch, [&] { applied = true; }));
    });
    while (!clock_.holds() && !applied) std::this_thread::yield();
    const bool holds = clock_.holds();  // else the shard's thread has applied it
    held += holds ? 1 : 0;
    std::promise<bool> ran_behind;
    std::future<bool> ran = ran_behind.get_future();
    ASSERT_TRUE(shard_->Run([&](ShardEngine&) { ran_behind.set_value(clock_.released()); }));
    for (int turn = 0; turn < 100; turn++) std::this_thread::yield();  // so that the shard's thread mostly is waiting
    clock_.Release();
    const auto status = ran.wait_for(std::chrono::minutes(1));
    submitter.join();
    ASSERT_EQ(status, std::future_status::ready);
    EXPECT_TRUE(ran.get() || !holds);
  }
  EXPECT_EQ(held, 50);
}

TEST_F(SeriesShardTest, WhatWasAcceptedIsAppliedOnceWhenItStops) {
  std::atomic<int> accepted = 0;
  std::atomic<int> applied = 0;
  std::thread stopper([&] {
    while (accepted < 200) std::this_thread::yield();
    shard_->Stop();
  });
  InThreads(3, [&] {
    TestBatch one({kUnselected});
    while (Send(one.batch, [&] { applied++; })) accepted++;
  });
  stopper.join();
  EXPECT_EQ(applied, accepted);
  EXPECT_FALSE(shard_->Run([](ShardEngine&) {}));
}

}  // namespace
}  // namespace promcast
