#include "candidates/harmonic_trend.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace promcast {
namespace {

constexpr size_t kHarmonicsInAll = 7;

size_t Used(std::span<const int> seasons) {
  return std::min(seasons.size(), HarmonicTrend::kMaxSeasons);
}

// The first season gets the odd one. A season of n cells has n / 2 harmonics.
int Harmonics(std::span<const int> seasons, size_t which) {
  const size_t share = kHarmonicsInAll / Used(seasons) + (which == 0 ? kHarmonicsInAll % Used(seasons) : 0);
  return std::min(static_cast<int>(share), seasons[which] / 2);
}

size_t Features(std::span<const int> seasons) {
  int harmonics = 0;
  for (size_t i = 0; i < Used(seasons); i++) harmonics += Harmonics(seasons, i);
  return 2 + 2 * static_cast<size_t>(harmonics);
}

int Longest(std::span<const int> seasons) {
  return *std::max_element(seasons.begin(), seasons.begin() + static_cast<std::ptrdiff_t>(Used(seasons)));
}

}  // namespace

HarmonicTrend::HarmonicTrend(std::span<const int> season_lengths)
    : HarmonicTrend(season_lengths, kSeasonsRemembered * Longest(season_lengths)) {}

HarmonicTrend::HarmonicTrend(std::span<const int> season_lengths, double memory_cells)
    : memory_(memory_cells), cells_to_first_answer_(Longest(season_lengths)), regression_(Features(season_lengths)) {
  for (size_t i = 0; i < Used(season_lengths); i++) {
    seasons_[i] = {season_lengths[i], Harmonics(season_lengths, i), -1};
  }
}

std::array<double, HarmonicTrend::kMaxFeatures> HarmonicTrend::FeaturesOf(int64_t steps) const {
  std::array<double, kMaxFeatures> features{};
  features[0] = 1;
  features[1] = 1 - std::exp(-static_cast<double>(steps) / memory_);  // of the memory; time is 0 at the newest value
  size_t next = 2;
  for (const Season& season : seasons_) {
    if (season.length == 0) break;
    const auto step = static_cast<double>((season.step + steps) % season.length);
    const double angle = 2 * std::numbers::pi * step / season.length;
    const double cosine = std::cos(angle), sine = std::sin(angle);
    double c = 1, s = 0;
    for (int i = 0; i < season.harmonics; i++) {
      const double turned = c * cosine - s * sine;
      s = s * cosine + c * sine;
      c = turned;
      features[next++] = c;
      features[next++] = s;
    }
  }
  return features;
}

void HarmonicTrend::Learn(double value, int64_t cells) {
  if (!started_) origin_ = value;
  started_ = true;
  cells_to_first_answer_ = std::max<int64_t>(0, cells_to_first_answer_ - cells);
  for (Season& season : seasons_) {
    if (season.length > 0) season.step = (season.step + cells) % season.length;
  }
  const double kept = std::exp(-static_cast<double>(cells) / memory_);
  regression_.Shift(1, 0, static_cast<double>(cells) / memory_);
  regression_.Forget(kept);
  regression_.Learn(FeaturesOf(0), value - origin_);
}

void HarmonicTrend::ExpectEach(std::span<const int> steps, int64_t gap, std::span<double> out) const {
  if (cells_to_first_answer_ > 0) {
    std::fill(out.begin(), out.end(), std::numeric_limits<double>::quiet_NaN());
    return;
  }
  std::array<double, kMaxFeatures> ridge, weights{};
  ridge.fill(kRidge);
  ridge[0] = 0;
  regression_.Solve({ridge.data(), regression_.features()}, weights);
  for (size_t i = 0; i < steps.size(); i++) {
    const auto features = FeaturesOf(steps[i] + gap);
    out[i] = origin_;
    for (size_t j = 0; j < regression_.features(); j++) out[i] += weights[j] * features[j];
  }
}

double HarmonicTrend::Expect(int64_t steps) const {
  const int one = 1;
  double value = 0;
  ExpectEach({&one, 1}, steps - 1, {&value, 1});
  return value;
}

template <class Archive>
void HarmonicTrend::PersistFields(Archive& archive) {
  archive(cells_to_first_answer_, origin_, started_, regression_);
  archive.Require(cells_to_first_answer_ >= 0, "the cells before a model's first answer");
  for (Season& season : seasons_) {
    if (season.length == 0) continue;
    archive(season.step);
    archive.Require(season.step >= -1 && season.step < season.length, "a place in a harmonic season");
  }
}
template void HarmonicTrend::PersistFields(ArchiveWriter&);
template void HarmonicTrend::PersistFields(ArchiveReader&);

}  // namespace promcast
