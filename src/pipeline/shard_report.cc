#include "pipeline/shard_report.h"

#include <numeric>

namespace promcast {

std::string_view SkillBaselineName(SkillBaseline baseline) {
  static constexpr std::array<std::string_view, static_cast<size_t>(SkillBaseline::kCount)> kNames = {
      "naive", "seasonal_naive", "predict_linear"};
  return kNames[static_cast<size_t>(baseline)];
}

HorizonTally& HorizonTally::operator+=(const HorizonTally& other) {
  series += other.series;
  skill += other.skill;
  for (size_t i = 0; i < against.size(); i++) {
    against[i].series += other.against[i].series;
    against[i].skill += other.against[i].skill;
  }
  banded_series += other.banded_series;
  AddEach(inside, other.inside);
  return *this;
}

RuleTally& RuleTally::operator+=(const RuleTally& other) {
  series += other.series;
  predicted += other.predicted;
  AddEach(horizons, other.horizons);
  return *this;
}

size_t ShardReport::series() const {
  return std::accumulate(status.begin(), status.end(), size_t{0});
}

ShardReport& ShardReport::operator+=(const ShardReport& other) {
  for (size_t i = 0; i < status.size(); i++) status[i] += other.status[i];
  for (size_t i = 0; i < seasons.size(); i++) seasons[i] += other.seasons[i];
  no_rule += other.no_rule;
  own_series += other.own_series;
  limit_reached += other.limit_reached;
  await_history += other.await_history;
  registry_bytes += other.registry_bytes;
  ring_bytes += other.ring_bytes;
  bank_bytes += other.bank_bytes;
  label_bytes += other.label_bytes;
  late_slots += other.late_slots;
  AddEach(rules, other.rules);
  return *this;
}

}  // namespace promcast
