#pragma once

#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "self_metrics/metrics.h"

namespace promcast {

enum class MetricKind { kCounter, kGauge, kHistogram };

/// One metric of a family as it is rendered: its labels and where its value comes from.
struct MetricView {
  const MetricRegistry::MetricLabels* labels;
  std::variant<double, const Histogram*> value;
};

/// All metrics of one name. `name` is a counter's name without _total.
struct FamilyView {
  std::string_view name;
  std::string_view help;
  MetricKind kind;
  std::vector<MetricView> metrics;
};

/// The exposition of families, which come in the order they are to be written.
/// https://prometheus.io/docs/instrumenting/exposition_formats/,
/// https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md
std::string RenderExposition(MetricRegistry::Format format, const std::vector<FamilyView>& families);

}  // namespace promcast
