#include "backtest/panel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

namespace promcast {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsNan;
using testing::StartsWith;

constexpr char kPanel[] =
    "timestamp_ms,cpu,\"up{job=\"\"a\"\",instance=\"\"b\"\"}\"\r\n"
    "1000,0.1,\r\n"
    "2000,NaN,-2e3\r\n"
    "4000, +3 ,inf\r\n";

absl::StatusOr<Panel> Read(std::string_view text, size_t max_cells = kMaxPanelCells) {
  return ReadPanel(BytesOf(text), "p.csv", max_cells);
}

std::string Gzip(const std::string& text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

/// A file that goes with the test.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view bytes, const std::string& ending = ".csv.gz")
      : path_(testing::TempDir() + "panel_test_" + std::to_string(getpid()) + ending) {
    std::ofstream(path_, std::ios::binary) << bytes;
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST(Panel, HoldsNamesTimesAndValues) {
  const auto panel = Read(kPanel);
  ASSERT_TRUE(panel.ok()) << panel.status();
  EXPECT_THAT(panel->names, ElementsAre("cpu", "up{job=\"a\",instance=\"b\"}"));
  EXPECT_THAT(panel->times_ms, ElementsAre(1000, 2000, 4000));
  EXPECT_THAT(panel->values[0], ElementsAre(.1, IsNan(), 3));
  EXPECT_THAT(panel->values[1], ElementsAre(IsNan(), -2000, IsNan()));
}

TEST(Panel, SamplesLeaveOutWhatIsMissing) {
  const auto panel = Read(kPanel);
  ASSERT_TRUE(panel.ok());
  EXPECT_THAT(SamplesOf(*panel, 0).times_ms, ElementsAre(1000, 4000));
  EXPECT_THAT(SamplesOf(*panel, 0).values, ElementsAre(.1, 3));
  EXPECT_THAT(SamplesOf(*panel, 1).values, ElementsAre(-2000));
}

TEST(Panel, EveryErrorNamesFileLineAndProblem) {
  const struct {
    const char* text;
    const char* message;
  } cases[] = {
      {"", "p.csv:1: the file is empty"},
      {"\n\n", "p.csv:"},
      {"time,a\n", "p.csv:1: the first column is `time`; expected `timestamp_ms`"},
      {"timestamp_ms\n", "p.csv:1: the header names no series"},
      {"timestamp_ms,a,b,a\n", "p.csv:1: the series `a` stands twice"},
      {"timestamp_ms,a\n1,2\n2\n", "p.csv:3: 1 cells where the header has 2"},
      {"timestamp_ms,a\n1,2,3\n", "p.csv:2: 3 cells where the header has 2"},
      {"timestamp_ms,a\n\n1,2\n\n2\n", "p.csv:5: 1 cells where the header has 2"},
      {"timestamp_ms,a\nx,2\n", "p.csv:2: `x` is no timestamp"},
      {"timestamp_ms,a\n1.5,2\n", "p.csv:2: `1.5` is no timestamp"},
      {"timestamp_ms,a\n,2\n", "p.csv:2: `` is no timestamp"},
      {"timestamp_ms,a\n99999999999999999999,2\n", "p.csv:2: `99999999999999999999` is no timestamp"},
      {"timestamp_ms,a\n999999999999999,2\n", "p.csv:2: the timestamp 999999999999999 is out of range"},
      {"timestamp_ms,a\n1,2x\n", "p.csv:2: `2x` is no number (series `a`)"},
      {"timestamp_ms,a\n1,0x10\n", "p.csv:2: `0x10` is no number"},
      {"timestamp_ms,a\n1,--2\n", "p.csv:2: `--2` is no number"},
      {"timestamp_ms,a\n1,1 2\n", "p.csv:2: `1 2` is no number"},
  };
  for (const auto& [text, message] : cases) {
    const auto panel = Read(text);
    ASSERT_FALSE(panel.ok()) << text;
    EXPECT_THAT(std::string(panel.status().message()), StartsWith(message)) << text;
  }
}

TEST(Panel, RowsOutOfOrderAreCountedAndThoseThatGoBackLeftOut) {
  const auto panel = Read("timestamp_ms,a\n1,1\n5,2\n5,3\n4,4\n5,5\n6,6\n");
  ASSERT_TRUE(panel.ok()) << panel.status();
  EXPECT_THAT(panel->times_ms, ElementsAre(1, 5, 5, 5, 6));
  EXPECT_THAT(panel->values[0], ElementsAre(1, 2, 3, 5, 6));
  EXPECT_EQ(panel->repeating_rows, 2);
  EXPECT_EQ(panel->backward_rows, 1);
  EXPECT_EQ(panel->first_odd_line, 4);
  EXPECT_EQ(Read("timestamp_ms,a\n1,1\n5,2\n")->first_odd_line, 0);
}

TEST(Panel, MoreCellsThanAllowedAreRefused) {
  EXPECT_TRUE(Read("timestamp_ms,a\n1,2\n2,2\n", 4).ok());
  EXPECT_THAT(Read("timestamp_ms,a\n1,2\n2,2\n3,2\n", 4).status().message(), HasSubstr("p.csv:4: more than 4 cells"));
}

TEST(Panel, NumbersAreReadToTheLastBit) {
  double value = 0;
  for (const double exact : {.1, 1. / 3, 5e-324, 1.7976931348623157e308, -0.0, 123456789.123456789}) {
    char text[64];
    std::snprintf(text, sizeof text, "%.17g", exact);
    ASSERT_TRUE(ParseCell(text, value)) << text;
    EXPECT_EQ(value, exact);
  }
  for (const char* missing : {"", " ", "NaN", "nan", "inf", "-Inf", "1e999"}) {
    ASSERT_TRUE(ParseCell(missing, value)) << missing;
    EXPECT_TRUE(std::isnan(value)) << missing;
  }
  ASSERT_TRUE(ParseCell("1e-999", value));
  EXPECT_EQ(value, 0);
}

TEST(Panel, EveryTruncationIsReadOrRefused) {
  const std::string text = kPanel;
  for (size_t length = 0; length < text.size(); length++) {
    const auto panel = Read(text.substr(0, length));
    if (!panel.ok()) {
      EXPECT_THAT(std::string(panel.status().message()), StartsWith("p.csv:")) << length;
    } else {
      EXPECT_LE(panel->times_ms.size(), 3U) << length;
    }
  }
}

TEST(PanelFile, GzipIsInflatedWhateverTheName) {
  for (const char* ending : {".csv.gz", ".csv"}) {
    const TemporaryFile file(Gzip(kPanel), ending);
    const auto panel = ReadPanelFile(file.path());
    ASSERT_TRUE(panel.ok()) << panel.status();
    EXPECT_THAT(panel->times_ms, ElementsAre(1000, 2000, 4000));
  }
}

TEST(PanelFile, EveryTruncationOfGzipIsAnErrorThatNamesTheFile) {
  const std::string whole = Gzip(kPanel);
  for (size_t length = 0; length < whole.size(); length++) {
    const TemporaryFile file(std::string_view(whole).substr(0, length));
    const auto panel = ReadPanelFile(file.path());
    ASSERT_FALSE(panel.ok()) << length;
    EXPECT_THAT(std::string(panel.status().message()), StartsWith(file.path())) << length;
  }
}

TEST(PanelFile, WhatInflatesWithoutEndIsRefused) {
  std::string rows = "timestamp_ms,a\n";
  for (int i = 0; i < 100'000; i++) rows += std::to_string(i) + ",\n";
  const TemporaryFile file(Gzip(rows));
  EXPECT_THAT(ReadPanelFile(file.path(), 1000).status().message(), HasSubstr("more than 1000 cells"));
}

TEST(PanelFile, WhatCannotBeReadSaysWhy) {
  const auto missing = ReadPanelFile("no/such/file.csv");
  EXPECT_THAT(missing.status().message(), HasSubstr("no/such/file.csv: cannot be read: No such file"));
  EXPECT_THAT(ReadPanelFile(testing::TempDir()).status().message(), HasSubstr("it is a directory"));
}

}  // namespace
}  // namespace promcast
