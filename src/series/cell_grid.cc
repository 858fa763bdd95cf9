#include "series/cell_grid.h"

#include <algorithm>
#include <cmath>

namespace promcast {
namespace {

constexpr int64_t kMaxInt64 = std::numeric_limits<int64_t>::max();

/// a - b, where a >= b.
uint64_t Distance(int64_t a, int64_t b) {
  return static_cast<uint64_t>(a) - static_cast<uint64_t>(b);
}

}  // namespace

CellGrid::CellGrid(int64_t step_ms, CellReading reading)
    : step_ms_(static_cast<uint32_t>(std::clamp<int64_t>(step_ms, 1, std::numeric_limits<uint32_t>::max()))),
      reading_(reading) {}

bool CellGrid::CheckTime(Sample sample, int64_t now_ms, const GridLimits& limits, GridEvents& events,
                         SampleOutcome& outcome) {
  const int64_t timestamp_ms = sample.timestamp_ms;
  if (timestamp_ms > now_ms && Distance(timestamp_ms, now_ms) > static_cast<uint64_t>(limits.max_ahead_ms)) {
    outcome = SampleOutcome::kTooFarAhead;
    return false;
  }
  if (has_newest_ && timestamp_ms == newest_ms_) {
    outcome = SampleOutcome::kDuplicate;
    return false;
  }
  if (has_newest_ && timestamp_ms < newest_ms_) {
    if (!SourceWentBack(timestamp_ms, now_ms, limits)) {
      outcome = SampleOutcome::kOutOfOrder;
      return false;
    }
    Restart();
    events.clock_jump = true;
  }
  backwards_samples_ = 0;
  return true;
}

bool CellGrid::SourceWentBack(int64_t timestamp_ms, int64_t now_ms, const GridLimits& limits) {
  const auto timestamp = static_cast<uint32_t>(timestamp_ms);
  const auto now = static_cast<uint32_t>(now_ms);
  const bool rising = backwards_samples_ > 0 && static_cast<int32_t>(timestamp - backwards_ms_) > 0;
  if (!rising) {
    backwards_samples_ = 0;
    backwards_since_ms_ = now;
  }
  if (backwards_samples_ < std::numeric_limits<uint8_t>::max()) backwards_samples_++;
  backwards_ms_ = timestamp;
  return backwards_samples_ >= limits.accept_backwards_after && now - backwards_since_ms_ >= limits.accept_backwards_ms;
}

uint32_t CellGrid::IntoCell(int64_t timestamp_ms) const {
  const int64_t step = step_ms_;
  const int64_t rest = timestamp_ms % step;
  return static_cast<uint32_t>(rest < 0 ? rest + step : rest);
}

int64_t CellGrid::CellStart(int64_t timestamp_ms) const {
  int64_t start = 0;
  return __builtin_sub_overflow(timestamp_ms, int64_t{IntoCell(timestamp_ms)}, &start)
             ? std::numeric_limits<int64_t>::min()
             : start;
}

bool CellGrid::LiesBeyond(int64_t timestamp_ms) const {
  if (!has_newest_) return false;
  const uint32_t into_cell = IntoCell(newest_ms_);
  return timestamp_ms >= newest_ms_ ? Distance(timestamp_ms, newest_ms_) >= step_ms_ - into_cell
                                    : Distance(newest_ms_, timestamp_ms) > into_cell;
}

CellGrid::Gap CellGrid::GapBefore(int64_t timestamp_ms, const GridLimits& limits) const {
  const uint64_t distance_ms = Distance(CellStart(timestamp_ms), CellStart(newest_ms_));
  const uint64_t cells = std::max<uint64_t>(distance_ms / step_ms_, 1) - 1;
  Gap gap;
  gap.empty_cells = static_cast<int64_t>(std::min<uint64_t>(cells, kMaxInt64));
  gap.by_cell = gap.empty_cells <= limits.max_gap_cells;
  gap.clock_jump = !gap.by_cell && distance_ms > static_cast<uint64_t>(limits.clock_jump_ms);
  return gap;
}

double CellGrid::TakeCell() {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  if (!cell_has_value_) return kNone;
  cell_has_value_ = false;
  if (reading_ == CellReading::kLast) return last_value_;
  const double elapsed_seconds = (static_cast<double>(newest_finite_ms_) - static_cast<double>(base_ms_)) / 1000;
  const double rate = has_base_ && elapsed_seconds > 0 ? increase_ / elapsed_seconds : kNone;
  has_base_ = true;
  base_ms_ = newest_finite_ms_;
  increase_ = 0;
  return std::isfinite(rate) ? rate : kNone;
}

void CellGrid::ChangeSource() {
  if (reading_ == CellReading::kLast) return;
  cell_has_value_ = has_base_ = false;
  last_value_ = std::numeric_limits<double>::quiet_NaN();
  increase_ = 0;
}

void CellGrid::Restart() {
  *this = CellGrid(step_ms_, reading_);
}

SampleOutcome CellGrid::Place(Sample sample, GridEvents& events) {
  has_newest_ = true;
  newest_ms_ = sample.timestamp_ms;
  if (IsStaleMarker(sample.value)) return SampleOutcome::kStaleMarker;
  if (!std::isfinite(sample.value)) return SampleOutcome::kNotANumber;
  if (reading_ == CellReading::kRate && !std::isnan(last_value_)) {
    const bool reset = sample.value < last_value_;
    events.counter_reset = events.counter_reset || reset;
    increase_ += reset ? sample.value : sample.value - last_value_;
  }
  last_value_ = sample.value;
  newest_finite_ms_ = sample.timestamp_ms;
  cell_has_value_ = true;
  return SampleOutcome::kApplied;
}

template <class Archive>
void CellGrid::Persist(Archive& archive) {
  auto& [own_step_ms, own_reading, has_newest, cell_has_value, has_base, has_closed, backwards_samples, backwards_ms,
         backwards_since_ms, newest_ms, newest_finite_ms, last_value, increase, base_ms] = *this;
  uint32_t step_ms = own_step_ms;
  auto reading = static_cast<uint8_t>(own_reading);
  std::array<uint8_t, 4> flags = {has_newest, cell_has_value, has_base, has_closed};
  archive(step_ms, reading, flags, backwards_samples, backwards_ms, backwards_since_ms);
  archive(newest_ms, newest_finite_ms, last_value, increase, base_ms);
  archive.Require(step_ms == own_step_ms && reading == static_cast<uint8_t>(own_reading), "the grid's step or reading");
  archive.Require(*std::max_element(flags.begin(), flags.end()) <= 1, "the grid's open cell");
  archive.Require(backwards_samples > 0 || (backwards_ms == 0 && backwards_since_ms == 0),
                  "the signs of a clock set back");
  has_newest = flags[0] & 1, cell_has_value = flags[1] & 1, has_base = flags[2] & 1, has_closed = flags[3] & 1;
}

void CellGrid::Save(ArchiveWriter& archive) const {
  CellGrid saved(*this);
  if (saved.backwards_samples_ == 0) saved.backwards_ms_ = saved.backwards_since_ms_ = 0;  // they mean nothing then
  saved.Persist(archive);
}

void CellGrid::Load(ArchiveReader& archive) {
  Persist(archive);
  if (!archive.ok()) Restart();
}

}  // namespace promcast
