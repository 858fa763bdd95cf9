#include "pipeline/output_series.h"

#include <algorithm>
#include <array>
#include <span>

#include "ingest/label_rules.h"
#include "remote_write/label_block.h"

namespace promcast {
namespace {

// Labels that promcast adds. An input series' own label of that name becomes exported_<name>, as in Prometheus.
constexpr std::array<std::string_view, 4> kReservedLabels = {"coverage", kForecasterLabel, "horizon", "metric"};
constexpr std::array<std::string_view, 5> kReservedThresholdLabels = {kForecasterLabel, "horizon", "metric", "quantile",
                                                                      "threshold"};

/// `block`, or, where one of its labels is reserved, `renamed`, which is then the block with such labels renamed.
std::string_view RenameClashes(std::string_view block, std::span<const LabelView> labels,
                               std::span<const std::string_view> reserved, std::string& renamed) {
  const auto is_reserved = [&](std::string_view name) {
    return std::find(reserved.begin(), reserved.end(), name) != reserved.end();
  };
  if (std::none_of(labels.begin(), labels.end(), [&](const LabelView& label) { return is_reserved(label.name); }))
    return block;
  std::vector<Label> copy;
  for (const LabelView& label : labels) {
    copy.push_back({(is_reserved(label.name) ? "exported_" : "") + std::string(label.name), std::string(label.value)});
  }
  renamed.clear();
  for (const Label& label : Labels(std::move(copy))) AppendLabel(renamed, label.name, label.value);
  return renamed;
}

}  // namespace

void OutputSeries::Open(std::string_view label_block, CellReading reading, const Rule& rule) {
  rule_ = &rule;
  DecodeLabelBlock(label_block, labels_);
  std::string_view stem;
  for (const LabelView& label : labels_) {
    if (label.name == kMetricNameLabel) stem = label.value;
  }
  metric_ = stem;
  if (reading == CellReading::kRate && stem.ends_with("_total")) stem.remove_suffix(6);
  const std::string_view rate = reading == CellReading::kRate ? "rate_" : "";
  const auto set = [&](std::string& out, std::string_view prefix) { out.assign(prefix).append(rate).append(stem); };
  set(point_name_, "predicted_");
  set(lower_name_, "predicted_lower_");
  set(upper_name_, "predicted_upper_");
  block_ = RenameClashes(label_block, labels_, kReservedLabels, renamed_block_);
  threshold_block_ = block_;
  if (!rule.options.thresholds.empty()) {
    threshold_block_ = RenameClashes(label_block, labels_, kReservedThresholdLabels, renamed_threshold_block_);
  }
}

void OutputSeries::Append(std::string_view block, std::string_view name, Sample sample, OutputBatch& out) {
  added_.push_back({kMetricNameLabel, name});
  added_.push_back({kForecasterLabel, kForecasterValue});
  std::sort(added_.begin(), added_.end());
  SpliceLabels(block, added_, spliced_);
  out.Append(spliced_, sample);
}

void OutputSeries::AppendPoint(size_t horizon, Sample sample, OutputBatch& out) {
  added_.assign({{"horizon", rule_->horizon_texts[horizon]}});
  Append(block_, point_name_, sample, out);
}

void OutputSeries::AppendBand(size_t horizon, size_t coverage, Sample lower, Sample upper, OutputBatch& out) {
  for (const bool is_upper : {false, true}) {
    added_.assign({{"coverage", rule_->coverage_texts[coverage]}, {"horizon", rule_->horizon_texts[horizon]}});
    Append(block_, is_upper ? upper_name_ : lower_name_, is_upper ? upper : lower, out);
  }
}

void OutputSeries::CurveLabels(size_t part, std::vector<LabelView>& labels) const {
  DecodeLabelBlock(block_, labels);
  const std::string_view name = part == 0 ? point_name_ : part % 2 == 1 ? lower_name_ : upper_name_;
  std::find_if(labels.begin(), labels.end(), [](auto& l) { return l.name == kMetricNameLabel; })->value = name;
  labels.push_back({kForecasterLabel, kForecasterValue});
  if (part > 0) labels.push_back({"coverage", rule_->coverage_texts[(part - 1) / 2]});
}

void OutputSeries::AppendAnomaly(Sample score, Sample verdict, OutputBatch& out) {
  added_.assign({{"metric", metric_}});
  Append(block_, "forecast_anomaly_score", score, out);
  added_.assign({{"metric", metric_}});
  Append(block_, "forecast_anomaly", verdict, out);
}

void OutputSeries::AppendTimeToThreshold(size_t threshold, bool edge, Sample seconds, OutputBatch& out) {
  const ThresholdOptions& options = rule_->options.thresholds[threshold];
  const std::string_view edge_text =
      options.side == ThresholdSide::kBelow ? rule_->lower_edge_text : rule_->upper_edge_text;
  added_.assign({{"metric", metric_}, {"quantile", edge ? edge_text : "0.5"}, {"threshold", options.name}});
  Append(threshold_block_, "forecast_time_to_threshold_seconds", seconds, out);
}

void OutputSeries::AppendEnd(int64_t timestamp_ms, uint16_t threshold_output, OutputBatch& out) {
  const Sample end{timestamp_ms, StaleMarker()};
  for (size_t horizon = 0; horizon < rule_->horizon_texts.size(); horizon++) {
    AppendPoint(horizon, end, out);
    for (size_t coverage = 0; coverage < rule_->coverage_texts.size(); coverage++)
      AppendBand(horizon, coverage, end, end, out);
  }
  if (rule_->options.anomaly_score) AppendAnomaly(end, end, out);
  for (size_t bit = 0; bit < 2 * rule_->options.thresholds.size(); bit++) {
    if ((threshold_output >> bit & 1) != 0) AppendTimeToThreshold(bit / 2, bit % 2 != 0, end, out);
  }
}

}  // namespace promcast
