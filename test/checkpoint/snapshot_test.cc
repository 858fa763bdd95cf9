#include <gmock/gmock.h>
#include <gtest/gtest.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstring>

#include "checkpoint/series_head.h"
#include "checkpoint/snapshot_fixture.h"

namespace promcast::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Small() {
  return SnapshotOf({{SeriesRecordOf({{"__name__", "a"}}, 1, "one"), SeriesRecordOf({{"__name__", "b"}}, 2, "two")},
                     {SeriesRecordOf({{"__name__", "c"}}, 3, std::string(1000, 'x'))}},
                    {{"a", 1}});
}

/// As the program would write it: with the header's own checksum.
std::string WithFormat(std::string snapshot, uint32_t format) {
  const size_t checked = 8 + 4 + 8 + 1 + static_cast<uint8_t>(snapshot[20]);
  std::memcpy(snapshot.data() + 8, &format, sizeof(format));
  const uint64_t checksum = XXH3_64bits(snapshot.data(), checked);
  std::memcpy(snapshot.data() + checked, &checksum, sizeof(checksum));
  return snapshot;
}

TEST(Snapshot, GivesBackWhatWasWritten) {
  const std::string bytes = Small();
  const auto reader = SnapshotReader::Open(TextBytes(bytes));
  ASSERT_TRUE(reader.ok()) << reader.status().message();
  EXPECT_EQ(reader->header().created_ms, kWritten);
  EXPECT_EQ(reader->header().version, "1.2.3");
  EXPECT_EQ(reader->totals().series, 3);
  EXPECT_EQ(reader->totals().families, 1);
  EXPECT_THAT(RecordsIn(bytes),
              ElementsAre(SeriesRecordOf({{"__name__", "a"}}, 1, "one"), SeriesRecordOf({{"__name__", "b"}}, 2, "two"),
                          SeriesRecordOf({{"__name__", "c"}}, 3, std::string(1000, 'x'))));
}

TEST(Snapshot, OfNothingIsWhole) {
  EXPECT_TRUE(ReadWhole(SnapshotOf({})).ok());
}

TEST(Snapshot, TheSameStateGivesTheSameBytes) {
  EXPECT_EQ(Small(), Small());
}

TEST(Snapshot, CutOffAnywhereIsRefused) {
  const std::string whole = Small();
  ASSERT_TRUE(ReadWhole(whole).ok());
  for (size_t bytes = 0; bytes < whole.size(); bytes++) {
    EXPECT_EQ(ReadWhole(whole.substr(0, bytes)).code(), absl::StatusCode::kDataLoss) << bytes << " bytes";
  }
}

TEST(Snapshot, AnyChangedByteIsRefused) {
  const std::string whole = Small();
  for (size_t at = 0; at < whole.size(); at++) {
    for (const int flip : {0x01, 0x80, 0xff}) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ flip);
      EXPECT_FALSE(ReadWhole(damaged).ok()) << "byte " << at << " ^ " << flip;
    }
  }
}

TEST(Snapshot, AnyTornWriteOfTheLastRecordIsRefused) {
  // What a file system may leave of a write: the old length with zeros, or with what was there before.
  const std::string whole = Small();
  const size_t footer = BlockHeader::kBytes + SnapshotTotals::kBytes;
  for (size_t at = whole.size() - footer; at < whole.size(); at++) {
    for (const char filler : {'\0', '\xff', 'P'}) {
      std::string torn = whole.substr(0, at) + std::string(whole.size() - at, filler);
      if (torn == whole) continue;  // the last bytes happen to be these
      EXPECT_FALSE(ReadWhole(torn).ok()) << "from byte " << at;
    }
  }
}

TEST(Snapshot, BytesBehindTheFooterAreRefused) {
  EXPECT_FALSE(ReadWhole(Small() + "x").ok());
}

TEST(Snapshot, MissingTwiceOrExchangedBlocksAreRefused) {
  const std::string whole = Small();
  const auto reader = SnapshotReader::Open(TextBytes(whole));
  ASSERT_TRUE(reader.ok());
  std::vector<std::string> blocks;
  for (const BlockPlace& place : reader->blocks()) {
    blocks.push_back(
        whole.substr(place.payload_offset - BlockHeader::kBytes, BlockHeader::kBytes + place.header.stored_bytes));
  }
  ASSERT_EQ(blocks.size(), 3);
  const size_t first = reader->blocks()[0].payload_offset - BlockHeader::kBytes;
  const std::string head = whole.substr(0, first);
  const std::string foot = whole.substr(whole.size() - BlockHeader::kBytes - SnapshotTotals::kBytes);
  ASSERT_TRUE(ReadWhole(head + blocks[0] + blocks[1] + blocks[2] + foot).ok());
  EXPECT_FALSE(ReadWhole(head + blocks[0] + blocks[1] + foot).ok());
  EXPECT_FALSE(ReadWhole(head + blocks[0] + blocks[1] + blocks[2] + blocks[2] + foot).ok());
  EXPECT_FALSE(ReadWhole(head + blocks[0] + blocks[2] + blocks[1] + foot).ok());
}

TEST(Snapshot, AnotherFormatIsRefusedByName) {
  for (const uint32_t format : {0U, kSnapshotFormat + 1, 0xffffffffU}) {
    const absl::Status status = ReadWhole(WithFormat(Small(), format));
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(status.message()), HasSubstr(std::to_string(format)));
    EXPECT_THAT(std::string(status.message()), HasSubstr("promcast 1.2.3"));
  }
  EXPECT_TRUE(ReadWhole(WithFormat(Small(), kSnapshotFormat)).ok());
}

TEST(Snapshot, AnotherFileIsRefused) {
  for (const std::string text : {"", "P", "PCSTSNAP", "forecasts:\n- match: up\n"}) EXPECT_FALSE(ReadWhole(text).ok());
}

TEST(Snapshot, ABlockThatClaimsToInflateToMuchTakesNoMemory) {
  std::string bytes;
  const SnapshotHeader header{.created_ms = kWritten, .version = "1"};
  const std::string payload = "\xff\xff\xff\xff\x0f";  // a snappy block that says 4 GiB
  const BlockHeader block{.kind = BlockKind::kSeries, .records = 1, .stored_bytes = 5, .raw_bytes = 0xffffffff};
  bytes = EncodeSnapshotHeader(header) + EncodeBlockHeader(block, payload) + payload;
  const std::string checksum = EncodeBlockHeader(block, payload).substr(16);
  const std::string totals =
      EncodeTotals({.blocks = 1, .families = 0, .series = 1, .digest = XXH3_64bits(checksum.data(), checksum.size())});
  bytes +=
      EncodeBlockHeader({.kind = BlockKind::kEnd, .records = 0, .stored_bytes = 32, .raw_bytes = 32}, totals) + totals;
  const auto reader = SnapshotReader::Open(TextBytes(bytes));
  ASSERT_TRUE(reader.ok()) << reader.status().message();
  SnapshotReader::Buffer buffer;
  EXPECT_EQ(reader->Read(reader->blocks()[0], buffer).code(), absl::StatusCode::kDataLoss);
  EXPECT_LT(buffer.raw.capacity_bytes(), 1 << 20);
}

TEST(Snapshot, AWriteThatFailsIsTold) {
  SnapshotWriter writer({.created_ms = kWritten, .version = "1"},
                        [](std::string_view) { return absl::ResourceExhaustedError("full"); });
  EXPECT_EQ(writer.Add(BlockKind::kSeries, BlockOf({"x"})).code(), absl::StatusCode::kResourceExhausted);
}

TEST(SeriesHead, CutOffAnywhereIsAProblem) {
  const std::string record = SeriesRecordOf({{"__name__", "a"}, {"job", "b"}}, 5, "");
  for (size_t bytes = 0; bytes <= record.size(); bytes++) {
    ArchiveReader archive(std::string_view(record).substr(0, bytes));
    SeriesHead head;
    ReadSeriesHead(archive, head);
    EXPECT_EQ(archive.ok(), bytes == record.size()) << bytes;
  }
}

}  // namespace
}  // namespace promcast::testing
