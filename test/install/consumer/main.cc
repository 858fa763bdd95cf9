// Learns a season of 24 steps from an installed promcast and expects its peak and its trough where they belong.
#include <promcast/model_bank.h>

#include <cmath>
#include <cstdio>
#include <memory>
#include <vector>

int main() {
  constexpr int kSeason = 24;
  const auto value_at = [](int step) { return 100 + 10 * std::sin(2 * M_PI * step / kSeason); };

  auto options = std::make_shared<promcast::BankOptions>();
  options->horizons = {6, 18};
  options->seasons = {kSeason};
  options->step_ms = 3'600'000;
  promcast::ModelBank bank(options);
  for (int step = 0; step < 60 * kSeason; step++) bank.Update(value_at(step));  // the newest is one step before a day's begin

  std::vector<double> lower(1), upper(1);
  promcast::ForecastOut out{0, lower, upper};
  for (const int steps : options->horizons) {
    const double expected = value_at(steps - 1);
    if (!bank.Forecast(steps, out) || std::abs(out.point - expected) > 2 || lower[0] > out.point || upper[0] < out.point) {
      std::printf("%d steps ahead: %g in [%g, %g], expected about %g\n", steps, out.point, lower[0], upper[0], expected);
      return 1;
    }
  }
  return 0;
}
