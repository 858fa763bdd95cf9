#include "backtest/panel.h"

#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "backtest/csv_records.h"

namespace promcast {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t kFarthestMs = 253'402'300'799'999;  // the end of the year 9999
constexpr size_t kShownBytes = 40;

std::string_view Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") + 1 - first);
}

std::string Shown(std::string_view text) {
  return text.size() <= kShownBytes ? std::string(text) : fmt::format("{}...", text.substr(0, kShownBytes));
}

absl::Status ReadHeader(CsvRecords& records, Panel& panel) {
  const auto found = records.Next();
  if (!found.ok()) return found.status();
  if (!*found) return records.Error("the file is empty; expected a header `timestamp_ms,<series>...`");
  const auto cells = records.cells();
  if (Trimmed(cells[0]) != "timestamp_ms") {
    return records.Error(fmt::format("the first column is `{}`; expected `timestamp_ms`", Shown(cells[0])));
  }
  if (cells.size() < 2) return records.Error("the header names no series");
  panel.names.assign(cells.begin() + 1, cells.end());
  std::set<std::string_view> seen;
  for (const std::string& name : panel.names) {
    if (!seen.insert(name).second) return records.Error(fmt::format("the series `{}` stands twice", Shown(name)));
  }
  panel.values.resize(panel.names.size());
  return absl::OkStatus();
}

absl::StatusOr<int64_t> Timestamp(const CsvRecords& records) {
  const std::string_view cell = Trimmed(records.cells()[0]);
  int64_t time_ms = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), time_ms);
  if (error != std::errc() || end != cell.data() + cell.size()) {
    return records.Error(fmt::format("`{}` is no timestamp in whole milliseconds", Shown(cell)));
  }
  if (time_ms > kFarthestMs || time_ms < -kFarthestMs) {
    return records.Error(fmt::format("the timestamp {} is out of range; milliseconds are expected", time_ms));
  }
  return time_ms;
}

/// Counts a row that does not come after the one before. False when it is to be left out.
bool CountOrder(int64_t time_ms, int64_t line, Panel& panel) {
  if (panel.times_ms.empty() || time_ms > panel.times_ms.back()) return true;
  const bool repeats = time_ms == panel.times_ms.back();
  (repeats ? panel.repeating_rows : panel.backward_rows)++;
  if (panel.first_odd_line == 0) panel.first_odd_line = line;
  return repeats;
}

absl::Status ReadRow(const CsvRecords& records, Panel& panel) {
  const auto cells = records.cells();
  if (cells.size() != panel.names.size() + 1) {
    return records.Error(
        fmt::format("{} cells where the header has {}; is the file cut off?", cells.size(), panel.names.size() + 1));
  }
  const auto time_ms = Timestamp(records);
  if (!time_ms.ok()) return time_ms.status();
  if (!CountOrder(*time_ms, records.line(), panel)) return absl::OkStatus();
  panel.times_ms.push_back(*time_ms);
  for (size_t i = 0; i < panel.names.size(); i++) {
    double value = kMissing;
    if (!ParseCell(cells[i + 1], value)) {
      return records.Error(fmt::format("`{}` is no number (series `{}`)", Shown(cells[i + 1]), Shown(panel.names[i])));
    }
    panel.values[i].push_back(value);
  }
  return absl::OkStatus();
}

}  // namespace

bool ParseCell(std::string_view cell, double& value) {
  cell = Trimmed(cell);
  value = kMissing;
  if (cell.empty()) return true;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  // What from_chars leaves out: a plus sign, and values beyond the range of a double.
  if (error != std::errc() && !absl::SimpleAtod({cell.data(), cell.size()}, &value)) return false;
  if (error == std::errc() && end != cell.data() + cell.size()) return false;
  if (!std::isfinite(value)) value = kMissing;
  return true;
}

absl::StatusOr<Panel> ReadPanel(ByteSource source, const std::string& path, size_t max_cells) {
  Panel panel;
  panel.path = path;
  CsvRecords records(std::move(source), path);
  if (absl::Status status = ReadHeader(records, panel); !status.ok()) return status;
  while (true) {
    const auto found = records.Next();
    if (!found.ok()) return found.status();
    if (!*found) return panel;
    if ((panel.times_ms.size() + 1) * (panel.names.size() + 1) > max_cells) {
      return records.Error(fmt::format("more than {} cells; split the panel", max_cells));
    }
    if (absl::Status status = ReadRow(records, panel); !status.ok()) return status;
  }
}

absl::StatusOr<Panel> ReadPanelFile(const std::string& path, size_t max_cells) {
  auto source = OpenBytes(path);
  if (!source.ok()) return source.status();
  return ReadPanel(*std::move(source), path, max_cells);
}

Samples SamplesOf(const Panel& panel, size_t series) {
  Samples samples;
  const std::vector<double>& values = panel.values[series];
  for (size_t i = 0; i < values.size(); i++) {
    if (std::isnan(values[i])) continue;
    samples.times_ms.push_back(panel.times_ms[i]);
    samples.values.push_back(values[i]);
  }
  return samples;
}

}  // namespace promcast
