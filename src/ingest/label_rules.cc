#include "ingest/label_rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "timeseries/label_names.h"

namespace promcast {
namespace {

std::string Shown(std::string_view text) {
  return std::string(text.substr(0, 80));
}

}  // namespace

SampleVerdict CheckLabels(std::vector<LabelView>& labels, std::string& problem) {
  std::sort(labels.begin(), labels.end());
  std::string_view metric;
  bool own = false;
  for (size_t i = 0; i < labels.size(); i++) {
    const auto& [name, value] = labels[i];
    if (name.empty()) {
      problem = "a label has an empty name";
      return SampleVerdict::kInvalidLabels;
    }
    if (i > 0 && labels[i - 1].name == name) {
      problem = fmt::format("label \"{}\" stands twice in a series", Shown(name));
      return SampleVerdict::kInvalidLabels;
    }
    if (!IsValidUtf8(name) || !IsValidUtf8(value)) {
      problem = "a label name or value is not valid UTF-8";
      return SampleVerdict::kInvalidLabels;
    }
    if (name == kMetricNameLabel) metric = value;
    own = own || (name == kForecasterLabel && value == kForecasterValue);
  }
  if (metric.empty()) {
    problem = "a series has no metric name";
    return SampleVerdict::kMissingName;
  }
  own = own || std::any_of(kOwnMetricPrefixes.begin(), kOwnMetricPrefixes.end(),
                           [&](std::string_view prefix) { return metric.starts_with(prefix); });
  return own ? SampleVerdict::kOwnSeries : SampleVerdict::kAccepted;
}

}  // namespace promcast
