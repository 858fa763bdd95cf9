#include "pipeline/output_series.h"

#include <algorithm>
#include <array>

#include "ingest/label_rules.h"
#include "remote_write/label_block.h"

namespace promcast {
namespace {

constexpr std::array<std::string_view, 4> kReservedLabels = {"coverage", kForecasterLabel, "horizon", "metric"};

bool IsReserved(std::string_view name) {
  return std::find(kReservedLabels.begin(), kReservedLabels.end(), name) != kReservedLabels.end();
}

}  // namespace

void OutputSeries::Open(std::string_view label_block, CellReading reading, const Rule& rule) {
  rule_ = &rule;
  block_ = label_block;
  DecodeLabelBlock(block_, labels_);
  bool clash = false;
  std::string_view name;
  for (const LabelView& label : labels_) {
    if (label.name == kMetricNameLabel) name = label.value;
    clash = clash || IsReserved(label.name);
  }
  metric_ = name;
  std::string_view stem = name;
  if (reading == CellReading::kRate && stem.ends_with("_total")) stem.remove_suffix(6);
  const std::string_view rate = reading == CellReading::kRate ? "rate_" : "";
  const auto set = [&](std::string& out, std::string_view prefix) { out.assign(prefix).append(rate).append(stem); };
  set(point_name_, "predicted_");
  set(lower_name_, "predicted_lower_");
  set(upper_name_, "predicted_upper_");
  if (clash) RenameClashes();
}

void OutputSeries::RenameClashes() {
  std::vector<Label> labels;
  for (const LabelView& label : labels_) {
    labels.push_back({(IsReserved(label.name) ? "exported_" : "") + std::string(label.name), std::string(label.value)});
  }
  renamed_block_.clear();
  for (const Label& label : Labels(std::move(labels))) AppendLabel(renamed_block_, label.name, label.value);
  block_ = renamed_block_;
}

void OutputSeries::Append(std::string_view name, std::vector<LabelView>& added, Sample sample, OutputBatch& out) {
  added.push_back({kMetricNameLabel, name});
  added.push_back({kForecasterLabel, kForecasterValue});
  std::sort(added.begin(), added.end());
  SpliceLabels(block_, added, spliced_);
  out.Append(spliced_, sample);
}

void OutputSeries::AppendPoint(size_t horizon, Sample sample, OutputBatch& out) {
  added_.assign({{"horizon", rule_->horizon_texts[horizon]}});
  Append(point_name_, added_, sample, out);
}

void OutputSeries::AppendBand(size_t horizon, size_t coverage, Sample lower, Sample upper, OutputBatch& out) {
  for (const bool is_upper : {false, true}) {
    added_.assign({{"coverage", rule_->coverage_texts[coverage]}, {"horizon", rule_->horizon_texts[horizon]}});
    Append(is_upper ? upper_name_ : lower_name_, added_, is_upper ? upper : lower, out);
  }
}

void OutputSeries::AppendAnomaly(Sample score, Sample verdict, OutputBatch& out) {
  added_.assign({{"metric", metric_}});
  Append("forecast_anomaly_score", added_, score, out);
  added_.assign({{"metric", metric_}});
  Append("forecast_anomaly", added_, verdict, out);
}

void OutputSeries::AppendEnd(int64_t timestamp_ms, OutputBatch& out) {
  const Sample end{timestamp_ms, StaleMarker()};
  for (size_t horizon = 0; horizon < rule_->horizon_texts.size(); horizon++) {
    AppendPoint(horizon, end, out);
    for (size_t coverage = 0; coverage < rule_->coverage_texts.size(); coverage++)
      AppendBand(horizon, coverage, end, end, out);
  }
  if (rule_->options.anomaly_score) AppendAnomaly(end, end, out);
}

}  // namespace promcast
