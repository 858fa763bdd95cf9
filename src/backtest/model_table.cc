#include "backtest/model_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "timeseries/duration.h"

namespace promcast {

void ModelTable::Add(int64_t horizon_ms, const std::vector<ModelWeight>& models) {
  bool led = false;  // of several that are as good, the first leads
  for (const ModelWeight& model : models) {
    if (std::isnan(model.relative_loss)) continue;
    ModelTally& tally = tallies_[horizon_ms][std::string(model.name)];
    tally.series++;
    tally.led += !led && model.relative_loss == 1;
    led = led || model.relative_loss == 1;
    tally.weights += model.weight;
    tally.log_losses += std::log(model.relative_loss);
  }
}

std::string ModelTable::Text() const {
  std::string text = fmt::format("{:>8}  {:<24} {:>6} {:>7} {:>7} {:>13}\n", "horizon", "model", "series", "leads",
                                 "weight", "loss/best's");
  for (const auto& [horizon_ms, by_name] : tallies_) {
    std::vector<std::pair<std::string, ModelTally>> models(by_name.begin(), by_name.end());
    std::stable_sort(models.begin(), models.end(),
                     [](const auto& a, const auto& b) { return a.second.weights > b.second.weights; });
    for (const auto& [name, tally] : models) {
      const auto series = static_cast<double>(tally.series);
      fmt::format_to(std::back_inserter(text), "{:>8}  {:<24} {:>6} {:>5.0f} % {:>5.0f} % {:>13.2f}\n",
                     FormatDuration(horizon_ms), name, tally.series, 100 * static_cast<double>(tally.led) / series,
                     100 * tally.weights / series, std::exp(tally.log_losses / series));
    }
  }
  return text;
}

}  // namespace promcast
