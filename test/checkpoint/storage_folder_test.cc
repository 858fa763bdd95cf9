#include "checkpoint/storage_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "checkpoint/newest_snapshot.h"
#include "checkpoint/snapshot_fixture.h"

namespace promcast::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class StorageFolderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "storage-XXXXXX";
    root_ = mkdtemp(pattern.data());
    path_ = root_ + "/state";
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  std::unique_ptr<StorageFolder> Open() {
    auto folder = StorageFolder::Open(path_);
    EXPECT_TRUE(folder.ok()) << folder.status().message();
    return *std::move(folder);
  }
  static void Add(const StorageFolder& folder, const std::string& bytes) {
    auto file = folder.Create();
    ASSERT_TRUE(file.ok()) << file.status().message();
    ASSERT_TRUE((*file)->Write(bytes).ok());
    ASSERT_TRUE((*file)->Commit().ok());
  }
  static std::vector<uint64_t> Numbers(const StorageFolder& folder) {
    std::vector<uint64_t> numbers;
    for (const SnapshotFile& file : folder.List()) numbers.push_back(file.number);
    return numbers;
  }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }

  std::string root_, path_;
};

TEST_F(StorageFolderTest, ASnapshotIsThereOnceItIsCommittedAndNotBefore) {
  const auto folder = Open();
  {
    auto file = folder->Create();
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE((*file)->Write("half").ok());
    EXPECT_THAT(folder->List(), IsEmpty());
  }
  EXPECT_THAT(Names(), ElementsAre("lock")) << "what was not committed leaves nothing";
  Add(*folder, "whole");
  EXPECT_THAT(Names(), ElementsAre("lock", "snapshot-000000000001"));
}

TEST_F(StorageFolderTest, WhatAnInterruptedWriteLeftGoesAtTheNextStart) {
  Open();
  std::ofstream(path_ + "/snapshot-000000000007.tmp") << "half";
  std::ofstream(path_ + "/notes.txt") << "somebody's";
  const auto folder = Open();
  EXPECT_THAT(folder->List(), IsEmpty());
  EXPECT_THAT(Names(), ElementsAre("lock", "notes.txt"));
}

TEST_F(StorageFolderTest, NumbersRiseWhateverTheClockDoes) {
  {
    const auto folder = Open();
    for (int i = 0; i < 3; i++) Add(*folder, "x");
    // The newest is the oldest by the file system's times.
    std::filesystem::last_write_time(path_ + "/snapshot-000000000003", std::filesystem::file_time_type::min());
  }
  const auto folder = Open();
  Add(*folder, "y");
  EXPECT_THAT(Numbers(*folder), ElementsAre(4, 3, 2, 1));
}

TEST_F(StorageFolderTest, KeepsTheNewestGoodOnesAndNothingOlder) {
  const auto folder = Open();
  for (int i = 0; i < 5; i++) Add(*folder, "x");
  folder->Keep(2, {5});
  EXPECT_THAT(Numbers(*folder), ElementsAre(5, 4, 3));
  Add(*folder, "x");
  folder->Keep(2, {5});
  EXPECT_THAT(Numbers(*folder), ElementsAre(6, 5, 4));
}

TEST_F(StorageFolderTest, ASecondProcessIsRefusedWithTheFoldersName) {
  auto first = Open();
  const auto second = StorageFolder::Open(path_);
  ASSERT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr(path_));
  first.reset();
  EXPECT_TRUE(StorageFolder::Open(path_).ok());
}

TEST_F(StorageFolderTest, APathThatIsAFileIsRefused) {
  std::ofstream(path_) << "x";
  const auto folder = StorageFolder::Open(path_);
  EXPECT_FALSE(folder.ok());
  EXPECT_THAT(std::string(folder.status().message()), HasSubstr(path_));
}

TEST_F(StorageFolderTest, AFileThatMayNotGrowIsOutOfSpaceAndLeavesTheOthers) {
  const auto folder = Open();
  Add(*folder, "good");
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit limit{4096, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &limit);
  {
    auto file = folder->Create();
    EXPECT_TRUE(file.ok());
    absl::Status status;
    for (int i = 0; i < 10 && status.ok(); i++) status = (*file)->Write(std::string(1000, 'x'));
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status.message();
  }
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_THAT(Names(), ElementsAre("lock", "snapshot-000000000001"));
}

TEST_F(StorageFolderTest, TheNewestWholeSnapshotIsFound) {
  const auto folder = Open();
  const std::string whole = SnapshotOf({{SeriesRecordOf({{"__name__", "a"}}, 1, "state")}});
  std::vector<RefusedSnapshot> refused;
  EXPECT_FALSE(OpenNewestWhole(folder->List(), 2, refused).has_value());
  EXPECT_THAT(refused, IsEmpty());

  std::string damaged = whole;
  damaged[whole.size() / 2] ^= 1;
  Add(*folder, whole);
  Add(*folder, damaged);
  Add(*folder, whole.substr(0, whole.size() - 1));
  const auto found = OpenNewestWhole(folder->List(), 2, refused);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->file.number, 1);
  ASSERT_EQ(refused.size(), 2);
  EXPECT_EQ(refused[0].file.number, 3);
  EXPECT_EQ(refused[1].file.number, 2);
  for (const RefusedSnapshot& one : refused) EXPECT_FALSE(one.problem.empty());
}

}  // namespace
}  // namespace promcast::testing
