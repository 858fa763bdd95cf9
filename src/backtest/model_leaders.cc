#include "backtest/model_leaders.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "timeseries/duration.h"

namespace promcast {

std::vector<HorizonLeaders> ModelLeaders::Take() const {
  std::vector<HorizonLeaders> leaders;
  for (const auto& [horizon_ms, series_led] : led_) leaders.push_back({horizon_ms, series_led});
  return leaders;
}

std::string LeadersTable(const std::vector<HorizonLeaders>& leaders) {
  std::string text = fmt::format("{:>8}  share of series that each model leads\n", "horizon");
  for (const HorizonLeaders& row : leaders) {
    std::vector<std::pair<int64_t, std::string>> models;
    int64_t all = 0;
    for (const auto& [model, count] : row.series_led) {
      models.emplace_back(-count, model);
      all += count;
    }
    std::sort(models.begin(), models.end());
    fmt::format_to(std::back_inserter(text), "{:>8} ", FormatDuration(row.horizon_ms));
    for (const auto& [count, model] : models) {
      const double percent = -100 * static_cast<double>(count) / static_cast<double>(all);
      fmt::format_to(std::back_inserter(text), " {} {:.0f}%", model, percent);
    }
    text += '\n';
  }
  return text;
}

}  // namespace promcast
