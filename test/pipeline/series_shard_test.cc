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

const testing::SentSample kOne = {kLoad, {kStart, 1}};

/// A clock that stands still; the engine and its shard ask it while they run, so it notices when two threads do.
class LonelyClock : public Clock {
 public:
  int64_t NowMs() const override {
    if (inside_.fetch_add(1) != 0) met_ = true;
    do {
      std::this_thread::yield();
    } while (held_ == std::this_thread::get_id());
    inside_.fetch_sub(1);
    return kStart;
  }
  bool met() const { return met_; }
  bool is_asked() const { return inside_ > 0; }
  /// Whoever it is does not get an answer until Hold({}).
  void Hold(std::thread::id thread) { held_ = thread; }

 private:
  std::atomic<std::thread::id> held_;
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

  /// Waits until the batch has been applied; false when it was refused.
  bool Send(
      ShardBatch& batch, const std::function<void()>& when_applied = [] {}) {
    std::promise<void> done;
    batch.done = [&] {
      when_applied();
      done.set_value();
    };
    if (!shard_->Submit(batch)) return false;
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
  TestBatch one({kOne});
  for (int i = 0; i < 1'000'000 && applied_by != std::this_thread::get_id(); i++) {
    ASSERT_TRUE(Send(one.batch, [&] { applied_by = std::this_thread::get_id(); }));
  }
  EXPECT_EQ(applied_by, std::this_thread::get_id());
}

TEST_F(SeriesShardTest, OneThreadAtATimeRunsItAndCommandsGoBeforeWhatFollows) {
  std::atomic<int> overtaken = 0;
  InThreads(4, [&] {
    TestBatch one({kOne});
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
    TestBatch one({kOne});
    while (!ran) Send(one.batch);
  });
  commander.join();
}

// Nobody else comes who would wake the shard's thread.
TEST_F(SeriesShardTest, ACommandThatComesWhileSamplesAreAppliedRunsBehindThem) {
  for (int i = 0; i < 100; i++) {
    std::promise<void> done;
    std::future<void> ran = done.get_future();
    std::thread submitter([&] {
      TestBatch one({kOne});
      clock_.Hold(std::this_thread::get_id());
      ASSERT_TRUE(Send(one.batch));
    });
    while (!clock_.is_asked()) std::this_thread::yield();
    ASSERT_TRUE(shard_->Run([&](ShardEngine&) { done.set_value(); }));
    for (int turn = 0; turn < 100; turn++) std::this_thread::yield();  // so that the shard's thread mostly is waiting
    clock_.Hold({});
    const auto status = ran.wait_for(std::chrono::minutes(1));
    submitter.join();
    ASSERT_EQ(status, std::future_status::ready);
  }
}

TEST_F(SeriesShardTest, WhatWasAcceptedIsAppliedOnceWhenItStops) {
  std::atomic<int> accepted = 0;
  std::atomic<int> applied = 0;
  std::thread stopper([&] {
    while (accepted < 200) std::this_thread::yield();
    shard_->Stop();
  });
  InThreads(3, [&] {
    TestBatch one({kOne});
    while (Send(one.batch, [&] { applied++; })) accepted++;
  });
  stopper.join();
  EXPECT_EQ(applied, accepted);
  EXPECT_FALSE(shard_->Run([](ShardEngine&) {}));
}

}  // namespace
}  // namespace promcast
