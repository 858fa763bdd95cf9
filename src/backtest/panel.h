#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backtest/byte_source.h"

namespace promcast {

/// Series over the same timestamps.
struct Panel {
  std::string path;                         ///< where it came from
  std::vector<std::string> names;           ///< of the series, each once
  std::vector<int64_t> times_ms;            ///< ascending; of rows with the same one the last counts
  std::vector<std::vector<double>> values;  ///< [series][time]; NaN: missing; never infinite
  int64_t repeating_rows = 0;               ///< whose timestamp is that of the row before
  int64_t backward_rows = 0;                ///< left out, as their timestamp comes before one already read
  int64_t first_odd_line = 0;               ///< of these; 0: none
};

/// The samples of one series of a panel, without the missing ones.
struct Samples {
  std::vector<int64_t> times_ms;
  std::vector<double> values;
};

/// Cells of a panel at most, missing ones included: 1 GiB.
constexpr size_t kMaxPanelCells = size_t{1} << 27;

/// Reads `timestamp_ms,<series>...` and a row a timestamp. A cell that is empty, NaN or infinite is missing. A row
/// whose timestamp comes before one already read is left out, as serving ignores such samples, and counted. Errors name
/// file and line: a row with more or fewer cells than the header, what is not a number, timestamps outside of the years
/// -5000 to 9999, a name that stands twice, more than `max_cells` cells.
absl::StatusOr<Panel> ReadPanel(ByteSource source, const std::string& path, size_t max_cells = kMaxPanelCells);
/// As above, from a file, which may be gzip.
absl::StatusOr<Panel> ReadPanelFile(const std::string& path, size_t max_cells = kMaxPanelCells);

Samples SamplesOf(const Panel& panel, size_t series);

/// A number as cells hold it, surrounding blanks allowed; NaN for an empty cell, what is not finite included. False
/// when it is no number.
bool ParseCell(std::string_view cell, double& value);

}  // namespace promcast
