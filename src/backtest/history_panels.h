#pragma once

#include <absl/status/statusor.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backtest/panel.h"
#include "remote_read/history.h"
#include "timeseries/selector.h"

namespace promcast {

/// Lays samples on the grids that serving would lay them on: series by series the step that its first samples show, or
/// the one that is given; of counters the increase per second; in each cell the newest sample. Not thread-safe.
class PanelBuilder {
 public:
  explicit PanelBuilder(std::optional<int64_t> step_ms, size_t max_cells = kMaxPanelCells);
  ~PanelBuilder();

  /// Samples that are not newer than those before of their series are left out. InvalidArgument when there are more
  /// than `max_cells` cells.
  absl::Status Add(const HistoryPiece& piece);
  /// One panel for each step, series in order of their names. Series of fewer than six samples have none, unless the
  /// step was given.
  std::vector<Panel> Take();

 private:
  struct Series;
  absl::Status AddSample(Series& series, Sample sample);

  const std::optional<int64_t> step_ms_;
  const size_t max_cells_;
  size_t cells_ = 0;
  std::map<std::string, std::unique_ptr<Series>> series_;
};

struct HistoryRange {
  int64_t from_ms = 0, to_ms = 0;  ///< to_ms not included
};

/// Reads the series that `selector` selects, promcast's own left out, tries again for some minutes while the store is
/// not available, and lays them on panels. `progress` is told how many seconds of how many have been read.
absl::StatusOr<std::vector<Panel>> ReadHistoryPanels(HistoryReader& reader, const Selector& selector,
                                                     const HistoryRange& range, std::optional<int64_t> step_ms,
                                                     const std::function<void(size_t, size_t)>& progress);

}  // namespace promcast
