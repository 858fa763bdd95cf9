#include "candidates/holt_winters.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "candidates/damped_trend.h"

namespace promcast {
namespace {
constexpr double kLeastRatio = 1e-3;  // of a phase to the level
}

HoltWinters::HoltWinters(int season_length, Season season, const Rates& rates)
    : rates_(rates), kind_(season), season_(season_length) {
  rates_.season = season_.CellRate(rates.season);
}

std::string_view HoltWinters::name() const {
  return kind_ == Season::kAdditive ? "holt_winters" : "holt_winters_multiplicative";
}

void HoltWinters::Start() {
  started_ = true;
  level_ = kind_ == Season::kAdditive ? season_.Centre() : season_.CentreRatios(kLeastRatio);
}

void HoltWinters::Learn(double value, int64_t cells) {
  season_.Advance(cells);
  if (!started_) {
    if (season_.elapsed() <= season_.season_length()) season_.Collect(value);
    if (season_.elapsed() >= season_.season_length()) Start();
    if (season_.elapsed() <= season_.season_length()) return;
  }
  const double level = level_ + DampedSteps(rates_.damping, cells) * trend_;
  const double kept_trend = std::pow(rates_.damping, static_cast<double>(cells)) * trend_;
  if (kind_ == Season::kAdditive) return LearnAdditive(value, level, kept_trend);
  LearnMultiplicative(value, level, kept_trend);
}

void HoltWinters::LearnAdditive(double value, double level, double kept_trend) {
  const double error = value - level - season_.Get(0);
  level_ = level + rates_.level * error;
  trend_ = kept_trend + rates_.level * rates_.trend * error;
  season_.Add(rates_.season * (1 - rates_.level) * error);
}

void HoltWinters::LearnMultiplicative(double value, double level, double kept_trend) {
  const double ratio = Ratio(0);
  const double error = value / ratio - level;
  level_ = level + rates_.level * error;
  trend_ = kept_trend + rates_.level * rates_.trend * error;
  if (level_ <= 0) return;
  season_.Add(rates_.season * (std::clamp(value / level_, kLeastRatio, 1 / kLeastRatio) - ratio));
}

double HoltWinters::Ratio(int64_t steps) const {
  return std::clamp(season_.Get(steps), kLeastRatio, 1 / kLeastRatio);
}

double HoltWinters::Expect(int64_t steps) const {
  const double level = level_ + DampedSteps(rates_.damping, steps) * trend_;
  if (!started_) return std::numeric_limits<double>::quiet_NaN();
  if (kind_ == Season::kAdditive) return level + season_.Get(steps);
  return level_ > 0 ? std::max(level, 0.) * Ratio(steps) : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace promcast
