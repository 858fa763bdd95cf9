#include "pipeline/output_series.h"

#include <algorithm>
#include <array>
#include <span>

#include "ingest/label_rules.h"
#include "remote_write/label_block.h"

namespace promcast {
namespace {

std::string EncodedLabel(std::string_view name, std::string_view value) {
  std::string label;
  AppendLabel(label, name, value);
  return label;
}

const std::string kForecaster = EncodedLabel(kForecasterLabel, kForecasterValue);
const std::string kScoreName = EncodedLabel(kMetricNameLabel, "forecast_anomaly_score");
const std::string kVerdictName = EncodedLabel(kMetricNameLabel, "forecast_anomaly");
const std::string kTimeToThresholdName = EncodedLabel(kMetricNameLabel, "forecast_time_to_threshold_seconds");

}  // namespace

void OutputSeries::KeepRuleLabels() {
  forecaster_ = out_->Keep(kForecaster);
  score_ = out_->Keep(kScoreName);
  verdict_ = out_->Keep(kVerdictName);
  horizons_.clear();
  for (const std::string& label : rule_->horizon_labels) horizons_.push_back(out_->Keep(label));
  coverages_.clear();
  for (const std::string& label : rule_->coverage_labels) coverages_.push_back(out_->Keep(label));
}

OutputSeries::Names OutputSeries::KeepNames(std::string_view metric, CellReading reading) {
  std::string_view stem = metric;
  if (reading == CellReading::kRate && stem.ends_with("_total")) stem.remove_suffix(6);
  const std::string_view rate = reading == CellReading::kRate ? "rate_" : "";
  const auto keep = [&](std::string_view prefix) {
    name_.assign(prefix).append(rate).append(stem);
    return out_->KeepLabel(kMetricNameLabel, name_);
  };
  Names names;
  names.point = keep("predicted_");
  names.lower = keep("predicted_lower_");
  names.upper = keep("predicted_upper_");
  names.metric = out_->KeepLabel("metric", metric);
  return names;
}

OutputSeries::Names OutputSeries::NamesOf(std::span<const StoredLabel> labels, CellReading reading) {
  const auto metric = std::ranges::find(labels, kMetricNameLabel, [](const auto& stored) { return stored.label.name; });
  if (metric == labels.end()) return KeepNames({}, reading);
  if (!metric->is_shared) return KeepNames(metric->label.value, reading);
  Names& known = known_names_[metric->text % known_names_.size()];
  if (known.text != metric->text || known.epoch != label_pieces_.epoch() || known.reading != reading) {
    known = KeepNames(metric->label.value, reading);
    known.text = metric->text;
    known.epoch = label_pieces_.epoch();
    known.reading = reading;
  }
  return known;
}

void OutputSeries::Open(std::span<const StoredLabel> labels, uint64_t generation, CellReading reading, const Rule& rule,
                        OutputBatch& out) {
  const bool new_batch = out_ != &out || out.empty();
  const bool new_rule = new_batch || rule_ != &rule;
  rule_ = &rule;
  out_ = &out;
  label_pieces_.Begin(out, new_batch, generation);
  if (new_rule) KeepRuleLabels();
  names_ = NamesOf(labels, reading);
  frame_ = label_pieces_.Cut(labels, LabelPieces::kForecast);
  if (!rule.options.thresholds.empty()) threshold_frame_ = label_pieces_.Cut(labels, LabelPieces::kTimeToThreshold);
}

void OutputSeries::Open(std::span<const LabelView> labels, CellReading reading, const Rule& rule, OutputBatch& out) {
  own_labels_.clear();
  for (const LabelView& label : labels) own_labels_.push_back({label});
  Open(own_labels_, 0, reading, rule, out);
}

void OutputSeries::AppendPoint(size_t horizon, Sample sample) {
  out_->Append(frame_, {names_.point, kNothing, forecaster_, horizons_[horizon], kNothing}, sample);
}

void OutputSeries::AppendBand(size_t horizon, size_t coverage, Sample lower, Sample upper) {
  out_->Append(frame_, {names_.lower, coverages_[coverage], forecaster_, horizons_[horizon], kNothing}, lower);
  out_->Append(frame_, {names_.upper, coverages_[coverage], forecaster_, horizons_[horizon], kNothing}, upper);
}

void OutputSeries::AppendCurve(size_t part, Sample sample) {
  const Piece name = part == 0 ? names_.point : part % 2 == 1 ? names_.lower : names_.upper;
  const Piece coverage = part == 0 ? kNothing : coverages_[(part - 1) / 2];
  out_->Append(frame_, {name, coverage, forecaster_, kNothing, kNothing}, sample);
}

void OutputSeries::AppendAnomaly(Sample score, Sample verdict) {
  out_->Append(frame_, {score_, kNothing, forecaster_, kNothing, names_.metric}, score);
  out_->Append(frame_, {verdict_, kNothing, forecaster_, kNothing, names_.metric}, verdict);
}

void OutputSeries::AppendTimeToThreshold(size_t threshold, bool edge, Sample seconds) {
  const ThresholdOptions& options = rule_->options.thresholds[threshold];
  const std::string_view edge_text =
      options.side == ThresholdSide::kBelow ? rule_->lower_edge_text : rule_->upper_edge_text;
  const Piece quantile = out_->KeepLabel("quantile", edge ? edge_text : "0.5");
  const Piece threshold_label = out_->KeepLabel("threshold", options.name);
  out_->Append(threshold_frame_,
               {out_->Keep(kTimeToThresholdName), forecaster_, names_.metric, quantile, threshold_label}, seconds);
}

void OutputSeries::AppendEnd(int64_t timestamp_ms, uint16_t threshold_output) {
  const Sample end{timestamp_ms, StaleMarker()};
  for (size_t horizon = 0; horizon < rule_->horizon_texts.size(); horizon++) {
    AppendPoint(horizon, end);
    for (size_t coverage = 0; coverage < rule_->coverage_texts.size(); coverage++)
      AppendBand(horizon, coverage, end, end);
  }
  if (rule_->options.anomaly_score) AppendAnomaly(end, end);
  for (size_t bit = 0; bit < 2 * rule_->options.thresholds.size(); bit++) {
    if ((threshold_output >> bit & 1) != 0) AppendTimeToThreshold(bit / 2, bit % 2 != 0, end);
  }
}

}  // namespace promcast
