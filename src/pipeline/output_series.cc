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

}  // namespace

/// Cuts the labels at `added`, after those of `reserved` have been renamed where one of them is a series' own (`clash`:
/// one is that does not stand in `added`).
void OutputSeries::Cut(std::span<const LabelView> labels, bool clash, std::span<const std::string_view> reserved,
                       std::span<const std::string_view> added, CutBlock& block) {
  std::array<std::string_view, kPlaces + 1> texts;
  if (constexpr size_t kName = 1; EncodeCutLabels(labels, added, text_, texts) > kName || clash) {
    std::vector<Label> renamed;
    for (const LabelView& label : labels) {
      const bool is_reserved = std::find(reserved.begin(), reserved.end(), label.name) != reserved.end();
      renamed.push_back({(is_reserved ? "exported_" : "") + std::string(label.name), std::string(label.value)});
    }
    const Labels sorted(std::move(renamed));
    std::vector<LabelView> views;
    for (const Label& label : sorted) views.push_back({label.name, label.value});
    EncodeCutLabels(views, added, text_, texts);
  }
  for (size_t i = 0; i < texts.size(); i++) block[i] = texts[i].empty() ? kNothing : out_->Keep(texts[i]);
}

void OutputSeries::KeepRuleLabels() {
  forecaster_ = out_->Keep(kForecaster);
  score_ = out_->Keep(kScoreName);
  verdict_ = out_->Keep(kVerdictName);
  horizons_.clear();
  for (const std::string& label : rule_->horizon_labels) horizons_.push_back(out_->Keep(label));
  coverages_.clear();
  for (const std::string& label : rule_->coverage_labels) coverages_.push_back(out_->Keep(label));
}

void OutputSeries::Open(std::span<const LabelView> labels, CellReading reading, const Rule& rule, OutputBatch& out) {
  const bool same_rule_and_batch = rule_ == &rule && out_ == &out && !out.empty();
  rule_ = &rule;
  out_ = &out;
  if (!same_rule_and_batch) KeepRuleLabels();
  std::string_view stem;
  for (const LabelView& label : labels) {
    if (label.name == kMetricNameLabel) stem = label.value;
  }
  metric_ = out.KeepLabel("metric", stem);
  if (reading == CellReading::kRate && stem.ends_with("_total")) stem.remove_suffix(6);
  const std::string_view rate = reading == CellReading::kRate ? "rate_" : "";
  const auto keep_name = [&](std::string_view prefix) {
    name_.assign(prefix).append(rate).append(stem);
    return out.KeepLabel(kMetricNameLabel, name_);
  };
  point_ = keep_name("predicted_");
  lower_ = keep_name("predicted_lower_");
  upper_ = keep_name("predicted_upper_");
  Cut(labels, false, kReservedLabels, kAddedNames, block_);
  if (rule.options.thresholds.empty()) return;
  const bool clash = std::any_of(labels.begin(), labels.end(), [](auto& label) { return label.name == "horizon"; });
  Cut(labels, clash, kReservedThresholdLabels, kThresholdNames, threshold_block_);
}

void OutputSeries::Append(const CutBlock& block, const AddedLabels& added, Sample sample) {
  std::array<Piece, 2 * kPlaces + 1> pieces;
  size_t count = 0;
  const auto add = [&](Piece piece) {
    pieces[count] = piece;
    count += piece != kNothing;
  };
  for (size_t i = 0; i < kPlaces; i++) {
    add(block[i]);
    add(added[i]);
  }
  add(block.back());
  out_->Append(std::span(pieces).first(count), sample);
}

void OutputSeries::AppendPoint(size_t horizon, Sample sample) {
  Append(block_, {point_, kNothing, forecaster_, horizons_[horizon], kNothing}, sample);
}

void OutputSeries::AppendBand(size_t horizon, size_t coverage, Sample lower, Sample upper) {
  Append(block_, {lower_, coverages_[coverage], forecaster_, horizons_[horizon], kNothing}, lower);
  Append(block_, {upper_, coverages_[coverage], forecaster_, horizons_[horizon], kNothing}, upper);
}

void OutputSeries::AppendCurve(size_t part, Sample sample) {
  const Piece name = part == 0 ? point_ : part % 2 == 1 ? lower_ : upper_;
  const Piece coverage = part == 0 ? kNothing : coverages_[(part - 1) / 2];
  Append(block_, {name, coverage, forecaster_, kNothing, kNothing}, sample);
}

void OutputSeries::AppendAnomaly(Sample score, Sample verdict) {
  Append(block_, {score_, kNothing, forecaster_, kNothing, metric_}, score);
  Append(block_, {verdict_, kNothing, forecaster_, kNothing, metric_}, verdict);
}

void OutputSeries::AppendTimeToThreshold(size_t threshold, bool edge, Sample seconds) {
  const ThresholdOptions& options = rule_->options.thresholds[threshold];
  const std::string_view edge_text =
      options.side == ThresholdSide::kBelow ? rule_->lower_edge_text : rule_->upper_edge_text;
  const Piece quantile = out_->KeepLabel("quantile", edge ? edge_text : "0.5");
  const Piece threshold_label = out_->KeepLabel("threshold", options.name);
  Append(threshold_block_, {out_->Keep(kTimeToThresholdName), forecaster_, metric_, quantile, threshold_label},
         seconds);
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
