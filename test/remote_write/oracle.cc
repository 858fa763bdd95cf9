#include "oracle.h"

#include <google/protobuf/message.h>
#include <google/protobuf/unknown_field_set.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include "oracle.pb.h"
#include "request_builder.h"

namespace promcast::testing {
namespace {

namespace v1 = ::prometheus;
namespace v2 = ::io::prometheus::write::v2;

bool HasGroup(const google::protobuf::Message& message) {
  const auto& reflection = *message.GetReflection();
  const auto& unknown = reflection.GetUnknownFields(message);
  for (int i = 0; i < unknown.field_count(); i++) {
    if (unknown.field(i).type() == google::protobuf::UnknownField::TYPE_GROUP) return true;
  }
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const auto* field : fields) {
    if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated() && HasGroup(reflection.GetMessage(message, field))) return true;
    for (int i = 0; field->is_repeated() && i < reflection.FieldSize(message, field); i++) {
      if (HasGroup(reflection.GetRepeatedMessage(message, field, i))) return true;
    }
  }
  return false;
}

template <typename Message>
bool Parse(const std::string& bytes, Message& message) {
  return message.ParseFromString(bytes) && !HasGroup(message);
}

MetricType TypeOf(int number) {
  return number >= 0 && number <= 7 ? static_cast<MetricType>(number) : MetricType::kUnknown;
}

// The bucket counts of one side; nullopt when the spans or a count are impossible.
template <typename Spans, typename Deltas, typename Counts>
std::optional<std::vector<long double>> Buckets(const Spans& spans, const Deltas& deltas, const Counts& counts,
                                                bool floats) {
  std::vector<long double> buckets(counts.begin(), counts.end());
  if (!floats) {
    buckets.clear();
    __int128 bucket = 0;
    for (int64_t delta : deltas) {
      bucket += delta;
      if (bucket > std::numeric_limits<int64_t>::max()) return std::nullopt;
      buckets.push_back(static_cast<long double>(bucket));
    }
  }
  uint64_t length = 0;
  for (int i = 0; i < spans.size(); i++) {
    if (i > 0 && spans[i].offset() < 0) return std::nullopt;
    length += spans[i].length();
  }
  if (length != buckets.size()) return std::nullopt;
  if (std::any_of(buckets.begin(), buckets.end(), [](long double count) { return count < 0; })) return std::nullopt;
  return buckets;
}

template <typename Histogram>
bool CustomBoundsValid(const Histogram& h) {
  std::vector<double> bounds(h.custom_values().begin(), h.custom_values().end());
  for (size_t i = 0; i < bounds.size(); i++) {
    if (!std::isfinite(bounds[i]) || (i > 0 && bounds[i] <= bounds[i - 1])) return false;
  }
  uint64_t reach = 0;
  for (const auto& span : h.positive_spans()) {
    if (span.offset() < 0) return false;
    reach += static_cast<uint64_t>(span.offset()) + span.length();
  }
  return reach <= bounds.size() + 1;
}

template <typename Histogram>
bool HistogramValid(const Histogram& h) {
  if (IsStaleMarker(h.sum())) return true;
  const bool floats = h.count_case() == Histogram::kCountFloat;
  const auto positive = Buckets(h.positive_spans(), h.positive_deltas(), h.positive_counts(), floats);
  if (!positive) return false;
  std::vector<long double> all = *positive;
  if (h.schema() == -53) {
    const bool negative = h.negative_spans_size() + h.negative_deltas_size() + h.negative_counts_size() > 0;
    if (!CustomBoundsValid(h) || negative || h.zero_threshold() != 0) return false;
    if (h.zero_count_int() != 0 || h.zero_count_float() != 0) return false;
  } else {
    if (h.schema() < -4 || h.schema() > 8 || h.custom_values_size() > 0) return false;
    const auto negative = Buckets(h.negative_spans(), h.negative_deltas(), h.negative_counts(), floats);
    if (!negative) return false;
    all.insert(all.end(), negative->begin(), negative->end());
  }
  all.push_back(floats ? h.zero_count_float() : static_cast<long double>(h.zero_count_int()));
  // 64 bits of mantissa hold every integer count exactly; so do sums of them in what the tests mutate, or they are far
  // off.
  const long double buckets = std::accumulate(all.begin(), all.end(), 0.0L);
  if (!floats) return std::isnan(h.sum()) ? buckets <= h.count_int() : buckets == h.count_int();
  if (!std::isfinite(h.count_float()) || h.count_float() < 0 || all.back() < 0) return false;
  if (!(buckets <= std::numeric_limits<double>::max())) return false;
  const long double slack = 1e-6L * std::max<long double>(buckets, h.count_float());
  return buckets - h.count_float() <= slack && (std::isnan(h.sum()) || h.count_float() - buckets <= slack);
}

template <typename Series>
void DecodePoints(const Series& series, DecodedSeries& decoded) {
  for (const auto& sample : series.samples()) decoded.samples.push_back({sample.timestamp(), sample.value()});
  for (const auto& h : series.histograms()) {
    using Histogram = std::decay_t<decltype(h)>;
    const bool floats = h.count_case() == Histogram::kCountFloat;
    const double count = floats ? h.count_float() : static_cast<double>(h.count_int());
    decoded.histograms.push_back({h.timestamp(), count, h.sum(), HistogramValid(h)});
  }
}

// Checks all the labels sent against the limits, and keeps those that have a value.
void TakeLabels(std::vector<std::pair<std::string, std::string>> labels, const DecodeLimits& limits,
                OracleSeries& series) {
  if (labels.size() > limits.max_labels_per_series) series.errors.insert(SeriesError::kTooManyLabels);
  for (auto& [name, value] : labels) {
    if (name.size() > limits.max_label_name_bytes) series.errors.insert(SeriesError::kLabelNameTooLong);
    if (value.size() > limits.max_label_value_bytes) series.errors.insert(SeriesError::kLabelValueTooLong);
    if (!value.empty()) series.decoded.labels.emplace_back(std::move(name), std::move(value));
  }
}

const std::set<SeriesError> kAnyError = {SeriesError::kMalformed,        SeriesError::kTooManyLabels,
                                         SeriesError::kLabelNameTooLong, SeriesError::kLabelValueTooLong,
                                         SeriesError::kOddLabelRefs,     SeriesError::kSymbolOutOfRange};

OracleSeries DecodeV1Series(const std::string& bytes, const DecodeLimits& limits) {
  OracleSeries result;
  oracle::V1Series series;
  if (!Parse(bytes, series)) return {kAnyError, {}};
  std::vector<std::pair<std::string, std::string>> labels;
  for (const auto& label : series.labels()) labels.emplace_back(label.name(), label.value());
  TakeLabels(std::move(labels), limits, result);
  DecodePoints(series, result.decoded);
  for (const std::string& exemplar : series.exemplars()) {
    v1::Exemplar parsed;
    result.decoded.exemplar_count += Parse(exemplar, parsed) ? 1 : 0;
  }
  if (result.errors.empty()) result.errors = {SeriesError::kNone};
  return result;
}

OracleSeries DecodeV2Series(const std::string& bytes, const oracle::V2Request& request, const DecodeLimits& limits) {
  OracleSeries result;
  oracle::V2Series series;
  if (!Parse(bytes, series)) return {kAnyError, {}};
  const auto symbol_count = static_cast<uint32_t>(request.symbols_size());
  const auto in_range = [&](const auto& refs) {
    return std::all_of(refs.begin(), refs.end(), [&](uint32_t ref) { return ref < symbol_count; });
  };
  const auto text = [&](uint32_t ref) { return ref < symbol_count ? request.symbols(static_cast<int>(ref)) : ""; };
  const auto& refs = series.labels_refs();
  if (refs.size() % 2 != 0) result.errors.insert(SeriesError::kOddLabelRefs);
  if (!in_range(refs)) result.errors.insert(SeriesError::kSymbolOutOfRange);
  std::vector<std::pair<std::string, std::string>> labels;
  for (int i = 0; i + 1 < refs.size(); i += 2) labels.emplace_back(text(refs[i]), text(refs[i + 1]));
  TakeLabels(std::move(labels), limits, result);
  DecodePoints(series, result.decoded);
  for (const std::string& exemplar : series.exemplars()) {
    v2::Exemplar parsed;
    const bool valid = Parse(exemplar, parsed) && parsed.labels_refs_size() % 2 == 0 && in_range(parsed.labels_refs());
    result.decoded.exemplar_count += valid ? 1 : 0;
  }
  if (series.has_metadata()) {
    const auto& metadata = series.metadata();
    const uint32_t bound = std::max(symbol_count, 1u);
    if (metadata.help_ref() >= bound || metadata.unit_ref() >= bound)
      result.errors.insert(SeriesError::kSymbolOutOfRange);
    result.decoded.metadata = {TypeOf(metadata.type()), "", text(metadata.help_ref()), text(metadata.unit_ref())};
    for (const auto& [name, value] : result.decoded.labels) {
      if (name == "__name__") result.decoded.metadata->metric_family = value;
    }
  }
  if (result.errors.empty()) result.errors = {SeriesError::kNone};
  return result;
}

std::string Printed(const DecodedSeries& series) {
  std::string out;
  const auto bits = [](double value) { return std::to_string(std::bit_cast<uint64_t>(value)); };
  for (const auto& [name, value] : series.labels) out += name + "=" + value + " ";
  for (const auto& sample : series.samples)
    out += "\nsample " + std::to_string(sample.timestamp_ms) + " " + bits(sample.value);
  for (const auto& h : series.histograms) {
    out += "\nhistogram " + std::to_string(h.timestamp_ms) + " " + bits(h.count) + " " + bits(h.sum) +
           (h.valid ? "" : " invalid");
  }
  out += "\nexemplars " + std::to_string(series.exemplar_count);
  if (series.metadata) {
    const DecodedMetadata& m = *series.metadata;
    out += "\nmetadata " + std::to_string(static_cast<int>(m.type)) + m.metric_family + "|" + m.help + "|" + m.unit;
  }
  return out;
}

DecodedMetadata Copied(const MetadataView& view) {
  return {view.type, std::string(view.metric_family), std::string(view.help), std::string(view.unit)};
}

}  // namespace

std::optional<OracleRequest> OracleDecode(WriteProtocol protocol, const std::string& message,
                                          const DecodeLimits& limits) {
  OracleRequest result;
  if (protocol == WriteProtocol::kV1) {
    oracle::V1Request request;
    if (!Parse(message, request)) return std::nullopt;
    for (const std::string& series : request.timeseries()) result.series.push_back(DecodeV1Series(series, limits));
    for (const auto& m : request.metadata()) {
      result.metadata.push_back({TypeOf(m.type()), m.metric_family_name(), m.help(), m.unit()});
    }
    return result;
  }
  oracle::V2Request request;
  if (!Parse(message, request)) return std::nullopt;
  if (request.symbols_size() > 0 && !request.symbols(0).empty()) return std::nullopt;
  if (static_cast<size_t>(request.symbols_size()) > limits.max_symbols) return std::nullopt;
  for (const std::string& series : request.timeseries())
    result.series.push_back(DecodeV2Series(series, request, limits));
  return result;
}

std::optional<OracleRequest> ProductDecode(WriteProtocol protocol, std::string_view message, RequestDecoder& decoder) {
  if (!decoder.Reset(protocol, message).ok()) return std::nullopt;
  OracleRequest result;
  std::vector<LabelView> labels;
  for (SeriesView view; decoder.NextSeries(view);) {
    OracleSeries series{{view.error()}, {}};
    if (decoder.CopyLabels(view.offset(), view.size_bytes(), labels) != (view.error() == SeriesError::kNone)) {
      series.errors.insert(SeriesError::kNone);  // the two walks disagree: an error set that the oracle never has
      series.errors.insert(SeriesError::kMalformed);
    }
    Fingerprint fingerprint;
    std::string_view metric_name;
    for (const LabelView& label : labels) {
      series.decoded.labels.emplace_back(label.name, label.value);
      fingerprint += LabelFingerprint(label.name, label.value, kSeed);
      if (label.name == kMetricNameLabel) metric_name = label.value;
    }
    if (view.error() == SeriesError::kNone &&
        (view.fingerprint() != fingerprint || view.metric_name() != metric_name)) {
      series.errors.insert({SeriesError::kTooManyLabels, SeriesError::kSymbolOutOfRange});  // likewise
    }
    for (Sample sample; view.NextSample(sample);) series.decoded.samples.push_back(sample);
    for (HistogramView h; view.NextHistogram(h);) series.decoded.histograms.push_back(h);
    series.decoded.exemplar_count = view.exemplar_count();
    if (const auto metadata = view.metadata()) series.decoded.metadata = Copied(*metadata);
    result.series.push_back(std::move(series));
  }
  for (MetadataView metadata; decoder.NextMetadata(metadata);) result.metadata.push_back(Copied(metadata));
  return result;
}

std::string Difference(const std::optional<OracleRequest>& expected, const std::optional<OracleRequest>& actual) {
  if (!expected || !actual)
    return expected.has_value() == actual.has_value() ? "" : expected ? "wrongly refused" : "wrongly taken";
  if (expected->series.size() != actual->series.size()) return "number of series";
  if (expected->metadata != actual->metadata) return "metadata of the request";
  for (size_t i = 0; i < expected->series.size(); i++) {
    const OracleSeries& want = expected->series[i];
    const OracleSeries& got = actual->series[i];
    if (got.errors.size() != 1 || !want.errors.contains(*got.errors.begin())) {
      return "error " + std::to_string(static_cast<int>(*got.errors.rbegin())) + " of series " + std::to_string(i);
    }
    if (want.errors.contains(SeriesError::kNone)) {
      const std::string wanted = Printed(want.decoded), found = Printed(got.decoded);
      if (wanted != found) return "series " + std::to_string(i) + ": want " + wanted + "\ngot " + found;
    }
  }
  return "";
}

}  // namespace promcast::testing
