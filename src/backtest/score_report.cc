#include "backtest/score_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "timeseries/duration.h"

namespace promcast {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kSecondMs = 1000;

Json OrNull(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

std::string OrDash(const std::optional<double>& value) {
  return value ? fmt::format("{:.3f}", *value) : "-";
}

std::string Percent(double share) {
  return fmt::format("{:.1f} %", 100 * share);
}

std::string CostLine(const BacktestReport& report) {
  std::string line = fmt::format("{} panel{}, {} series, {} values", report.panels, report.panels == 1 ? "" : "s",
                                 report.series, report.cells);
  if (report.cells > 0) {
    line += fmt::format("; {:.0f} ns a step and series, {:.0f} bytes a series", report.ns_per_cell(),
                        report.bytes_per_series());
  }
  return line + "\n";
}

constexpr size_t kShownSeasons = 12;

// "seasons found: 1d on 97 series, 1d + 1w on 12, none on 3", the commonest first.
std::string SeasonsLine(const BacktestReport& report) {
  if (report.seasons.empty()) return "";
  std::vector<std::pair<std::vector<int64_t>, size_t>> rows(report.seasons.begin(), report.seasons.end());
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string line = "seasons found: ";
  size_t others = 0;
  for (size_t i = 0; i < rows.size(); i++) {
    const auto& [seasons_ms, series] = rows[i];
    if (i >= kShownSeasons) {
      others += series;
      continue;
    }
    if (i > 0) line += ", ";
    for (const int64_t& season_ms : seasons_ms) {
      line += (&season_ms == seasons_ms.data() ? "" : " + ") + FormatDuration(season_ms);
    }
    line += fmt::format("{} on {}{}", seasons_ms.empty() ? "none" : "", series, i > 0 ? "" : " series");
  }
  if (others > 0) line += fmt::format(", others on {}", others);
  return line + "\n";
}

}  // namespace

std::string ScoresJson(const BacktestReport& report) {
  Json scores = Json::array();
  for (const ScoreRow& row : report.scores) {
    scores.push_back({{"class", row.class_name()},
                      {"horizon_s", row.horizon_ms / kSecondMs},
                      {"series", row.series},
                      {"relMAE", row.relative_mae},
                      {"naive", row.naive},
                      {"ewma", row.ewma},
                      {"skill", row.skill},
                      {"coverage", row.coverage},
                      {"cover", OrNull(row.cover)},
                      {"within", OrNull(row.within)},
                      {"winkler", OrNull(row.winkler)}});
  }
  const Json cost = {{"ns_per_step_and_series", report.cells > 0 ? Json(report.ns_per_cell()) : Json(nullptr)},
                     {"bytes_per_series", report.series > 0 ? Json(report.bytes_per_series()) : Json(nullptr)}};
  Json document = {{"scores", scores}, {"cost", cost}};
  for (const auto& [seasons_ms, series] : report.seasons) {
    Json row = {{"seasons_s", Json::array()}, {"series", series}};
    for (const int64_t season_ms : seasons_ms) row["seasons_s"].push_back(season_ms / kSecondMs);
    document["seasons"].push_back(row);
  }
  return document.dump() + "\n";
}

std::string ScoresTable(const BacktestReport& report) {
  std::string text =
      fmt::format("{:<8}{:>8}{:>8}{:>9}{:>9}{:>9}{:>10}{:>10}{:>9}{:>10}{:>9}\n", "class", "horizon", "series",
                  "relMAE", "naive", "ewma", "skill", "coverage", "cover", "within", "winkler");
  for (const ScoreRow& row : report.scores) {
    fmt::format_to(std::back_inserter(text), "{:<8}{:>8}{:>8}{:>9.3f}{:>9.3f}{:>9.3f}{:>10}{:>10}{:>9}{:>10}{:>9}\n",
                   row.class_name(), FormatDuration(row.horizon_ms), row.series, row.relative_mae, row.naive, row.ewma,
                   Percent(row.skill), row.coverage, OrDash(row.cover), row.within ? Percent(*row.within) : "-",
                   OrDash(row.winkler));
  }
  if (report.scores.empty()) text += "nothing to score: too few forecasts have a sample at their target\n";
  return text + SeasonsLine(report) + CostLine(report);
}

}  // namespace promcast
