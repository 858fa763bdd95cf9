#pragma once

#include <cstdint>
#include <limits>

#include "archive/archive.h"
#include "timeseries/sample.h"

namespace promcast {

/// How samples become the value of a grid cell.
enum class CellReading : uint8_t {
  kLast,  ///< gauges: the newest sample of the cell
  kRate,  ///< counters: increase per second since the last cell's newest sample; a drop of the value is a reset
};

/// What became of a sample, each with a counter of its own.
enum class SampleOutcome : uint8_t {
  kApplied,
  kDuplicate,    ///< the newest timestamp again: ignored, so that a retried request is idempotent
  kOutOfOrder,   ///< older than the newest: ignored
  kNotANumber,   ///< NaN or infinite: time passes, nothing is learnt
  kStaleMarker,  ///< the series has ended
  kTooFarAhead,  ///< stamped further ahead of the clock than allowed: refused, as one such sample would block the
                 ///< series
};

/// What happened on the way, beside the outcome.
struct GridEvents {
  bool counter_reset = false;
  bool gap = false;         ///< at least one cell stayed empty
  bool clock_jump = false;  ///< a gap too long to fill cell by cell, or a clock that was set back
};

/// Where the rules for bad samples draw their lines.
struct GridLimits {
  int64_t max_ahead_ms = 600'000;      ///< as Prometheus's own receiver
  int64_t max_gap_cells = 500;         ///< empty cells in a row that are still closed one by one
  int64_t clock_jump_ms = 86'400'000;  ///< a gap with more empty cells than that, and longer than this, is a clock jump
  int accept_backwards_after = 5;  ///< 1 to 255 samples in a row from before the newest, each newer than the last one,
  int64_t accept_backwards_ms =
      60'000;  ///< that came over at least this long, mean that the source's clock was set back
};

/// Lays the samples of one series on a grid of cells `step_ms` wide: cell k holds the timestamps in [k * step, (k + 1)
/// * step), counted from the epoch, before it too. Not thread-safe. Every timestamp and every value is safe to pass.
///
/// Rules, in the order they are tried:
/// - more than max_ahead_ms ahead of the clock: kTooFarAhead, nothing else happens;
/// - the newest timestamp again: kDuplicate, whatever the value;
/// - older: kOutOfOrder. A source whose clock was set back would be refused until it has caught up, so after
///   accept_backwards_after such samples in a row with rising timestamps, which came over at least accept_backwards_ms
///   (a resent request comes at once), the grid starts anew with the last one: kApplied, clock_jump, no cell is closed;
/// - the stale marker: kStaleMarker; NaN, infinite: kNotANumber. Both close the cells before them and leave no value;
/// - else kApplied.
///
/// Cells before the first value are not closed at all. The first cell of a counter has no rate and so is not closed
/// either. After a gap a counter is rated over the whole elapsed time, as PromQL's increase() does, and the empty cells
/// are NaN; after a clock jump it starts again, and the cell after it is NaN. Increases before and after a reset add
/// up.
class CellGrid {
 public:
  /// `step_ms`: 1 to 2^32 - 1 (49 days); what lies outside is moved to the nearest of these.
  CellGrid(int64_t step_ms, CellReading reading);

  /// Adds a sample that came at `now_ms`. Calls `close(double value, int64_t skipped_cells)` in order of time for each
  /// cell that is complete because the sample lies in a later one: the value, or NaN for an empty cell, and 0. A row of
  /// more than max_gap_cells empty cells is one call with NaN and their number. Sets what happened in `events`, clears
  /// nothing.
  template <class Close>
  SampleOutcome Add(Sample sample, int64_t now_ms, const GridLimits& limits, GridEvents& events, Close&& close);

  /// What comes next is another source's: a counter starts again.
  void ChangeSource();
  /// Whether the timestamp lies in another cell than the open one.
  bool LiesBeyond(int64_t timestamp_ms) const;
  int64_t step_ms() const { return step_ms_; }
  CellReading reading() const { return reading_; }
  /// No sample has been applied yet; newest_ms() and closed_cell_end_ms() have no meaning.
  bool empty() const { return !has_newest_; }
  /// The newest timestamp, that of a NaN or stale marker included.
  int64_t newest_ms() const { return newest_ms_; }
  /// Where the newest closed cell ends and the open one begins: forecasts count from here.
  int64_t closed_cell_end_ms() const { return CellStart(newest_ms_); }
  /// The newest finite value as it came; NaN before the first.
  double last_value() const { return last_value_; }

  void Save(ArchiveWriter& archive) const;
  /// What Save wrote, into a grid of the same step and reading: of another one is a problem, and leaves the grid empty,
  /// as any other problem does.
  void Load(ArchiveReader& archive);

 private:
  struct Gap {
    int64_t empty_cells = 0;
    bool by_cell = true;
    bool clock_jump = false;
  };

  bool CheckTime(Sample sample, int64_t now_ms, const GridLimits& limits, GridEvents& events, SampleOutcome& outcome);
  bool SourceWentBack(int64_t timestamp_ms, int64_t now_ms, const GridLimits& limits);
  /// How far into its cell a timestamp lies.
  uint32_t IntoCell(int64_t timestamp_ms) const;
  int64_t CellStart(int64_t timestamp_ms) const;
  Gap GapBefore(int64_t timestamp_ms, const GridLimits& limits) const;
  /// The open cell's value, NaN when it has none; makes it ready for the next cell.
  double TakeCell();
  void Restart();
  template <class Archive>
  void Persist(Archive& archive);
  SampleOutcome Place(Sample sample, GridEvents& events);

  uint32_t step_ms_;
  CellReading reading_;
  bool has_newest_ : 1 = false;
  bool cell_has_value_ : 1 = false;  // a finite sample lies in the open cell
  bool has_base_ : 1 = false;        // kRate: a cell before the open one held a finite sample
  bool has_closed_ : 1 = false;      // a cell with a value was closed, so empty ones count from now on
  uint8_t backwards_samples_ = 0;    // out-of-order samples in a row, with
  uint32_t backwards_ms_ = 0;        // the last one's timestamp and
  uint32_t backwards_since_ms_ = 0;  // the clock at the first, both modulo 2^32
  int64_t newest_ms_ = 0;
  int64_t newest_finite_ms_ = 0;
  double last_value_ = std::numeric_limits<double>::quiet_NaN();
  double increase_ = 0;  // kRate: since the base
  int64_t base_ms_ = 0;  // kRate: the newest finite sample of an earlier cell
};

static_assert(sizeof(CellGrid) <= 56);

template <class Close>
SampleOutcome CellGrid::Add(Sample sample, int64_t now_ms, const GridLimits& limits, GridEvents& events,
                            Close&& close) {
  SampleOutcome outcome = SampleOutcome::kApplied;
  if (!CheckTime(sample, now_ms, limits, events, outcome)) return outcome;
  if (LiesBeyond(sample.timestamp_ms)) {
    const Gap gap = GapBefore(sample.timestamp_ms, limits);
    const bool was_empty = !cell_has_value_;
    const double value = TakeCell();
    has_closed_ = has_closed_ || !std::isnan(value);
    if (has_closed_) {
      constexpr double kEmpty = std::numeric_limits<double>::quiet_NaN();
      close(value, int64_t{0});
      events.gap = events.gap || was_empty || gap.empty_cells > 0;
      for (int64_t i = 0; gap.by_cell && i < gap.empty_cells; i++) close(kEmpty, int64_t{0});
      if (!gap.by_cell) close(kEmpty, gap.empty_cells);
    }
    if (gap.clock_jump) {
      events.clock_jump = true;
      has_base_ = false;
    }
  }
  return Place(sample, events);
}

}  // namespace promcast
