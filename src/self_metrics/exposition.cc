#include "self_metrics/exposition.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

namespace promcast {
namespace {

using Format = MetricRegistry::Format;
using MetricLabels = MetricRegistry::MetricLabels;

std::string Number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

/// A bucket's bound: OpenMetrics wants its numbers canonical, so that 1 is 1.0 there.
std::string Bound(Format format, double bound) {
  std::string text = Number(bound);
  if (format == Format::kOpenMetrics && text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
  return text;
}

void AppendEscaped(std::string& out, std::string_view text, bool quotes) {
  for (char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

void AppendLabel(std::string& out, std::string_view name, std::string_view value, bool first) {
  out += first ? '{' : ',';
  out += name, out += "=\"";
  AppendEscaped(out, value, true);
  out += '"';
}

/// `le` is a bucket's bound; empty for none.
void AppendSample(std::string& out, std::string_view name, std::string_view suffix, const MetricLabels& labels,
                  std::string_view le, std::string_view value) {
  out += name, out += suffix;
  bool first = true;
  for (const auto& [label, label_value] : labels) AppendLabel(out, label, label_value, std::exchange(first, false));
  if (!le.empty()) AppendLabel(out, "le", le, std::exchange(first, false));
  if (!first) out += '}';
  out += ' ', out += value, out += '\n';
}

void AppendHistogram(std::string& out, Format format, std::string_view name, const MetricLabels& labels,
                     const Histogram& histogram) {
  const std::vector<uint64_t> counts = histogram.counts();
  uint64_t cumulative = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    cumulative += counts[i];
    const bool last = i + 1 == counts.size();
    AppendSample(out, name, "_bucket", labels, last ? "+Inf" : Bound(format, histogram.upper_bounds()[i]),
                 fmt::format("{}", cumulative));
  }
  AppendSample(out, name, "_sum", labels, "", Number(histogram.sum()));
  AppendSample(out, name, "_count", labels, "", fmt::format("{}", cumulative));
}

std::string_view KindName(MetricKind kind) {
  switch (kind) {
    case MetricKind::kCounter:
      return "counter";
    case MetricKind::kGauge:
      return "gauge";
    case MetricKind::kHistogram:
      return "histogram";
  }
  return "unknown";
}

void AppendFamily(std::string& out, Format format, const FamilyView& family) {
  const std::string_view suffix = family.kind == MetricKind::kCounter ? "_total" : "";
  const std::string_view family_suffix = format == Format::kText ? suffix : "";
  fmt::format_to(std::back_inserter(out), "# HELP {}{} ", family.name, family_suffix);
  AppendEscaped(out, family.help, format == Format::kOpenMetrics);
  fmt::format_to(std::back_inserter(out), "\n# TYPE {}{} {}\n", family.name, family_suffix, KindName(family.kind));
  for (const MetricView& metric : family.metrics) {
    if (const auto* histogram = std::get_if<const Histogram*>(&metric.value)) {
      AppendHistogram(out, format, family.name, *metric.labels, **histogram);
    } else {
      AppendSample(out, family.name, suffix, *metric.labels, "", Number(std::get<double>(metric.value)));
    }
  }
}

}  // namespace

std::string RenderExposition(Format format, const std::vector<FamilyView>& families) {
  std::string out;
  for (const FamilyView& family : families) AppendFamily(out, format, family);
  if (format == Format::kOpenMetrics) out += "# EOF\n";
  return out;
}

}  // namespace promcast
