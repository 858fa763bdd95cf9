#include <absl/strings/match.h>
#include <absl/strings/str_join.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "config/byte_size.h"
#include "config/config.h"
#include "http_client/url.h"
#include "timeseries/duration.h"

namespace promcast {
namespace {

std::string DurationList(const std::vector<int64_t>& durations_ms) {
  if (durations_ms.empty()) return "none";
  return absl::StrJoin(durations_ms, ", ", [](std::string* out, int64_t ms) { *out += FormatDuration(ms); });
}

std::string DescribeRule(const RuleOptions& rule) {
  std::string line = rule.name == rule.match_text ? fmt::format("forecast {}", rule.match_text)
                                                  : fmt::format("forecast \"{}\": {}", rule.name, rule.match_text);
  line += fmt::format("; step {}; seasons {}; horizons {}; coverage {}; every {}",
                      rule.step_ms == 0 ? "auto" : FormatDuration(rule.step_ms),
                      rule.detect_seasons ? "auto" : DurationList(rule.seasons_ms), DurationList(rule.horizons_ms),
                      fmt::join(rule.coverages, ", "), FormatDuration(rule.interval_ms));
  if (rule.floor) line += fmt::format("; floor {}", *rule.floor);
  if (rule.ceiling) line += fmt::format("; ceiling {}", *rule.ceiling);
  line += fmt::format("; profile {}", ProfileName(rule.profile));
  if (!rule.extra_models.empty()) line += fmt::format("; also {}", fmt::join(rule.extra_models, ", "));
  if (rule.hold_back) line += "; held back without skill";
  if (!rule.inherit_across.empty()) {
    line += fmt::format("; models inherited across {}", fmt::join(rule.inherit_across, ", "));
  }
  if (rule.cohort_start) line += "; new series begin with their siblings' season";
  line += rule.anomaly_score ? "; with anomaly score" : "; without anomaly score";
  for (const ThresholdOptions& threshold : rule.thresholds) {
    line += fmt::format("; threshold {} {} {}", threshold.name,
                        threshold.side == ThresholdSide::kBelow ? "below" : "above", threshold.level);
  }
  return line;
}

std::string_view MessageName(ProtobufMessage message) {
  switch (message) {
    case ProtobufMessage::kAuto:
      return "remote write 2.0, else 1.0";
    case ProtobufMessage::kV1:
      return "remote write 1.0";
    case ProtobufMessage::kV2:
      return "remote write 2.0";
  }
  return "";
}

std::string DescribeCredentials(const HttpEndpointOptions& endpoint) {
  std::string text;
  const bool user_info = WithoutUserInfo(endpoint.url) != endpoint.url;
  if (endpoint.basic_auth || user_info) text += "; basic auth";
  if (endpoint.authorization) text += fmt::format("; authorization {}", endpoint.authorization->type);
  if (!endpoint.headers.empty()) {
    text += "; headers " +
            absl::StrJoin(endpoint.headers, ", ", [](std::string* out, const auto& header) { *out += header.first; });
  }
  if (endpoint.tls_config.insecure_skip_verify) text += "; certificate not verified";
  return text;
}

std::string DescribeDestination(const DestinationOptions& destination) {
  const std::string url = WithoutUserInfo(destination.url);
  std::string line = destination.name == url ? fmt::format("write to {}", url)
                                             : fmt::format("write to \"{}\": {}", destination.name, url);
  line += fmt::format("; {}", MessageName(destination.protobuf_message));
  line += DescribeCredentials(destination);
  if (!destination.strip_external_labels.empty()) {
    line +=
        "; strips " + absl::StrJoin(destination.strip_external_labels, ", ", [](std::string* out, const auto& label) {
          *out += fmt::format("{}=\"{}\"", label.first, label.second);
        });
  }
  return line;
}

std::string DescribeSource(const HistorySourceOptions& source, const BackfillOptions& backfill) {
  const std::string url = WithoutUserInfo(source.url);
  std::string line = source.name == url ? fmt::format("read history from {}", url)
                                        : fmt::format("read history from \"{}\": {}", source.name, url);
  line += source.api == HistoryApi::kExport       ? "; export"
          : source.api == HistoryApi::kRemoteRead ? "; remote read"
                                                  : "; remote read, or export where the path ends in /export";
  line += DescribeCredentials(source);
  return line + fmt::format("; at most {} back, {} requests at once, patience {}",
                            FormatDuration(backfill.max_range_ms), backfill.concurrency,
                            FormatDuration(backfill.patience_ms));
}

std::string DescribeLimits(const PipelineOptions& options) {
  return fmt::format(
      "limits: {} series forecast, {} known, {} written; memory {}; requests of {}, {} inflated, {} in flight; {} "
      "labels a "
      "series; "
      "series end after {}; {} of samples kept a series, at most {}; shards: {}; with --storage.path a snapshot every "
      "{}",
      options.limits.max_series, options.limits.max_known_series, options.limits.max_output_series,
      options.limits.max_memory_bytes == 0 ? "without limit" : FormatByteSize(options.limits.max_memory_bytes),
      FormatByteSize(options.ingest.max_body_bytes), FormatByteSize(options.ingest.max_decoded_bytes),
      FormatByteSize(options.ingest.max_in_flight_bytes), options.ingest.decode.max_labels_per_series,
      FormatDuration(options.series.idle_timeout_ms),
      options.series.ring.retention_ms == 0 ? "any age" : FormatDuration(options.series.ring.retention_ms),
      FormatByteSize(options.series.ring.max_bytes),
      options.shards == 0 ? "one a core" : fmt::format("{}", options.shards),
      FormatDuration(options.storage.snapshot_interval_ms));
}

bool SendsSecret(const HttpEndpointOptions& destination) {
  return destination.basic_auth || destination.authorization || WithoutUserInfo(destination.url) != destination.url;
}

bool IsLoopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

void WarnOfEndpoint(const HttpEndpointOptions& destination, const std::string& name,
                    std::vector<std::string>& warnings) {
  const absl::StatusOr<Url> url = ParseUrl(destination.url);
  if (url.ok() && !url->tls && !IsLoopback(url->host) && SendsSecret(destination)) {
    warnings.push_back(fmt::format("{}: credentials are sent without encryption; use an https URL", name));
  }
  if (destination.tls_config.insecure_skip_verify) {
    warnings.push_back(
        fmt::format("{}: insecure_skip_verify lets anybody pose as the receiver; set ca_file instead", name));
  }
}

void WarnOfRule(const RuleOptions& rule, const SeriesOptions& series, std::vector<std::string>& warnings) {
  if (!rule.horizons_ms.empty() && rule.interval_ms > rule.horizons_ms.front()) {
    warnings.push_back(
        fmt::format("{}: a prediction every {} for a horizon of {} leaves times that nothing predicts; "
                    "shorten interval",
                    rule.name, FormatDuration(rule.interval_ms), FormatDuration(rule.horizons_ms.front())));
  }
  if (rule.step_ms > series.idle_timeout_ms) {
    warnings.push_back(
        fmt::format("{}: the step {} is longer than series.idle_timeout {}; sparse series end between two "
                    "samples",
                    rule.name, FormatDuration(rule.step_ms), FormatDuration(series.idle_timeout_ms)));
  }
}

}  // namespace

std::string DescribeConfig(const PipelineOptions& options) {
  std::string text;
  for (const RuleOptions& rule : options.forecasts) text += DescribeRule(rule) + '\n';
  for (const DestinationOptions& destination : options.remote_write) text += DescribeDestination(destination) + '\n';
  for (const HistorySourceOptions& source : options.remote_read)
    text += DescribeSource(source, options.backfill) + '\n';
  return text + DescribeLimits(options) + '\n';
}

std::vector<std::string> ConfigWarnings(const PipelineOptions& options) {
  std::vector<std::string> warnings;
  if (options.remote_write.empty())
    warnings.emplace_back("remote_write is empty: predictions are not written anywhere");
  if (options.forecasts.empty()) warnings.emplace_back("forecasts is empty: samples are received, nothing is forecast");
  for (const DestinationOptions& destination : options.remote_write)
    WarnOfEndpoint(destination, destination.name, warnings);
  for (const HistorySourceOptions& source : options.remote_read) WarnOfEndpoint(source, source.name, warnings);
  for (const RuleOptions& rule : options.forecasts) WarnOfRule(rule, options.series, warnings);
  return warnings;
}

}  // namespace promcast
