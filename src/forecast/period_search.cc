#include "forecast/period_search.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace promcast {
namespace {

constexpr double kLeastKnown = .75;
constexpr double kFewestCycles = 3;  // of a period that is searched for
constexpr double kLeastCorrelation = .3;
constexpr double kAsClear = .85;   // of the highest correlation: a shorter period is preferred from there on
constexpr double kReach = .6;      // of the window: the longest lag that refines a period
constexpr double kPrecision = .1;  // means: how well the peak of a correlation is seen without noise
constexpr int kCandidates = 4;
constexpr int kMostSteps = 4;
constexpr double kAway = .1;  // of a period: a peak farther off is another one
constexpr int kOutliers = 8;
constexpr int kParts = 6;  // of the window, a cycle long at least, of which most must repeat
constexpr double kMostParts = .7;
constexpr double kPartRepeats = .25;  // of what the mean part repeats
constexpr double kLasting = .6;       // of the correlation after a cycle: what is left of it after several
constexpr double kLeastPeriod = 2.5;  // means: of a fundamental
constexpr float kTiny = 1e-30F, kHuge = 1e36F;
constexpr int kMostHarmonic = 8;
constexpr double kFewMeans = 20;  // a period of fewer is removed in phases that are whole means of several cycles
constexpr double kMostCorrelated = .99;

// The slope that half of the pairs half the window apart exceed (Theil 1950).
float MedianSlope(std::span<const float> values, std::span<const bool> known) {
  std::array<float, PeriodSearch::kMost> rises;
  const size_t apart = values.size() / 2;
  size_t pairs = 0;
  for (size_t i = apart; i < values.size(); i++) {
    if (known[i] && known[i - apart]) rises[pairs++] = values[i] - values[i - apart];
  }
  if (pairs == 0) return 0;
  std::nth_element(rises.begin(), rises.begin() + pairs / 2, rises.begin() + pairs);
  return rises[pairs / 2] / static_cast<float>(apart);
}

}  // namespace

PeriodSearch::PeriodSearch(std::span<const float> means)
    : count_(static_cast<int>(std::min<size_t>(means.size(), kMost))) {
  values_.fill(0);
  known_.fill(false);
  int known = 0;
  double sum = 0;
  for (int i = 0; i < count_; i++) {
    known_[i] = !std::isnan(means[i]);
    if (!known_[i]) continue;
    known++;
    sum += means[i];
  }
  if (known < kLeastKnown * count_ || known < 4 * kShortest) return;
  const auto mean = static_cast<float>(sum / known);
  for (int i = 0; i < count_; i++) values_[i] = known_[i] ? means[i] - mean : 0;
  const float slope =
      MedianSlope({values_.data(), static_cast<size_t>(count_)}, {known_.data(), static_cast<size_t>(count_)});
  float most = 0;
  for (int i = 0; i < count_; i++) {
    if (known_[i]) values_[i] -= slope * (static_cast<float>(i) - static_cast<float>(count_ - 1) / 2);
    most = std::max(most, std::abs(values_[i]));
  }
  usable_ = most > kTiny && most < kHuge;
  if (!usable_) return;
  unit_ = most;
  for (int i = 0; i < count_; i++) values_[i] /= most;
  SumUp();
}

void PeriodSearch::SumUp() {
  for (int i = 0; i < count_; i++) {
    sums_[i + 1] = sums_[i] + values_[i];
    knowns_[i + 1] = knowns_[i] + (known_[i] ? 1.F : 0.F);
  }
}

PeriodSearch::Values PeriodSearch::WithoutMovingMean(double period) const {
  // Of the first so many values, and in between.
  const auto up_to = [this](const Sums& sums, float position) {
    const int below = std::min(static_cast<int>(position), count_ - 1);
    return sums[below] + (position - static_cast<float>(below)) * (sums[below + 1] - sums[below]);
  };
  const auto width = static_cast<float>(period);
  const bool complete = knowns_[count_] == static_cast<float>(count_);
  Values out{};
  for (int i = 0; i < count_; i++) {
    const float from = std::clamp(static_cast<float>(i) + .5F - width / 2, 0.F, static_cast<float>(count_) - width);
    const float sum = up_to(sums_, from + width) - up_to(sums_, from);
    const float known = complete ? width : up_to(knowns_, from + width) - up_to(knowns_, from);
    out[i] = known_[i] && known > 0 ? values_[i] - sum / known : 0;
  }
  return out;
}

double PeriodSearch::Correlation(const Values& values, double lag) const {
  const int whole = static_cast<int>(lag);
  const auto part = static_cast<float>(lag - whole);
  float product = 0, now = 0, before = 0;
  // A missing value is 0, which adds nothing.
  for (int i = whole + 1; i < count_; i++) {
    const float ago = values[i - whole] + part * (values[i - whole - 1] - values[i - whole]);
    product += values[i] * ago;
    now += values[i] * values[i];
    before += ago * ago;
  }
  const float norm = std::sqrt(now) * std::sqrt(before);
  return norm > 0 ? std::clamp(product / norm, -1.F, 1.F) : 0;
}

Repetition PeriodSearch::At(double period) const {
  Values values = WithoutMovingMean(period);
  Values magnitudes;
  std::transform(values.begin(), values.begin() + count_, magnitudes.begin(), [](float v) { return std::abs(v); });
  const int largest = std::min(kOutliers, static_cast<int>(count_ / period) + 1);
  std::nth_element(magnitudes.begin(), magnitudes.begin() + (largest - 1), magnitudes.begin() + count_,
                   std::greater<>());
  const float bound = magnitudes[largest - 1];
  float square = 0;
  for (int i = 0; i < count_; i++) {
    values[i] = std::clamp(values[i], -bound, bound);
    square += values[i] * values[i];
  }
  Repetition found{.period = period};
  if (!(square > 0)) return found;
  found.correlation = Correlation(values, period);
  if (!Lasts(values, found)) found.correlation = std::min(found.correlation, 0.);
  double neighbours = 1;
  for (int lag = 1; lag <= static_cast<int>(period / 2); lag++) {
    float product = 0;
    for (int i = lag; i < count_; i++) product += values[i] * values[i - lag];
    neighbours += 2 * (product / square) * (product / square);
  }
  const double independent = (count_ - period) / neighbours;
  const double bounded = std::clamp(found.correlation, -kMostCorrelated, kMostCorrelated);
  found.significance = std::atanh(bounded) * std::sqrt(independent);
  found.variance = std::max(0., found.correlation) * square / count_ * unit_ * unit_;
  found.precision = period;
  return found;
}

// Whether most cycles repeat the one before, and several cycles later is as good as one.
bool PeriodSearch::Lasts(const Values& values, const Repetition& found) const {
  if (found.correlation <= 0) return false;
  const int whole = static_cast<int>(std::lround(found.period));
  const int parts = std::min(kParts, (count_ - whole) / whole);
  const int length = parts > 0 ? (count_ - whole) / parts : 0;
  std::array<double, kParts> products{};
  double sum = 0;
  for (int part = 0; part < parts; part++) {
    for (int i = count_ - (part + 1) * length; i < count_ - part * length; i++) {
      products[part] += values[i] * values[i - whole];
    }
    sum += products[part];
  }
  const auto repeats = std::count_if(products.begin(), products.begin() + parts,
                                     [&](double product) { return product >= kPartRepeats * sum / parts; });
  if (static_cast<double>(repeats) < kMostParts * parts) return false;
  const int cycles = static_cast<int>(kReach * count_ / found.period);
  // After half as many as well: a period that is off by a little is right again after some cycles.
  for (const int later : {cycles, cycles / 2}) {
    if (later > 1 && Correlation(values, later * found.period) < kLasting * found.correlation) return false;
  }
  return true;
}

Repetition PeriodSearch::Near(double period) const {
  const Values values = WithoutMovingMean(period);
  double refined = period;
  double precision = period;
  const double step = std::min(1., period / 8);
  for (int cycles = 1; cycles == 1 || cycles * refined <= kReach * count_; cycles++) {
    double lag = cycles * refined;
    double here = Correlation(values, lag);
    for (int steps = 0; steps < kMostSteps; steps++) {  // uphill
      const double shorter = Correlation(values, lag - step), longer = Correlation(values, lag + step);
      if (shorter <= here && longer <= here) {
        const double bend = std::max(2 * here - shorter - longer, 1e-6);
        const double noise = (1 - here * here) / std::sqrt(count_ - lag);
        lag += step * std::clamp(.5 * (longer - shorter) / bend, -.5, .5);
        if (std::abs(lag / cycles - period) > std::max(1., kAway * period)) break;
        refined = lag / cycles;
        precision = (kPrecision + .7 * noise / bend * step) / cycles;
        break;
      }
      lag += longer > shorter ? step : -step;
      here = std::max(shorter, longer);
    }
  }
  Repetition found = At(refined);
  found.precision = precision;
  return found;
}

std::optional<Repetition> PeriodSearch::Find(double least_significance) const {
  const int longest = static_cast<int>(count_ / kFewestCycles);
  std::array<double, kMost / 2> correlations{};
  for (int period = kShortest - 1; period <= longest + 1; period++) {
    correlations[period] = Correlation(WithoutMovingMean(period), period);
  }
  std::array<int, kMost / 2> peaks;
  int count = 0;
  for (int period = kShortest; period <= longest; period++) {
    const double here = correlations[period];
    if (here < kLeastCorrelation || here < correlations[period - 1] || here < correlations[period + 1]) continue;
    peaks[count++] = period;
  }
  const int candidates = std::min(count, kCandidates);
  std::partial_sort(peaks.begin(), peaks.begin() + candidates, peaks.begin() + count,
                    [&](int a, int b) { return correlations[a] > correlations[b]; });
  Repetition best;
  for (int i = 0; i < candidates; i++) {
    const Repetition found = Near(peaks[i]);
    if (found.correlation < kLeastCorrelation || found.significance < least_significance) continue;
    const bool clearer = found.period > best.period ? kAsClear * found.correlation > best.correlation
                                                    : found.correlation >= kAsClear * best.correlation;
    if (clearer) best = found;
  }
  if (best.correlation <= 0) return std::nullopt;
  return Fundamental(best);
}

Repetition PeriodSearch::Fundamental(const Repetition& found) const {
  for (int harmonic = kMostHarmonic; harmonic > 1; harmonic--) {
    if (found.period < kLeastPeriod * harmonic) continue;
    const Repetition shorter = Near(found.period / harmonic);
    if (shorter.correlation >= kAsClear * found.correlation) return shorter;
  }
  return found;
}

void PeriodSearch::Remove(double period) {
  double cycle = period;  // as many periods as make a whole number of means
  if (period < kFewMeans) {
    const auto off = [period](int cycles) { return std::abs(cycles * period - std::round(cycles * period)) / cycles; };
    int best = 1;
    for (int cycles = 2; cycles * period <= 2 * kFewMeans; cycles++) {
      if (off(cycles) < .5 * off(best)) best = cycles;
    }
    while (best * period < kLeastPeriod) best++;
    cycle = best * period;
  }
  const Values apart = WithoutMovingMean(cycle);
  const int bins = std::max(2, static_cast<int>(std::lround(cycle)));
  std::array<float, kMost> sums{}, counts{};
  const auto position = [&](int i) { return std::fmod(i + .5, cycle) / cycle * bins; };
  for (int i = 0; i < count_; i++) {
    if (!known_[i]) continue;
    const int bin = std::min(static_cast<int>(position(i)), bins - 1);
    sums[bin] += apart[i];
    counts[bin]++;
  }
  for (int i = 0; i < bins; i++) sums[i] = counts[i] > 0 ? sums[i] / counts[i] : 0;
  for (int i = 0; i < count_; i++) {
    if (!known_[i]) continue;
    const double place = position(i) - .5;
    const double below = std::floor(place);
    const auto part = static_cast<float>(place - below);
    const int left = (static_cast<int>(below) + bins) % bins;
    values_[i] -= sums[left] + part * (sums[(left + 1) % bins] - sums[left]);
  }
  SumUp();
}

}  // namespace promcast
