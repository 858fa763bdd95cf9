#include "forecast/seasonal_naive.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace promcast {
namespace {
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
}

void SeasonalNaive::Update(double value) {
  int step = clock_.step() + 1;
  if (step == clock_.length()) step = 0;
  clock_.Set(step);
  if (!std::isnan(value)) open_.Add(value);
  if (clock_.IsLastOfPhase(step)) ClosePhase();
}

void SeasonalNaive::ClosePhase() {
  const int phase = clock_.PhaseOf(clock_.step());
  if (open_.count > 0) cells_.Set(phase, open_.Mean());
  open_.Clear();
  if (phase + 1 < clock_.phases()) return;
  whole_season_ = true;
  cells_.Fit();
}

void SeasonalNaive::Skip(int64_t cells) {
  const int64_t steps = std::min<int64_t>(cells, clock_.length() / clock_.phases() + 1);  // closes the open phase
  for (int64_t i = 0; i < steps; i++) Update(kNaN);
  if (steps == cells) return;
  const int64_t step = clock_.step() + cells - steps;
  if (step + 1 >= clock_.length()) {
    whole_season_ = true;
    cells_.Fit();
  }
  clock_.Set(static_cast<int>(step % clock_.length()));
}

void SeasonalNaive::Forecast(std::span<const int> steps, std::span<double> out) const {
  for (size_t i = 0; i < steps.size(); i++) out[i] = At(steps[i]);
}

double SeasonalNaive::At(int steps) const {
  if (!whole_season_) return kNaN;
  const int phases = clock_.phases();
  const double position = clock_.Position(steps);
  const int below = static_cast<int>(std::floor(position));
  const double part = position - below;
  // A season from now, the phase under way is the newest known one; before that, last season's is meant.
  const int phase_steps = clock_.length() / phases;
  const bool open_counts = open_.count > 0 && steps + phase_steps > clock_.length();
  const int open_phase = clock_.PhaseOf(std::max(0, clock_.step()));
  auto value = [&](int phase) {
    phase = (phase + phases) % phases;
    return open_counts && phase == open_phase ? open_.Mean() : cells_.Get(phase);
  };
  const double low = value(below);
  if (part == 0) return low;
  const double high = value(below + 1);
  if (std::isnan(low)) return high;
  return std::isnan(high) ? low : low + part * (high - low);
}

}  // namespace promcast
