#include "checkpoint/transfer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "checkpoint/series_head.h"
#include "checkpoint/snapshot_fixture.h"

namespace promcast::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

SnapshotReader Opened(const std::string& snapshot) {
  auto reader = SnapshotReader::Open(TextBytes(snapshot));
  EXPECT_TRUE(reader.ok());
  return *std::move(reader);
}

std::string Record(const std::string& name, int i, int64_t newest_ms = 5, const std::string& state = "state") {
  return SeriesRecordOf({{"__name__", name}, {"i", std::to_string(i)}}, newest_ms, state + std::to_string(i));
}

std::string Exported(const std::string& snapshot, const std::vector<std::string>& match, TransferReport& report) {
  std::vector<Selector> selectors;
  for (const std::string& text : match) selectors.push_back(*Selector::Parse(text));
  std::string out;
  const auto done = ExportSeries(Opened(snapshot), selectors, "1.2.3", [&](std::string_view bytes) {
    out += bytes;
    return absl::OkStatus();
  });
  EXPECT_TRUE(done.ok()) << done.status().message();
  report = *done;
  return out;
}

std::string Imported(const std::string& from, const std::string& before, TransferReport& report) {
  std::string out;
  const SnapshotReader from_reader = Opened(from);
  std::optional<SnapshotReader> before_reader;
  if (!before.empty()) before_reader = Opened(before);
  const auto done = ImportSeries(from_reader, before_reader ? &*before_reader : nullptr,
                                 {.created_ms = kWritten, .version = "1"}, [&](std::string_view bytes) {
                                   out += bytes;
                                   return absl::OkStatus();
                                 });
  EXPECT_TRUE(done.ok()) << done.status().message();
  report = *done;
  return out;
}

std::vector<std::pair<std::string, uint8_t>> FamiliesIn(const std::string& snapshot) {
  std::vector<std::pair<std::string, uint8_t>> families;
  const SnapshotReader reader = Opened(snapshot);
  SnapshotReader::Buffer buffer;
  for (const BlockPlace& block : reader.blocks()) {
    if (block.header.kind != BlockKind::kFamilies || !reader.Read(block, buffer).ok()) continue;
    RecordWalk walk(buffer.raw.view());
    StoredFamily family;
    for (std::string_view record; walk.Next(record) && ReadFamily(record, family);)
      families.emplace_back(family.name, family.type);
  }
  return families;
}

TEST(Export, TheSameSeriesGiveTheSameBytesInWhateverOrderTheyStand) {
  std::vector<std::string> records;
  for (int i = 0; i < 500; i++) records.push_back(Record("a", i));
  TransferReport report;
  const std::string first = Exported(SnapshotOf({records}, {{"b", 2}, {"a", 1}}, 111), {}, report);
  EXPECT_EQ(report.series, 500);
  std::reverse(records.begin(), records.end());
  const std::vector<std::string> front(records.begin(), records.begin() + 100),
      back(records.begin() + 100, records.end());
  EXPECT_EQ(Exported(SnapshotOf({front, back}, {{"a", 1}, {"b", 2}}, 222), {}, report), first);
  EXPECT_EQ(StatesIn(first).size(), 500);
}

TEST(Export, TakesWhatIsSelectedWithItsFamilies) {
  const std::string all = SnapshotOf({{Record("a_total", 1), Record("a_total", 2, 9), Record("b", 1, 20)}},
                                     {{"a", 1}, {"b", 2}, {"bc", 2}, {"unused", 3}});
  TransferReport report;
  const std::string some = Exported(all, {R"({i="2"})"}, report);
  EXPECT_EQ(report.series, 1);
  EXPECT_EQ(report.seen, 3);
  EXPECT_THAT(StatesIn(some), ElementsAre(Pair(R"(a_total{i="2"})", "state2")));
  EXPECT_THAT(FamiliesIn(some), ElementsAre(Pair("a", 1)));
  EXPECT_EQ(Opened(some).header().created_ms, 9) << "the newest sample's time";
  EXPECT_EQ(StatesIn(Exported(all, {"a_total", "b"}, report)).size(), 3);
  EXPECT_EQ(StatesIn(Exported(all, {"none"}, report)).size(), 0);
}

TEST(Import, IntoNothingGivesWhatWasExported) {
  const std::string from = SnapshotOf({{Record("a", 1), Record("a", 2)}}, {{"a", 1}});
  TransferReport report;
  const std::string into = Imported(from, "", report);
  EXPECT_EQ(StatesIn(into), StatesIn(from));
  EXPECT_EQ(FamiliesIn(into), FamiliesIn(from));
  EXPECT_EQ(report.total, 2);
  EXPECT_EQ(report.replaced, 0);
}

TEST(Import, ReplacesEqualSeriesAndLeavesTheOthers) {
  const std::string before = SnapshotOf({{Record("a", 1, 5, "old"), Record("a", 3, 5, "old")}}, {{"a", 1}, {"x", 1}});
  const std::string from = SnapshotOf({{Record("a", 1, 5, "new"), Record("a", 2, 5, "new")}}, {{"a", 2}});
  TransferReport report;
  const std::string into = Imported(from, before, report);
  EXPECT_THAT(StatesIn(into),
              ElementsAre(Pair(R"(a{i="1"})", "new1"), Pair(R"(a{i="2"})", "new2"), Pair(R"(a{i="3"})", "old3")));
  EXPECT_THAT(FamiliesIn(into), ElementsAre(Pair("a", 2), Pair("x", 1)));
  EXPECT_EQ(report.total, 3);
  EXPECT_EQ(report.series, 2);
  EXPECT_EQ(report.replaced, 1);
}

}  // namespace
}  // namespace promcast::testing
