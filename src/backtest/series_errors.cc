#include "backtest/series_errors.h"

#include <algorithm>
#include <cmath>
#include <deque>

namespace promcast {
namespace {

constexpr int64_t kDayMs = 86'400'000;
constexpr int64_t kResidualsKeptMs = 7 * kDayMs;
constexpr size_t kFewestResiduals = 50;
constexpr double kEwmaHalfLifeMs = 3'600'000;
constexpr double kFlatShare = .6;

double WinklerScore(double actual, double lower, double upper, double coverage) {
  const double penalty = 2 / (1 - coverage);
  return (upper - lower) + penalty * std::max(0., lower - actual) + penalty * std::max(0., actual - upper);
}

/// What forecasts are held against: the series itself, and what simple methods would have said.
class Baselines {
 public:
  struct Values {
    double naive, seasonal_naive, ewma;
  };

  explicit Baselines(const Samples& samples) : times_ms_(samples.times_ms), values_(samples.values) {
    double level = 0;
    for (size_t i = 0; i < values_.size(); i++) {
      const double distance_ms = i == 0 ? 0 : static_cast<double>(times_ms_[i] - times_ms_[i - 1]);
      const double weight = i == 0 ? 1 : 1 - std::exp2(-distance_ms / kEwmaHalfLifeMs);
      level += weight * (values_[i] - level);
      ewma_.push_back(level);
    }
  }

  /// The sample at exactly that time; false when there is none.
  bool Actual(int64_t time_ms, double& value) const {
    const std::ptrdiff_t newest = NewestAt(time_ms);
    if (newest < 0 || times_ms_[static_cast<size_t>(newest)] != time_ms) return false;
    value = values_[static_cast<size_t>(newest)];
    return true;
  }

  /// False when nothing was known at `issued_ms`, or whole days before the target.
  bool At(int64_t issued_ms, int64_t target_ms, Values& values) const {
    const int64_t days = (target_ms - issued_ms + kDayMs - 1) / kDayMs;
    const std::ptrdiff_t known = NewestAt(issued_ms), back = NewestAt(target_ms - days * kDayMs);
    if (known < 0 || back < 0) return false;
    values = {values_[static_cast<size_t>(known)], values_[static_cast<size_t>(back)],
              ewma_[static_cast<size_t>(known)]};
    return true;
  }

 private:
  std::ptrdiff_t NewestAt(int64_t time_ms) const {
    return std::upper_bound(times_ms_.begin(), times_ms_.end(), time_ms) - times_ms_.begin() - 1;
  }

  const std::vector<int64_t>& times_ms_;
  const std::vector<double>& values_;
  std::vector<double> ewma_;
};

/// Absolute residuals of the last seven days, in order of size; each counts from its target on.
class RecentResiduals {
 public:
  void Add(int64_t target_ms, double residual) { pending_.push_back({target_ms, residual}); }

  void AdvanceTo(int64_t now_ms) {
    for (; !pending_.empty() && pending_.front().target_ms <= now_ms; pending_.pop_front()) {
      const double residual = pending_.front().residual;
      sorted_.insert(std::upper_bound(sorted_.begin(), sorted_.end(), residual), residual);
      window_.push_back(pending_.front());
    }
    for (; !window_.empty() && window_.front().target_ms < now_ms - kResidualsKeptMs; window_.pop_front()) {
      sorted_.erase(std::lower_bound(sorted_.begin(), sorted_.end(), window_.front().residual));
    }
  }

  size_t size() const { return sorted_.size(); }

  /// Half the width of the split-conformal band.
  double HalfWidth(double coverage) const {
    const auto rank = static_cast<size_t>(std::ceil(coverage * static_cast<double>(sorted_.size() + 1))) - 1;
    return sorted_[std::min(sorted_.size() - 1, rank)];
  }

 private:
  struct Residual {
    int64_t target_ms;
    double residual;
  };
  std::deque<Residual> pending_, window_;
  std::vector<double> sorted_;
};

void ScoreBand(double actual, double point, double lower, double upper, double half_width, BandErrors& band) {
  band.count++;
  band.inside += lower <= actual && actual <= upper ? 1 : 0;
  band.coverage_sum += band.coverage;
  band.winkler += WinklerScore(actual, lower, upper, band.coverage);
  band.winkler_base += WinklerScore(actual, point - half_width, point + half_width, band.coverage);
}

HorizonErrors ScoreHorizon(const Baselines& baselines, const ReplayedForecasts& forecasts, const ReplayPlan& plan,
                           size_t horizon, double scored_from_ms) {
  HorizonErrors errors;
  errors.horizon_ms = plan.horizon_ms(horizon);
  for (const double coverage : plan.bank->coverages) errors.bands.emplace_back().coverage = coverage;
  RecentResiduals recent;
  for (size_t i = 0; i < forecasts.issued_ms.size(); i++) {
    const int64_t issued_ms = forecasts.issued_ms[i], target_ms = issued_ms + errors.horizon_ms;
    const double point = forecasts.point(horizon, i);
    if (std::isnan(point)) continue;
    recent.AdvanceTo(issued_ms);
    double actual = 0;
    if (!baselines.Actual(target_ms, actual)) continue;
    recent.Add(target_ms, std::abs(actual - point));
    Baselines::Values values{};
    if (static_cast<double>(issued_ms) < scored_from_ms || !baselines.At(issued_ms, target_ms, values)) continue;
    errors.count++;
    errors.forecast += std::abs(actual - point);
    errors.naive += std::abs(actual - values.naive);
    errors.seasonal_naive += std::abs(actual - values.seasonal_naive);
    errors.ewma += std::abs(actual - values.ewma);
    if (recent.size() < kFewestResiduals) continue;
    for (size_t c = 0; c < errors.bands.size(); c++) {
      ScoreBand(actual, point, forecasts.lower(c, horizon, i), forecasts.upper(c, horizon, i),
                recent.HalfWidth(errors.bands[c].coverage), errors.bands[c]);
    }
  }
  return errors;
}

}  // namespace

bool IsFlat(const Samples& samples) {
  size_t unchanged = 0;
  for (size_t i = 1; i < samples.values.size(); i++) unchanged += samples.values[i] == samples.values[i - 1] ? 1 : 0;
  const size_t pairs = samples.values.empty() ? 0 : samples.values.size() - 1;
  return static_cast<double>(unchanged) / static_cast<double>(std::max<size_t>(1, pairs)) > kFlatShare;
}

SeriesErrors ScoreSeries(const Samples& samples, const ReplayedForecasts& forecasts, const ReplayPlan& plan,
                         double scored_from_ms) {
  const Baselines baselines(samples);
  SeriesErrors errors;
  errors.flat = IsFlat(samples);
  for (size_t h = 0; h < plan.bank->horizons.size(); h++) {
    errors.horizons.push_back(ScoreHorizon(baselines, forecasts, plan, h, scored_from_ms));
  }
  return errors;
}

}  // namespace promcast
