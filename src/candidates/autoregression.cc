#include "candidates/autoregression.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace promcast {
namespace {
constexpr double kForgetting = 1 - 1. / Autoregression::kMemoryCells;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
}  // namespace

Autoregression::Autoregression(std::span<const int> season_lengths, Space space)
    : space_(space), regression_(kLags + 2 * std::min(season_lengths.size(), kMaxSeasons)) {
  for (size_t i = 0; i < std::min(season_lengths.size(), kMaxSeasons); i++) {
    seasons_[i].emplace(Season{LastSeason(season_lengths[i], kMaxPhases), kNaN});
  }
}

size_t Autoregression::StateBytes() const {
  size_t bytes = sizeof(*this) + regression_.HeapBytes();
  for (const auto& season : seasons_) bytes += season ? season->values.HeapBytes() : 0;
  return bytes;
}

double Autoregression::SeasonBefore(const Season& season, int64_t steps) const {
  return steps > 0 ? season.values.Before(steps) : season.now;
}

Autoregression::Features Autoregression::FeaturesOf(const Lags& lags, int64_t steps) const {
  Features features{};
  features[0] = lags[1] - lags[0];
  features[1] = lags[2] - lags[0];
  features[2] = mean_ - lags[0];
  size_t next = kLags;
  for (const auto& season : seasons_) {
    if (!season) break;
    for (int64_t at : {steps, steps - 1}) {
      const double value = SeasonBefore(*season, at);
      features[next++] = std::isnan(value) ? 0 : value - lags[0];
    }
  }
  return features;
}

void Autoregression::Learn(double value, int64_t cells) {
  silent_cells_ = std::max<int64_t>(0, silent_cells_ - cells);
  unlearnt_cells_ += cells;
  if (space_ == Space::kLog) {
    if (value <= 0) {
      silent_cells_ = kMemoryCells;
      return;
    }
    value = std::log(value);
  }
  cells = seen_.empty() ? 1 : unlearnt_cells_;
  unlearnt_cells_ = 0;
  if (seen_.empty()) {
    lags_.fill(value);
  } else if (cells == 1) {
    const Features features = FeaturesOf(lags_, 1);
    regression_.Forget(kForgetting);
    regression_.Learn({features.data(), regression_.features()}, value - lags_[0]);
  }
  seen_.Add(value);
  mean_weight_ = kForgetting * mean_weight_ + 1;
  mean_ += (value - mean_) / mean_weight_;
  for (auto& season : seasons_) {
    if (!season) break;
    season->now = season->values.Before(cells);
    season->values.Add(value, cells);
  }
  // The value before a gap stands for the cells missing in it.
  const auto shift = static_cast<size_t>(std::min<int64_t>(cells, kLags));
  Lags lags;
  for (size_t i = 0; i < kLags; i++) lags[i] = i < shift ? lags_[0] : lags_[i - shift];
  lags[0] = value;
  lags_ = lags;
}

Autoregression::Lags Autoregression::LagsAt(int64_t steps) const {
  Lags lags = lags_;
  if (!seasons_[0]) return lags;
  for (size_t i = 0; i < kLags; i++) {
    const double value = SeasonBefore(*seasons_[0], steps - static_cast<int64_t>(i));
    if (!std::isnan(value)) lags[i] = value;
  }
  return lags;
}

void Autoregression::Advance(const Features& weights, Lags& lags, int64_t steps) const {
  const Features features = FeaturesOf(lags, steps);
  double value = lags[0];
  for (size_t i = 0; i < regression_.features(); i++) value += weights[i] * features[i];
  std::copy_backward(lags.begin(), lags.end() - 1, lags.end());
  lags[0] = seen_.Clamp(value);
}

void Autoregression::ExpectEach(std::span<const int> steps, int64_t gap, std::span<double> out) const {
  if (seen_.empty() || silent_cells_ > 0) {
    std::fill(out.begin(), out.end(), kNaN);
    return;
  }
  Features ridge;
  ridge.fill(kRidge * regression_.target_mean_square());
  Features weights{};
  regression_.Solve({ridge.data(), regression_.features()}, weights);
  gap += unlearnt_cells_;
  Lags lags = lags_;
  int64_t begun = 0;  // where the iteration began, in cells after the newest value
  int64_t at = 0;     // where lags[0] stands
  for (size_t i = 0; i < steps.size(); i++) {
    const int64_t target = steps[i] + gap;
    const int64_t first = std::max<int64_t>(0, (target - 1) / kIterations - 1) * kIterations;
    if (first != begun || target < at) {
      lags = first > 0 ? LagsAt(first) : lags_;
      begun = at = first;
    }
    while (at < target) Advance(weights, lags, ++at);
    out[i] = space_ == Space::kLog ? std::exp(lags[0]) : lags[0];
  }
}

double Autoregression::Expect(int64_t steps) const {
  const int one = 1;
  double value = kNaN;
  ExpectEach({&one, 1}, steps - 1, {&value, 1});
  return value;
}

}  // namespace promcast
