#include <absl/status/status.h>
#include <fmt/format.h>

#include "config/http_endpoint_config.h"
#include "config/sections.h"

namespace promcast {
namespace {

constexpr DurationRange kAnyDuration{.min_ms = 0, .max_ms = 86'400'000};
constexpr IntegerRange kAnyCount{.min = 1, .max = 1'000'000'000};
constexpr std::string_view kMessageV1 = "prometheus.WriteRequest";
constexpr std::string_view kMessageV2 = "io.prometheus.write.v2.Request";

void ReadQueue(const YamlValue& value, QueueOptions& queue) {
  YamlSection section(value);
  section.Integer("capacity", queue.capacity, kAnyCount);
  section.Integer("max_shards", queue.max_shards, kAnyCount);
  section.Integer("max_samples_per_send", queue.max_samples_per_send, kAnyCount);
  section.Duration("batch_send_deadline", queue.batch_send_deadline, kAnyDuration);
  section.Duration("min_backoff", queue.min_backoff, kAnyDuration);
  section.Duration("max_backoff", queue.max_backoff, kAnyDuration);
  section.Bool("retry_on_http_429", queue.retry_on_http_429);
  section.Duration("sample_age_limit", queue.sample_age_limit, DurationRange{});
  section.RefuseOtherKeys();
}

void ReadProtobufMessage(YamlSection& section, ProtobufMessage& out) {
  const auto entry = section.Take("protobuf_message");
  std::string name;
  if (!entry || !entry->ReadString(name)) return;
  if (name == kMessageV1) {
    out = ProtobufMessage::kV1;
  } else if (name == kMessageV2) {
    out = ProtobufMessage::kV2;
  } else if (name != "auto") {
    entry->Fail(fmt::format("unknown message; write {}, {} or auto", kMessageV1, kMessageV2));
  }
}

void ReadDestination(const YamlValue& value, const std::filesystem::path& folder, DestinationOptions& out) {
  YamlSection section(value);
  ReadHttpEndpoint(section, folder, "write the address to send to, as http://localhost:9090/api/v1/write", out,
                   out.name);
  ReadProtobufMessage(section, out.protobuf_message);
  if (const auto queue = section.Take("queue_config")) ReadQueue(*queue, out.queue_config);
  ReadTextMap(section, "strip_external_labels", out.strip_external_labels);
  section.RefuseOtherKeys();
}

}  // namespace

void ReadRemoteWrite(YamlSection& top, const std::filesystem::path& folder, PipelineOptions& options) {
  const auto read = [&](const YamlValue& item, DestinationOptions& out) { ReadDestination(item, folder, out); };
  ReadHttpEndpoints<DestinationOptions>(top, "remote_write", "destination", read, ValidateDestination,
                                        options.remote_write);
}

}  // namespace promcast
