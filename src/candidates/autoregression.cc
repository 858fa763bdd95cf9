#include "candidates/autoregression.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace promcast {
namespace {

constexpr int64_t kSomeErrors = 20;  // before that the usual error is not trusted
constexpr double kWildest = 5;       // usual errors that one counts as at most in them
constexpr int kSeasonsIterated = 2;  // of the longest
constexpr int64_t kLeastIterated = 144;
constexpr int64_t kMostCells = int64_t{1} << 62;

}  // namespace

Autoregression::Lags::Lags(std::span<const int> season_lengths) {
  int longer = 0;
  for (int length : season_lengths) {
    if (length > kMaxSeason) break;
    if (season == 1) {
      season = length;
    } else if (longer == 0) {
      longer = length;
    }
  }
  longest = std::max(season, longer);
  for (int lag : {1, 2, 3, 4, 6, 9, 12, 18}) {
    if (lag < season - 1 || season == 1) Add(lag, lag + season);
  }
  if (season == 1) return;
  Add(season - 1, 2 * season - 1);
  Add(season, 2 * season);
  for (int around : {season - 1, season + 1}) Add(around, season);
  const int multiples = longer > 0 ? std::min(6, (longer - 1) / season) : 7;
  for (int i = 2; i <= multiples; i++) Add(i * season, season);
  if (longer == 0) return;
  Add(longer - season, longer);
  for (int i = 1; i <= 4; i++) {
    Add(i * longer, season);
    Add(i * longer, i * longer + season);
  }
  for (int lag : {longer, 2 * longer}) {
    for (int around : {lag - 1, lag + 1}) Add(around, season);
  }
}

void Autoregression::Lags::Add(int lag, int from) {
  distances[count++] = {lag, from};
  reach = std::max({reach, lag, from});
}

Autoregression::Autoregression(std::span<const int> season_lengths)
    : lags_(season_lengths),
      forgetting_(1 - 1. / std::max(kLeastMemory, kSeasonsRemembered * lags_.longest)),
      regression_(lags_.features()),
      values_(static_cast<size_t>(lags_.reach)),
      path_(static_cast<size_t>(std::max<int64_t>(kLeastIterated, kSeasonsIterated * lags_.longest))) {}

size_t Autoregression::StateBytes() const {
  return sizeof(*this) + regression_.HeapBytes() + (values_.capacity() + path_.capacity()) * sizeof(double);
}

double Autoregression::At(int64_t steps) const {
  if (steps > 0) return path_[static_cast<size_t>(steps - 1)];
  const auto length = static_cast<int64_t>(values_.size());
  return values_[static_cast<size_t>((seen_cells_ - 1 + steps) % length)];
}

// What lies beyond the first value is taken from as many seasons later.
double Autoregression::Lagged(int64_t steps, int lag) const {
  int64_t back = lag - steps;
  while (back >= seen_cells_) back -= lags_.longest;
  return At(-back);
}

Autoregression::Features Autoregression::FeaturesOf(int64_t steps) const {
  Features features{};
  features[0] = 1;
  features[1] = mean_ - Base(steps);
  for (size_t i = 0; i < lags_.count; i++) {
    const auto [lag, from] = lags_.distances[i];
    features[2 + i] = Lagged(steps, lag) - Lagged(steps, from);
  }
  return features;
}

double Autoregression::Base(int64_t steps) const {
  return lags_.season - steps < seen_cells_ ? At(steps - lags_.season) : At(0);
}

void Autoregression::Push(double value) {
  values_[static_cast<size_t>(seen_cells_ % static_cast<int64_t>(values_.size()))] = value;
  seen_cells_++;
}

// `value` is that of the cell after the newest.
void Autoregression::LearnRow(double value) {
  const double usual = error_weight_ > 0 ? error_ / error_weight_ : 0;
  const double expected = Expect(1);
  double error = value - expected;
  if (error_weight_ > kSomeErrors) error = std::clamp(error, -kFarthest * usual, kFarthest * usual);
  const Features features = FeaturesOf(1);
  regression_.Forget(forgetting_);
  regression_.Learn({features.data(), lags_.features()}, expected + error - Base(1));
  const double wildest = error_weight_ > kSomeErrors ? kWildest * usual : std::numeric_limits<double>::infinity();
  error_ = forgetting_ * error_ + std::min(std::abs(value - expected), wildest);
  error_weight_ = forgetting_ * error_weight_ + 1;
  Features ridge{};
  const double rows = kRidge / (1 - forgetting_);
  for (size_t i = 0; i < lags_.features(); i++) ridge[i] = rows * regression_.mean_square(i);
  regression_.Sweep({ridge.data(), lags_.features()}, weights_);
}

void Autoregression::Learn(double value, int64_t cells) {
  if (cells > 1) {
    const int64_t missing = std::min(cells - 1, static_cast<int64_t>(values_.size()));
    Iterate(std::min(cells - 1, static_cast<int64_t>(path_.size())));  // from the values as they are
    for (int64_t step = cells - missing; step < cells; step++) Push(path_[static_cast<size_t>(Repeated(step) - 1)]);
  }
  if (cells == 1 && learns()) LearnRow(value);
  Push(value);
  path_cells_ = 0;
  seen_.Add(value);
  mean_weight_ = forgetting_ * mean_weight_ + 1;
  mean_ += (value - mean_) / mean_weight_;
}

int64_t Autoregression::Repeated(int64_t steps) const {
  const auto iterated = static_cast<int64_t>(path_.size());
  if (steps <= iterated) return steps;
  return steps - (steps - iterated + lags_.longest - 1) / lags_.longest * lags_.longest;
}

void Autoregression::Iterate(int64_t steps) const {
  while (path_cells_ < steps) {
    const int64_t step = path_cells_ + 1;
    double value = Base(step);
    if (learns()) {
      const Features features = FeaturesOf(step);
      for (size_t i = 0; i < lags_.features(); i++) value += weights_[i] * features[i];
    }
    path_[static_cast<size_t>(path_cells_++)] = std::isfinite(value) ? seen_.Clamp(value) : Base(step);
  }
}

double Autoregression::Expect(int64_t steps) const {
  const int64_t repeated = Repeated(steps);
  Iterate(repeated);
  return path_[static_cast<size_t>(repeated - 1)];
}

// The path is made again when it is asked for.
template <class Archive>
void Autoregression::PersistFields(Archive& archive) {
  archive(regression_, weights_, seen_cells_, seen_, mean_, mean_weight_, error_, error_weight_);
  archive.Block(std::span(values_));
  archive.Require(seen_cells_ >= 0 && seen_cells_ < kMostCells && (seen_cells_ > 0) == began() &&
                      seen_.empty() != began() && error_ >= 0,
                  "the values of an autoregression");
}
template void Autoregression::PersistFields(ArchiveWriter&);
template void Autoregression::PersistFields(ArchiveReader&);

}  // namespace promcast
