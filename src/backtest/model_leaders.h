#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace promcast {

/// How many series each model leads at one horizon, that is, has the greatest weight in at the end.
struct HorizonLeaders {
  int64_t horizon_ms = 0;
  std::map<std::string, int64_t> series_led;  ///< by the model's name
};

/// Collects the leaders of many series.
class ModelLeaders {
 public:
  void Add(int64_t horizon_ms, const std::string& model) { led_[horizon_ms][model]++; }
  /// In the order of horizons.
  std::vector<HorizonLeaders> Take() const;

 private:
  std::map<int64_t, std::map<std::string, int64_t>> led_;
};

/// A line for each horizon: the models by the share of series that they lead, largest first.
std::string LeadersTable(const std::vector<HorizonLeaders>& leaders);

}  // namespace promcast
