#include "cli/status_document.h"

#include <fmt/format.h>

#include <algorithm>
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

std::string Age(int64_t since_ms, int64_t now_ms) {
  return FormatDuration(std::max<int64_t>(now_ms - since_ms, 0) / 1000 * 1000) + " ago";
}

Json SnapshotRows(const PersistenceReport& report, int64_t now_ms) {
  const RestoredState& restored = report.restored;
  const CheckpointReport& written = report.written;
  Json rows = {{"storage path", report.storage_path},
               {"restored", restored.snapshot.empty() ? Json("nothing, there was no snapshot")
                                                      : Json(restored.report.Of(RestoreOutcome::kRestored))}};
  if (!restored.snapshot.empty()) {
    rows["restored from"] = restored.snapshot;
    rows["restored, samples only"] = restored.report.Of(RestoreOutcome::kSamplesOnly);
  }
  rows["last written"] = written.written_ms > 0 ? Json(Age(written.written_ms, now_ms)) : Json(nullptr);
  if (written.written_ms > 0) {
    rows["series in it"] = written.series;
    rows["bytes"] = written.bytes;
    rows["seconds"] = written.seconds;
  }
  rows["failures"] = written.failures;
  if (!written.problem.empty()) rows["problem"] = written.problem;
  return rows;
}

}  // namespace

std::string StatusDocument(const Pipeline& pipeline, const std::vector<DestinationOptions>& destinations,
                           const std::optional<PersistenceReport>& persistence, int64_t now_ms, int64_t started_ms) {
  const ShardReport report = pipeline.report();
  Json document = {{"version", PROMCAST_VERSION},
                   {"uptime", FormatDuration((now_ms - started_ms) / 1000 * 1000)},
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
  if (persistence) document["snapshots"] = SnapshotRows(*persistence, now_ms);
  for (const RuleReport& rule : pipeline.rule_reports()) {
    for (size_t h = 0; h < rule.options.horizons_ms.size(); h++) document["rules"].push_back(HorizonRow(rule, h));
  }
  for (const DestinationOptions& destination : destinations)
    document["destinations"].push_back({{"name", destination.name}});
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace promcast
