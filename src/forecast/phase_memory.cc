#include "forecast/phase_memory.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "archive/archive.h"

namespace promcast {
namespace {
// Codes that the known values take at first: of the 65535 or 255, the rest is room before the next recoding.
template <class Cell>
constexpr double kSpan = sizeof(Cell) == 1 ? 230 : 48'000;
constexpr double kFarthest = 4;          // ranges beyond the known values
constexpr double kLargestValue = 1e300;  // of a phase, so that ranges are finite

struct Weighted {
  double sum = 0, weights = 0;

  void Add(double value, double weight) {
    sum += weight * value;
    weights += weight;
  }
  double Mean() const { return weights > 0 ? sum / weights : std::numeric_limits<double>::quiet_NaN(); }
};

}  // namespace

template <class Cell>
void PhaseMemory<Cell>::Clear() {
  std::fill(cells_.begin(), cells_.end(), kUnknown);
  unknown_ = static_cast<uint16_t>(cells_.size());
}

template <class Cell>
double PhaseMemory<Cell>::Get(int phase) const {
  const Cell cell = cells_[phase];
  return cell == kUnknown ? std::numeric_limits<double>::quiet_NaN() : unit_.base + unit_.size * cell;
}

template <class Cell>
void PhaseMemory<Cell>::Set(int phase, double value, uint32_t turn) {
  value = std::clamp(value, -kLargestValue, kLargestValue);
  if (empty()) unit_.base = value;
  double code = unit_.size > 0 ? (value - unit_.base) / unit_.size : 0;
  if (std::abs(code) > kLargest || (unit_.size == 0 && value != unit_.base)) {
    Range range = Known();
    const double reach = kFarthest * (range.high - range.low);
    if (reach > 0) value = std::clamp(value, range.low - reach, range.high + reach);
    Recode(Grown(range, value));
    code = unit_.size > 0 ? (value - unit_.base) / unit_.size : 0;
  }
  unknown_ -= cells_[phase] == kUnknown;
  cells_[phase] = Rounded(code, value, turn);
}

/// A range with room for the value. While phases are still met for the first time new extremes are the rule: where 16
/// bits tell enough there is room for some of these too.
template <class Cell>
typename PhaseMemory<Cell>::Range PhaseMemory<Cell>::Grown(Range range, double value) const {
  Range grown{std::min(range.low, value), std::max(range.high, value)};
  if (sizeof(Cell) == 1 || unknown_ == 0) return grown;
  const double room = (grown.high - grown.low) / 2;
  (value < range.low ? grown.low : grown.high) += value < range.low ? -room : room;
  return grown;
}

template <class Cell>
Cell PhaseMemory<Cell>::Rounded(double code, double value, uint32_t turn) {
  if (sizeof(Cell) > 1) return static_cast<Cell>(std::lrint(code));
  constexpr uint64_t kGolden = 0x9E3779B97F4A7C15;  // spreads the value's bits
  const uint64_t bits = std::bit_cast<uint64_t>(value) + turn * kGolden;
  const auto chance = static_cast<double>((bits ^ bits >> 32) * kGolden >> 11) * 0x1p-53;
  return static_cast<Cell>(std::floor(code + chance));
}

template <class Cell>
PhaseReading PhaseMemory<Cell>::Around(int phase, double part, int width) const {
  int at = phase - width;
  while (at < 0) at += phases();
  if (unknown_ == 0 && at + 2 * width + 1 < phases()) {
    const Cell* cell = cells_.data() + at;
    int inner = 0;
    for (int i = 1; i <= 2 * width; i++) inner += cell[i];
    const double ends = (1 - part) * cell[0] + part * cell[2 * width + 1];
    const double sharp = (1 - part) * cell[width] + part * cell[width + 1];
    return {unit_.base + unit_.size * sharp, unit_.base + unit_.size * ((inner + ends) / (2 * width + 1))};
  }
  Weighted sharp;
  Weighted smooth;
  for (int i = -width; i <= width + 1; i++) {
    const Cell cell = cells_[at];
    if (++at == phases()) at = 0;
    if (cell == kUnknown) continue;
    if (i == 0) sharp.Add(cell, 1 - part);
    if (i == 1) sharp.Add(cell, part);
    smooth.Add(cell, i == -width ? 1 - part : i == width + 1 ? part : 1);
  }
  return {unit_.base + unit_.size * sharp.Mean(), unit_.base + unit_.size * smooth.Mean()};
}

template <class Cell>
void PhaseMemory<Cell>::Fit() {
  if (empty() || unit_.size == 0) return;
  const Range range = Known();
  if (range.high - range.low < unit_.size * kSpan<Cell> / 2) Recode(range);
}

template <class Cell>
typename PhaseMemory<Cell>::Range PhaseMemory<Cell>::Known() const {
  // Without a branch, so that it becomes vector code.
  Cell low = kLargest;
  Cell high = kUnknown;
  for (const Cell cell : cells_) {
    const Cell known = cell == kUnknown ? kLargest : cell;
    low = known < low ? known : low;
    high = cell > high ? cell : high;
  }
  if (low > high) return {unit_.base, unit_.base};
  return {unit_.base + unit_.size * low, unit_.base + unit_.size * high};
}

// Without a branch, so that it becomes vector code.
template <class Cell>
template <size_t count>
bool PhaseMemory<Cell>::AllUnknown(std::span<const Cell, count> cells) {
  Cell known_bits = 0;
  for (const Cell cell : cells) known_bits |= cell ^ kUnknown;
  return known_bits == 0;
}

template <class Cell>
void PhaseMemory<Cell>::Recode(Range range) {
  const double base = range.low / 2 + range.high / 2;
  const double unit = (range.high - range.low) / kSpan<Cell>;
  const auto shift = static_cast<float>(unit > 0 ? (unit_.base - base) / unit : 0);
  const auto ratio = static_cast<float>(unit > 0 ? unit_.size / unit : 0);
  constexpr float kMost = kLargest;
  const auto recode = [&](std::span<Cell> run) {
    for (Cell& cell : run) {
      const float code = shift + ratio * static_cast<float>(cell);
      const float bounded = code < -kMost ? -kMost : (code > kMost ? kMost : code);
      const auto rounded = static_cast<int>(bounded + (bounded < 0 ? -.5F : .5F));
      cell = cell == kUnknown ? kUnknown : static_cast<Cell>(rounded);
    }
  };
  // Phases are met in their order, so a season that is still under way has long runs of unknown ones.
  constexpr size_t kRun = 16;
  std::span<Cell> rest = cells_;
  for (; rest.size() >= kRun; rest = rest.subspan(kRun)) {
    const auto run = rest.template first<kRun>();
    if (!AllUnknown<kRun>(run)) recode(run);
  }
  recode(rest);
  unit_.base = base;
  unit_.size = unit;
}

template <class Cell>
template <class Archive>
void PhaseMemory<Cell>::Persist(Archive& archive) {
  auto& [unit, unknown, cells] = *this;
  bool holds_any = !empty();
  archive(unit.base, unit.size, holds_any);
  archive.Require(std::isfinite(unit.base) && std::isfinite(unit.size) && unit.size >= 0,
                  "the unit of a season's shape");
  if (!holds_any) return;
  archive.Block(cells);
  unknown = static_cast<uint16_t>(std::count(cells.begin(), cells.end(), kUnknown));
  archive.Require(unknown < cells.size(), "a season's shape without a phase");
}
template class PhaseMemory<int8_t>;
template class PhaseMemory<int16_t>;
template void PhaseMemory<int8_t>::Persist(ArchiveWriter&);
template void PhaseMemory<int8_t>::Persist(ArchiveReader&);
template void PhaseMemory<int16_t>::Persist(ArchiveWriter&);
template void PhaseMemory<int16_t>::Persist(ArchiveReader&);

}  // namespace promcast
