#include "request_builder.h"

#include <algorithm>

namespace promcast::testing {
namespace {

size_t Below(std::mt19937_64& random, size_t bound) {
  return random() % bound;
}

TextLabels RandomLabels(std::mt19937_64& random) {
  static const std::vector<std::string> names = {"job", "instance", "pod", "le", "cpu", "zone", std::string(130, 'n')};
  TextLabels labels = {{"__name__", "metric_" + std::to_string(Below(random, 5))}};
  for (const std::string& name : names) {
    if (Below(random, 3) == 0)
      labels.emplace_back(name, Below(random, 8) == 0 ? "" : "value" + std::to_string(Below(random, 20)));
  }
  if (Below(random, 3) == 0) std::shuffle(labels.begin(), labels.end(), random);
  return labels;
}

double RandomValue(std::mt19937_64& random) {
  if (Below(random, 6) == 0) return StaleMarker();
  return static_cast<double>(Below(random, 1000)) / 8 - 20;
}

int64_t RandomTimestamp(std::mt19937_64& random) {
  return Below(random, 10) == 0 ? -5 : 1700000000000 + static_cast<int64_t>(Below(random, 1000000));
}

template <typename Series>
void AddPoints(Series& series, std::mt19937_64& random) {
  using Histogram = std::decay_t<decltype(series.histograms(0))>;
  const size_t samples = Below(random, 4) == 0 ? Below(random, 5) : 1;
  for (size_t i = 0; i < samples; i++) {
    auto& sample = *series.add_samples();
    sample.set_value(RandomValue(random));
    sample.set_timestamp(RandomTimestamp(random));
  }
  if (Below(random, 4) == 0) *series.add_histograms() = ValidHistogram<Histogram>(RandomTimestamp(random));
  if (Below(random, 6) == 0) *series.add_histograms() = ValidFloatHistogram<Histogram>(RandomTimestamp(random));
  if (Below(random, 6) == 0) *series.add_histograms() = ValidCustomBucketsHistogram<Histogram>(RandomTimestamp(random));
}

std::string RandomV1(std::mt19937_64& random) {
  v1::WriteRequest request;
  for (size_t i = Below(random, 4); i > 0; i--) {
    v1::TimeSeries& series = AddSeries(request, RandomLabels(random));
    AddPoints(series, random);
    for (size_t k = Below(random, 3); k > 0; k--) {
      v1::Exemplar& exemplar = *series.add_exemplars();
      v1::Label& label = *exemplar.add_labels();
      label.set_name("trace_id");
      label.set_value("abc");
      exemplar.set_value(RandomValue(random));
      exemplar.set_timestamp(RandomTimestamp(random));
    }
  }
  for (size_t i = Below(random, 3) == 0 ? Below(random, 3) : 0; i > 0; i--) {
    v1::MetricMetadata& metadata = *request.add_metadata();
    metadata.set_type(static_cast<v1::MetricMetadata::MetricType>(Below(random, 9)));
    metadata.set_metric_family_name("metric_" + std::to_string(i));
    metadata.set_help("What it is.");
    metadata.set_unit("seconds");
  }
  return request.SerializeAsString();
}

std::string RandomV2(std::mt19937_64& random) {
  v2::Request request;
  request.add_symbols("");
  for (size_t i = Below(random, 4); i > 0; i--) {
    v2::TimeSeries& series = AddSeries(request, RandomLabels(random));
    AddPoints(series, random);
    for (size_t k = Below(random, 3); k > 0; k--) {
      v2::Exemplar& exemplar = *series.add_exemplars();
      exemplar.add_labels_refs(Ref(request, "trace_id"));
      exemplar.add_labels_refs(Ref(request, "abc"));
      exemplar.set_value(RandomValue(random));
      exemplar.set_timestamp(RandomTimestamp(random));
    }
    if (Below(random, 2) == 0) {
      v2::Metadata& metadata = *series.mutable_metadata();
      metadata.set_type(static_cast<v2::Metadata::MetricType>(Below(random, 9)));
      metadata.set_help_ref(Ref(request, "What it is."));
      if (Below(random, 2) == 0) metadata.set_unit_ref(Ref(request, "seconds"));
    }
    if (Below(random, 3) == 0 && series.samples_size() > 0)
      series.mutable_samples(0)->set_start_timestamp(1600000000000);
  }
  return request.SerializeAsString();
}

}  // namespace

uint32_t Ref(v2::Request& request, std::string_view text) {
  if (request.symbols_size() == 0) request.add_symbols("");
  const auto& symbols = request.symbols();
  const auto at = std::find(symbols.begin(), symbols.end(), text);
  const auto ref = static_cast<uint32_t>(at - symbols.begin());
  if (at == symbols.end()) request.add_symbols(std::string(text));
  return ref;
}

v1::TimeSeries& AddSeries(v1::WriteRequest& request, const TextLabels& labels) {
  v1::TimeSeries& series = *request.add_timeseries();
  for (const auto& [name, value] : labels) {
    v1::Label& label = *series.add_labels();
    label.set_name(name);
    label.set_value(value);
  }
  return series;
}

v2::TimeSeries& AddSeries(v2::Request& request, const TextLabels& labels) {
  v2::TimeSeries& series = *request.add_timeseries();
  for (const auto& [name, value] : labels) {
    series.add_labels_refs(Ref(request, name));
    series.add_labels_refs(Ref(request, value));
  }
  return series;
}

std::string RandomRequest(WriteProtocol protocol, std::mt19937_64& random) {
  return protocol == WriteProtocol::kV1 ? RandomV1(random) : RandomV2(random);
}

}  // namespace promcast::testing
