#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "ingest/sample_sink.h"
#include "pipeline/series_state.h"
#include "promcast/model_bank.h"

namespace promcast {

/// What forecasts are compared with.
enum class SkillBaseline : uint8_t { kNaive, kSeasonalNaive, kPredictLinear, kCount };

/// "naive", "seasonal_naive" or "predict_linear".
std::string_view SkillBaselineName(SkillBaseline baseline);

/// The skill of several series, summed, each within [-1, 1].
struct SkillSum {
  double series = 0;
  double skill = 0;
};

/// How a rule's forecasts have done lately at one horizon: sums over the series that have resolved enough of them.
struct HorizonTally {
  double series = 0;
  double skill = 0;  ///< 1 - error / error of the best baseline, each series within [-1, 1]
  std::array<SkillSum, static_cast<size_t>(SkillBaseline::kCount)> against{};  ///< by baseline
  double banded_series = 0;
  std::vector<double> inside;  ///< per coverage: share of values that fell inside the band

  HorizonTally& operator+=(const HorizonTally& other);
};

struct RuleTally {
  size_t series = 0, predicted = 0;
  std::vector<HorizonTally> horizons;

  RuleTally& operator+=(const RuleTally& other);
};

/// Series with models, by how many seasons these use.
using SeasonCounts = std::array<size_t, BankOptions::kMaxSeasons + 1>;

/// What one shard, or with += all of them, says of itself.
struct ShardReport {
  std::array<size_t, static_cast<size_t>(SeriesStatus::kCount)> status{};
  size_t no_rule = 0, own_series = 0, limit_reached = 0;
  size_t await_history = 0;  ///< of the series with a rule
  size_t registry_bytes = 0, ring_bytes = 0, label_bytes = 0;
  BankBytes bank_bytes;
  SeasonCounts seasons{};
  int64_t late_slots = 0;
  std::vector<RuleTally> rules;

  size_t series() const;
  ShardReport& operator+=(const ShardReport& other);
};

/// Sums two lists element by element; the shorter one counts as padded with empty elements.
template <typename T>
void AddEach(std::vector<T>& to, const std::vector<T>& from) {
  if (to.size() < from.size()) to.resize(from.size());
  for (size_t i = 0; i < from.size(); i++) to[i] += from[i];
}

}  // namespace promcast
