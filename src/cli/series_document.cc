#include "cli/series_document.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace promcast {
namespace {

using Json = nlohmann::ordered_json;

Json Number(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

Json Seconds(std::optional<int64_t> milliseconds) {
  return milliseconds ? Json(static_cast<double>(*milliseconds) / 1000) : Json(nullptr);
}

Json Band(const BandForecast& band) {
  return {{"coverage", band.coverage},
          {"lower", Number(band.lower)},
          {"upper", Number(band.upper)},
          {"realised_coverage", Number(band.realised_coverage)}};
}

Json Model(const ModelShare& model) {
  return {{"name", model.name}, {"weight", Number(model.weight)}, {"relative_loss", Number(model.relative_loss)}};
}

Json Horizon(const HorizonForecast& horizon) {
  Json document = {{"horizon_seconds", Seconds(horizon.horizon_ms)},
                   {"predicted", Number(horizon.predicted)},
                   {"bands", Json::array()},
                   {"resolved", horizon.resolved},
                   {"mean_absolute_error", Number(horizon.mean_absolute_error)},
                   {"skill", Number(horizon.skill)},
                   {"skilful", horizon.skilful},
                   {"held_back", horizon.held_back},
                   {"models", Json::array()}};
  for (const BandForecast& band : horizon.bands) document["bands"].push_back(Band(band));
  for (const ModelShare& model : horizon.models) document["models"].push_back(Model(model));
  return document;
}

Json Series(const SeriesForecasts& series) {
  Json document = {{"labels", Json::object()},
                   {"rule", series.rule},
                   {"status", SeriesStatusName(series.status)},
                   {"step_seconds", Seconds(series.step_ms)},
                   {"seasons_seconds", Json::array()},
                   {"newest_sample_timestamp", Seconds(series.newest_sample_ms)},
                   {"anomaly_score", Number(series.anomaly_score)},
                   {"horizons", Json::array()}};
  for (const int64_t season_ms : series.seasons_ms) document["seasons_seconds"].push_back(Seconds(season_ms));
  for (const Label& label : series.labels) document["labels"][label.name] = label.value;
  for (const HorizonForecast& horizon : series.horizons) document["horizons"].push_back(Horizon(horizon));
  return document;
}

}  // namespace

std::string SeriesDocument(const FoundSeries& found) {
  // Written series by series: a tree of all of them would take many times the memory of its text.
  std::string document = R"({"status":"success","data":[)";
  for (const SeriesForecasts& series : found.series) {
    if (&series != &found.series.front()) document += ',';
    document += Series(series).dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  document += ']';
  if (found.truncated) document += R"(,"warnings":["results truncated due to limit"])";
  return document += '}';
}

}  // namespace promcast
