#include "cli/status_document.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "timeseries/duration.h"

namespace promcast {
namespace {

using Json = nlohmann::ordered_json;

size_t Of(const ShardReport& report, SeriesStatus status) {
  return report.status[static_cast<size_t>(status)];
}

Json HorizonRow(const RuleReport& rule, size_t horizon) {
  const HorizonTally tally = horizon < rule.tally.horizons.size() ? rule.tally.horizons[horizon] : HorizonTally();
  Json row = {{"rule", rule.options.name},
              {"horizon", FormatDuration(rule.options.horizons_ms[horizon])},
              {"series", rule.tally.series},
              {"predicted", rule.tally.predicted},
              {"skill", tally.series > 0 ? Json(tally.skill / tally.series) : Json(nullptr)}};
  for (size_t c = 0; c < rule.options.coverages.size(); c++) {
    const bool known = tally.banded_series > 0 && c < tally.inside.size();
    row[fmt::format("inside {} band", rule.options.coverages[c])] =
        known ? Json(tally.inside[c] / tally.banded_series) : Json(nullptr);
  }
  return row;
}

}  // namespace

std::string StatusDocument(const Pipeline& pipeline, const std::vector<DestinationOptions>& destinations,
                           int64_t uptime_ms) {
  const ShardReport report = pipeline.report();
  Json document = {{"version", PROMCAST_VERSION},
                   {"uptime", FormatDuration(uptime_ms / 1000 * 1000)},
                   {"output series", pipeline.output_series()},
                   {"series",
                    {{"predicted", Of(report, SeriesStatus::kPredicted)},
                     {"warming up", Of(report, SeriesStatus::kWarmingUp)},
                     {"constant", Of(report, SeriesStatus::kConstant)},
                     {"stale", Of(report, SeriesStatus::kStale)},
                     {"over max_output_series", Of(report, SeriesStatus::kOutputLimit)},
                     {"over max_series", report.limit_reached},
                     {"no rule", report.no_rule},
                     {"promcast's own, left out", report.own_series}}},
                   {"state bytes",
                    {{"registry", report.registry_bytes},
                     {"rings", report.ring_bytes},
                     {"labels", report.label_bytes},
                     {"models", report.bank_bytes.models},
                     {"pending forecasts", report.bank_bytes.pending},
                     {"bands and weights", report.bank_bytes.bands},
                     {"banks", report.bank_bytes.other}}},
                   {"rules", Json::array()},
                   {"destinations", Json::array()}};
  for (const RuleReport& rule : pipeline.rule_reports()) {
    for (size_t h = 0; h < rule.options.horizons_ms.size(); h++) document["rules"].push_back(HorizonRow(rule, h));
  }
  for (const DestinationOptions& destination : destinations)
    document["destinations"].push_back({{"name", destination.name}});
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace promcast
