#include "checkpoint/snapshot_fixture.h"

#include <gtest/gtest.h>

#include "checkpoint/series_head.h"

namespace promcast::testing {

std::string SeriesRecordOf(const Labels& labels, int64_t newest_ms, const std::string& state) {
  std::vector<LabelView> views;
  for (const Label& label : labels) views.push_back({label.name, label.value});
  std::string record;
  AppendSeriesHead(views, newest_ms, record);
  return record + state;
}

RecordBlock BlockOf(const std::vector<std::string>& records) {
  RecordBlock block;
  for (const std::string& record : records) block.Add([&](std::string& out) { out += record; });
  return block;
}

RecordBlock FamiliesOf(const std::vector<std::pair<std::string, uint8_t>>& families) {
  RecordBlock block;
  for (const auto& family : families) {
    block.Add([&](std::string& out) { AppendFamily({family.first, family.second}, out); });
  }
  return block;
}

std::string SnapshotOf(const std::vector<std::vector<std::string>>& blocks,
                       const std::vector<std::pair<std::string, uint8_t>>& families, int64_t created_ms) {
  std::string bytes;
  SnapshotWriter writer({.created_ms = created_ms, .version = "1.2.3"}, [&](std::string_view part) {
    bytes += part;
    return absl::OkStatus();
  });
  EXPECT_TRUE(writer.Add(BlockKind::kFamilies, FamiliesOf(families)).ok());
  for (const auto& records : blocks) EXPECT_TRUE(writer.Add(BlockKind::kSeries, BlockOf(records)).ok());
  EXPECT_TRUE(writer.Finish().ok());
  EXPECT_EQ(writer.written_bytes(), bytes.size());
  return bytes;
}

std::vector<std::string> RecordsIn(const std::string& snapshot) {
  std::vector<std::string> records;
  const auto reader = SnapshotReader::Open(TextBytes(snapshot));
  EXPECT_TRUE(reader.ok()) << reader.status().message();
  if (!reader.ok()) return records;
  SnapshotReader::Buffer buffer;
  for (const BlockPlace& block : reader->blocks()) {
    EXPECT_TRUE(reader->Read(block, buffer).ok());
    RecordWalk walk(buffer.raw.view());
    for (std::string_view record; block.header.kind == BlockKind::kSeries && walk.Next(record);)
      records.emplace_back(record);
  }
  return records;
}

std::map<std::string, std::string> StatesIn(const std::string& snapshot) {
  std::map<std::string, std::string> states;
  for (const std::string& record : RecordsIn(snapshot)) {
    ArchiveReader archive(record);
    SeriesHead head;
    ReadSeriesHead(archive, head);
    std::vector<Label> labels;
    for (const LabelView& label : head.labels) labels.push_back({std::string(label.name), std::string(label.value)});
    const bool is_new =
        states.emplace(Labels(std::move(labels)).ToString(), std::string(archive.Bytes(archive.left()))).second;
    EXPECT_TRUE(is_new) << "a series twice";
  }
  return states;
}

absl::Status ReadWhole(const std::string& snapshot) {
  const auto reader = SnapshotReader::Open(TextBytes(snapshot));
  if (!reader.ok()) return reader.status();
  if (absl::Status status = reader->VerifyChecksums(2); !status.ok()) return status;
  SnapshotReader::Buffer buffer;
  for (const BlockPlace& block : reader->blocks()) {
    if (absl::Status status = reader->Read(block, buffer); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace promcast::testing
