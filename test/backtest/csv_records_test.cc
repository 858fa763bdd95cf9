#include "backtest/csv_records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace promcast {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using Rows = std::vector<std::vector<std::string>>;

/// All records of `text`, which comes in pieces of `piece_bytes`.
absl::StatusOr<Rows> RowsOf(std::string_view text, size_t piece_bytes = 1 << 20) {
  const ByteSource whole = BytesOf(text);
  CsvRecords records([&](std::span<char> out) { return whole(out.first(std::min(out.size(), piece_bytes))); }, "t.csv");
  Rows rows;
  while (true) {
    const auto found = records.Next();
    if (!found.ok()) return found.status();
    if (!*found) return rows;
    rows.emplace_back(records.cells().begin(), records.cells().end());
  }
}

TEST(CsvRecords, CellsAreReadAsPythonsCsvModuleReadsThem) {
  const struct {
    const char* text;
    Rows rows;
  } cases[] = {
      {"", {}},
      {"a", {{"a"}}},
      {"a,b\nc,d\n", {{"a", "b"}, {"c", "d"}}},
      {",\n", {{"", ""}}},
      {"a,", {{"a", ""}}},
      {"\"\"\n", {{""}}},
      {"\"a,b\",c", {{"a,b", "c"}}},
      {"\"say \"\"x\"\"\",c", {{"say \"x\"", "c"}}},
      {"\"two\nlines\",c", {{"two\nlines", "c"}}},
      {"a\"b,c", {{"a\"b", "c"}}},
      {"\"a\"b,c", {{"ab", "c"}}},
      {"\"a\"b\"\",c", {{"ab\"\"", "c"}}},
      {"a\r\nb\r\n", {{"a"}, {"b"}}},
      {"a\rb", {{"a"}, {"b"}}},
      {"\n\na\n\r\n\nb", {{"a"}, {"b"}}},
      {" a , b", {{" a ", " b"}}},
      {"\xEF\xBB\xBF\"a\",b", {{"a", "b"}}},
  };
  for (const auto& [text, rows] : cases) {
    for (const size_t piece_bytes : {size_t{3}, size_t{1000}}) {
      const auto read = RowsOf(text, piece_bytes);
      ASSERT_TRUE(read.ok()) << text;
      EXPECT_EQ(*read, rows) << text;
    }
  }
}

TEST(CsvRecords, ALineNumberIsThatOfTheRecordsFirstLine) {
  CsvRecords records(BytesOf("a\r\n\r\n\"b\nb\"\nc\n"), "t.csv");
  std::vector<int64_t> lines;
  while (*records.Next()) lines.push_back(records.line());
  EXPECT_THAT(lines, ElementsAre(1, 3, 5));
}

TEST(CsvRecords, AQuoteThatIsNeverClosedIsAnErrorThatNamesItsLine) {
  EXPECT_THAT(RowsOf("a\nb,\"c\nd\n").status().message(), HasSubstr("t.csv:2: the file ends inside a quoted cell"));
}

TEST(CsvRecords, ARecordWithoutEndIsRefusedBeforeItFillsTheMemory) {
  for (const char byte : {'x', ','}) {
    size_t given = 0;
    CsvRecords records(
        [&](std::span<char> out) -> absl::StatusOr<size_t> {
          std::fill(out.begin(), out.end(), byte);
          given += out.size();
          return out.size();
        },
        "t.csv");
    EXPECT_THAT(records.Next().status().message(), HasSubstr("t.csv:1: a record of more than 16 MiB"));
    EXPECT_LT(given, CsvRecords::kMaxRecordBytes + (1 << 20));
  }
}

TEST(CsvCell, WhatIsWrittenIsReadBack) {
  for (const std::string text : {"plain", "a,b", "say \"x\"", "\"", "two\nlines", "up{job=\"a\",instance=\"b\"}"}) {
    EXPECT_EQ(*RowsOf(CsvCell(text) + "," + CsvCell(text) + "\n"), Rows({{text, text}}));
  }
}

}  // namespace
}  // namespace promcast
