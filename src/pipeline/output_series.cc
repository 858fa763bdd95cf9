#include "pipeline/output_series.h"

#include <algorithm>
#include <array>
#include <span>

#include "ingest/label_rules.h"
#include "remote_write/label_block.h"

namespace promcast {
namespace {

// Labels that promcast adds, by name. An input series' own label of that name becomes exported_<name>, as in
// Prometheus; its metric name is replaced.
constexpr std::array kAddedNames = {kMetricNameLabel, std::string_view("coverage"), kForecasterLabel,
                                    std::string_view("horizon"), std::string_view("metric")};
constexpr std::array kThresholdNames = {kMetricNameLabel, kForecasterLabel, std::string_view("metric"),
                                        std::string_view("quantile"), std::string_view("threshold")};
constexpr std::array kReservedLabels = {kAddedNames[1], kAddedNames[2], kAddedNames[3], kAddedNames[4]};
constexpr std::array kReservedThresholdLabels = {kForecasterLabel, std::string_view("horizon"),
                                                 std::string_view("metric"), std::string_view("quantile"),
                                                 std::string_view("threshold")};

std::string EncodedLabel(std::string_view name, std::string_view value) {
  std::string label;
  AppendLabel(label, name, value);
  return label;
}

const std::string kForecaster = EncodedLabel(kForecasterLabel, kForecasterValue);
const std::string kScoreName = EncodedLabel(kMetricNameLabel, "forecast_anomaly_score");
const std::string kVerdictName = EncodedLabel(kMetricNameLabel, "forecast_anomaly");
const std::string kTimeToThresholdName = EncodedLabel(kMetricNameLabel, "forecast_time_to_threshold_seconds");

/// Cuts the labels at `added`, after those of `reserved` have been renamed.
void Cut(std::span<const LabelView> labels, std::span<const std::string_view> reserved,
         std::span<const std::string_view> added, std::string& block, std::span<std::string_view> pieces) {
  const auto is_reserved = [&](const LabelView& label) {
    return std::find(reserved.begin(), reserved.end(), label.name) != reserved.end();
  };
  if (std::none_of(labels.begin(), labels.end(), is_reserved)) return EncodeCutLabels(labels, added, block, pieces);
  std::vector<Label> renamed;
  for (const LabelView& label : labels) {
    renamed.push_back({(is_reserved(label) ? "exported_" : "") + std::string(label.name), std::string(label.value)});
  }
  const Labels sorted(std::move(renamed));
  std::vector<LabelView> views;
  for (const Label& label : sorted) views.push_back({label.name, label.value});
  EncodeCutLabels(views, added, block, pieces);
}

}  // namespace

void OutputSeries::Open(std::span<const LabelView> labels, CellReading reading, const Rule& rule) {
  rule_ = &rule;
  std::string_view stem;
  for (const LabelView& label : labels) {
    if (label.name == kMetricNameLabel) stem = label.value;
  }
  const auto set = [](std::string& out, std::string_view name, std::string_view value) {
    out.clear();
    AppendLabel(out, name, value);
  };
  set(metric_label_, "metric", stem);
  if (reading == CellReading::kRate && stem.ends_with("_total")) stem.remove_suffix(6);
  const std::string_view rate = reading == CellReading::kRate ? "rate_" : "";
  const auto set_name = [&](std::string& out, std::string_view prefix) {
    name_.assign(prefix).append(rate).append(stem);
    set(out, kMetricNameLabel, name_);
  };
  set_name(point_label_, "predicted_");
  set_name(lower_label_, "predicted_lower_");
  set_name(upper_label_, "predicted_upper_");
  Cut(labels, kReservedLabels, kAddedNames, block_text_, block_);
  if (rule.options.thresholds.empty()) return;
  Cut(labels, kReservedThresholdLabels, kThresholdNames, threshold_block_text_, threshold_block_);
}

void OutputSeries::Append(const CutBlock& block, const AddedLabels& added, Sample sample, OutputBatch& out) {
  std::array<std::string_view, 2 * kPlaces + 1> pieces;
  for (size_t i = 0; i < kPlaces; i++) {
    pieces[2 * i] = block[i];
    pieces[2 * i + 1] = added[i];
  }
  pieces.back() = block.back();
  out.Append(pieces, sample);
}

void OutputSeries::AppendPoint(size_t horizon, Sample sample, OutputBatch& out) {
  Append(block_, {point_label_, "", kForecaster, rule_->horizon_labels[horizon], ""}, sample, out);
}

void OutputSeries::AppendBand(size_t horizon, size_t coverage, Sample lower, Sample upper, OutputBatch& out) {
  const std::string_view coverage_label = rule_->coverage_labels[coverage];
  const std::string_view horizon_label = rule_->horizon_labels[horizon];
  Append(block_, {lower_label_, coverage_label, kForecaster, horizon_label, ""}, lower, out);
  Append(block_, {upper_label_, coverage_label, kForecaster, horizon_label, ""}, upper, out);
}

void OutputSeries::CurveLabels(size_t part, std::string& label_block) const {
  const std::string_view name_label = part == 0 ? point_label_ : part % 2 == 1 ? lower_label_ : upper_label_;
  const std::string_view coverage_label = part > 0 ? rule_->coverage_labels[(part - 1) / 2] : std::string_view();
  const AddedLabels added{name_label, coverage_label, kForecaster, "", ""};
  label_block.clear();
  for (size_t i = 0; i < kPlaces; i++) label_block.append(block_[i]).append(added[i]);
  label_block.append(block_.back());
}

void OutputSeries::AppendAnomaly(Sample score, Sample verdict, OutputBatch& out) {
  Append(block_, {kScoreName, "", kForecaster, "", metric_label_}, score, out);
  Append(block_, {kVerdictName, "", kForecaster, "", metric_label_}, verdict, out);
}

void OutputSeries::AppendTimeToThreshold(size_t threshold, bool edge, Sample seconds, OutputBatch& out) {
  const ThresholdOptions& options = rule_->options.thresholds[threshold];
  const std::string_view edge_text =
      options.side == ThresholdSide::kBelow ? rule_->lower_edge_text : rule_->upper_edge_text;
  quantile_label_.clear();
  AppendLabel(quantile_label_, "quantile", edge ? edge_text : "0.5");
  threshold_label_.clear();
  AppendLabel(threshold_label_, "threshold", options.name);
  Append(threshold_block_, {kTimeToThresholdName, kForecaster, metric_label_, quantile_label_, threshold_label_},
         seconds, out);
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
