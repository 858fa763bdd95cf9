#include "checkpoint/checkpointer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <semaphore>

#include "checkpoint/newest_snapshot.h"
#include "checkpoint/snapshot_fixture.h"

namespace promcast::testing {
namespace {

using ::testing::HasSubstr;

/// Shards of `series_per_shard` series, two a slice, which answer at once or when `hold` says so.
class FakeSource final : public SnapshotSource {
 public:
  size_t shard_count() const override { return 3; }
  void SaveFamilies(RecordBlock& block) const override { block = FamiliesOf({{"a", 1}}); }
  std::future<std::optional<uint32_t>> SaveSeries(size_t shard, uint32_t first_slot,
                                                  RecordBlock& block) const override {
    if (ending) return {};
    asked.release();
    if (hold) may_answer.acquire();
    for (uint32_t slot = first_slot; slot < std::min(first_slot + 2, series_per_shard); slot++) {
      const std::string name = std::to_string(shard) + "_" + std::to_string(slot);
      block.Add([&](std::string& out) { out += SeriesRecordOf({{"__name__", name}}, 1, "state"); });
    }
    std::promise<std::optional<uint32_t>> next;
    next.set_value(first_slot + 2 < series_per_shard ? std::optional(first_slot + 2) : std::nullopt);
    return next.get_future();
  }

  uint32_t series_per_shard = 7;
  std::atomic<bool> ending{false}, hold{false};
  mutable std::counting_semaphore<> asked{0}, may_answer{0};
};

class CheckpointerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "checkpointer-XXXXXX";
    root_ = mkdtemp(pattern.data());
    folder_ = *StorageFolder::Open(root_);
    checkpointer_.emplace(*folder_, source_, clock_, metrics_, "1.2.3");
  }
  void TearDown() override {
    checkpointer_.reset();
    folder_.reset();
    std::filesystem::remove_all(root_);
  }
  size_t SeriesOnDisk() const {
    std::vector<RefusedSnapshot> refused;
    const auto found = OpenNewestWhole(folder_->List(), 1, refused);
    EXPECT_TRUE(refused.empty());
    return found ? found->reader.totals().series : 0;
  }
  std::string Metrics() const { return metrics_.Render(MetricRegistry::Format::kText); }

  std::string root_;
  std::unique_ptr<StorageFolder> folder_;
  FakeSource source_;
  ManualClock clock_{kWritten};
  MetricRegistry metrics_;
  std::optional<Checkpointer> checkpointer_;
};

TEST_F(CheckpointerTest, TheLastSnapshotHoldsEverySeriesOfEveryShard) {
  checkpointer_->Stop(/*last=*/true);
  EXPECT_EQ(SeriesOnDisk(), 21);
  EXPECT_EQ(checkpointer_->report().series, 21);
  EXPECT_EQ(checkpointer_->report().written_ms, kWritten);
  EXPECT_THAT(Metrics(), HasSubstr("promcast_snapshots_total 1"));
  EXPECT_THAT(Metrics(), HasSubstr("promcast_snapshot_series 21"));
}

TEST_F(CheckpointerTest, ShardsWithoutSeriesGiveAWholeSnapshot) {
  source_.series_per_shard = 0;
  checkpointer_->Stop(/*last=*/true);
  EXPECT_EQ(folder_->List().size(), 1);
  EXPECT_EQ(SeriesOnDisk(), 0);
}

TEST_F(CheckpointerTest, TwoAreKept) {
  for (int i = 0; i < 5; i++) checkpointer_->Stop(/*last=*/true);
  ASSERT_EQ(folder_->List().size(), 2);
  EXPECT_EQ(folder_->List()[0].number, 5);
}

TEST_F(CheckpointerTest, WithoutALastOneNothingIsWritten) {
  checkpointer_->Start({.snapshot_interval_ms = 3'600'000});
  checkpointer_->Stop(/*last=*/false);
  EXPECT_TRUE(folder_->List().empty());
}

TEST_F(CheckpointerTest, AShorterIntervalIsTakenAtOnce) {
  checkpointer_->Start({.snapshot_interval_ms = 3'600'000});
  checkpointer_->Reconfigure({.snapshot_interval_ms = 10});
  source_.asked.acquire();  // never, with an hour to wait
  checkpointer_->Stop(/*last=*/false);
}

TEST_F(CheckpointerTest, WhatIsUnderWayAtTheEndIsGivenUpAndTheLastOneIsWhole) {
  source_.hold = true;
  checkpointer_->Start({.snapshot_interval_ms = 1});
  source_.asked.acquire();
  std::thread end([this] { checkpointer_->Stop(/*last=*/true); });
  source_.hold = false;
  source_.may_answer.release();
  end.join();
  EXPECT_EQ(SeriesOnDisk(), 21);
  EXPECT_EQ(checkpointer_->report().failures, 0);
}

TEST_F(CheckpointerTest, ShardsThatEndLeaveNoPartialSnapshot) {
  source_.ending = true;
  checkpointer_->Stop(/*last=*/true);
  EXPECT_TRUE(folder_->List().empty());
  EXPECT_EQ(checkpointer_->report().failures, 0) << "ending is no failure";
}

TEST_F(CheckpointerTest, AFailureIsCountedToldAndLeavesTheLastGoodOne) {
  checkpointer_->Stop(/*last=*/true);
  std::filesystem::create_directory(root_ + "/snapshot-000000000002.tmp");  // nothing can be created under that name
  checkpointer_->Stop(/*last=*/true);
  EXPECT_EQ(checkpointer_->report().failures, 1);
  EXPECT_THAT(checkpointer_->report().problem, HasSubstr("snapshot-000000000002.tmp"));
  EXPECT_EQ(checkpointer_->report().series, 21) << "what is known of the last good one stays";
  EXPECT_EQ(SeriesOnDisk(), 21);
  EXPECT_THAT(Metrics(), HasSubstr(R"(promcast_snapshot_failures_total{reason="io"} 1)"));

  std::filesystem::remove(root_ + "/snapshot-000000000002.tmp");
  checkpointer_->Stop(/*last=*/true);
  EXPECT_EQ(checkpointer_->report().problem, "");
  EXPECT_EQ(checkpointer_->report().failures, 1);
}

TEST(WriteSnapshot, ADiskThatIsFullAtAnyByteIsTold) {
  FakeSource source;
  const std::atomic<bool> cancel{false};
  size_t whole = 0;
  SnapshotWriter measure({}, [&](std::string_view bytes) { return whole += bytes.size(), absl::OkStatus(); });
  ASSERT_TRUE(WriteSnapshot(source, cancel, measure).ok());
  for (size_t room = 0; room < whole; room += 7) {
    size_t left = room;
    SnapshotWriter writer({}, [&](std::string_view bytes) {
      if (bytes.size() > left) return absl::ResourceExhaustedError("full");
      left -= bytes.size();
      return absl::OkStatus();
    });
    EXPECT_EQ(WriteSnapshot(source, cancel, writer).code(), absl::StatusCode::kResourceExhausted) << room;
  }
}

}  // namespace
}  // namespace promcast::testing
