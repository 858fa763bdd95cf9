#include "forecast/phase_memory.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "archive/archive.h"

namespace promcast {
namespace {
constexpr double kSpan = 48'000;  // of the 65535 codes: the rest is room before the next recoding
constexpr double kFarthest = 4;   // ranges beyond the known values

struct Weighted {
  double sum = 0, weights = 0;

  void Add(double value, double weight) {
    sum += weight * value;
    weights += weight;
  }
  double Mean() const { return weights > 0 ? sum / weights : std::numeric_limits<double>::quiet_NaN(); }
};

}  // namespace

void PhaseMemory::Clear() {
  std::fill(cells_.begin(), cells_.end(), kUnknown);
  unknown_ = static_cast<uint16_t>(cells_.size());
}

double PhaseMemory::Get(int phase) const {
  const int16_t cell = cells_[phase];
  return cell == kUnknown ? std::numeric_limits<double>::quiet_NaN() : unit_.base + unit_.size * cell;
}

void PhaseMemory::Set(int phase, double value) {
  if (empty()) unit_.base = value;
  double code = unit_.size > 0 ? (value - unit_.base) / unit_.size : 0;
  if (std::abs(code) > INT16_MAX || (unit_.size == 0 && value != unit_.base)) {
    Range range = Known();
    const double reach = kFarthest * (range.high - range.low);
    if (reach > 0) value = std::clamp(value, range.low - reach, range.high + reach);
    Recode({std::min(range.low, value), std::max(range.high, value)});
    code = unit_.size > 0 ? (value - unit_.base) / unit_.size : 0;
  }
  unknown_ -= cells_[phase] == kUnknown;
  cells_[phase] = static_cast<int16_t>(std::lrint(code));
}

PhaseMemory::Reading PhaseMemory::Around(int phase, double part, int width) const {
  int at = phase - width;
  while (at < 0) at += phases();
  if (unknown_ == 0 && at + 2 * width + 1 < phases()) {
    const int16_t* cell = cells_.data() + at;
    int inner = 0;
    for (int i = 1; i <= 2 * width; i++) inner += cell[i];
    const double ends = (1 - part) * cell[0] + part * cell[2 * width + 1];
    const double sharp = (1 - part) * cell[width] + part * cell[width + 1];
    return {unit_.base + unit_.size * sharp, unit_.base + unit_.size * ((inner + ends) / (2 * width + 1))};
  }
  Weighted sharp;
  Weighted smooth;
  for (int i = -width; i <= width + 1; i++) {
    const int16_t cell = cells_[at];
    if (++at == phases()) at = 0;
    if (cell == kUnknown) continue;
    if (i == 0) sharp.Add(cell, 1 - part);
    if (i == 1) sharp.Add(cell, part);
    smooth.Add(cell, i == -width ? 1 - part : i == width + 1 ? part : 1);
  }
  return {unit_.base + unit_.size * sharp.Mean(), unit_.base + unit_.size * smooth.Mean()};
}

void PhaseMemory::Fit() {
  if (empty() || unit_.size == 0) return;
  const Range range = Known();
  if (range.high - range.low < unit_.size * kSpan / 2) Recode(range);
}

PhaseMemory::Range PhaseMemory::Known() const {
  int low = INT16_MAX;
  int high = -INT16_MAX;
  for (int i = 0; i < phases(); i++) {
    if (cells_[i] == kUnknown) continue;
    low = std::min<int>(low, cells_[i]);
    high = std::max<int>(high, cells_[i]);
  }
  if (low > high) return {unit_.base, unit_.base};
  return {unit_.base + unit_.size * low, unit_.base + unit_.size * high};
}

void PhaseMemory::Recode(Range range) {
  const double base = range.low / 2 + range.high / 2;
  const double unit = (range.high - range.low) / kSpan;
  for (int i = 0; i < phases(); i++) {
    if (cells_[i] == kUnknown) continue;
    const double code = unit > 0 ? (unit_.base - base + unit_.size * cells_[i]) / unit : 0;
    cells_[i] = static_cast<int16_t>(std::lrint(std::clamp<double>(code, -INT16_MAX, INT16_MAX)));
  }
  unit_.base = base;
  unit_.size = unit;
}

template <class Archive>
void PhaseMemory::Persist(Archive& archive) {
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
template void PhaseMemory::Persist(ArchiveWriter&);
template void PhaseMemory::Persist(ArchiveReader&);

}  // namespace promcast
