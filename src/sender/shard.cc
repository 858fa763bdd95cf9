#include "sender/shard.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "http_client/credentials.h"
#include "http_client/retry.h"

namespace promcast {
namespace {

constexpr size_t kLoggedBodyBytes = 2048;

std::string Name(const DestinationOptions& options) {
  return options.name.empty() ? WithoutUserInfo(options.url) : options.name;
}

}  // namespace

DestinationState::DestinationState(const DestinationOptions& destination_options, const Clock& system_clock,
                                   MetricRegistry& registry)
    : options(destination_options),
      url(ParseUrl(options.url).value()),
      clock(system_clock),
      metrics(registry, Name(options)),
      protocol(options.protobuf_message == ProtobufMessage::kV1 ? WriteProtocol::kV1 : WriteProtocol::kV2) {
  metrics.SetProtocolVersion(protocol == WriteProtocol::kV1 ? 1 : 2);
  metrics.queue_capacity.Set(static_cast<double>(options.queue_config.capacity * options.queue_config.max_shards));
}

void DestinationState::FallBack(int http_status) {
  if (protocol.exchange(WriteProtocol::kV1) == WriteProtocol::kV1) return;
  metrics.SetProtocolVersion(1);
  Log(LogLevel::kInfo, "destination does not speak remote write 2.0, going on with 1.0",
      {{"destination", Name(options)}, {"status", http_status}});
}

Shard::Shard(DestinationState& state)
    : state_(state),
      queue_({.capacity = state.options.queue_config.capacity,
              .max_samples_per_send = state.options.queue_config.max_samples_per_send,
              .batch_send_deadline = state.options.queue_config.batch_send_deadline}),
      client_(state.url, state.options.tls_config, state.options.remote_timeout),
      thread_([this] { Run(); }) {}

Shard::~Shard() {
  Stop();
  thread_.join();
  const auto left = static_cast<double>(queue_.size());
  state_.metrics.stopped.Increment(left);
  state_.metrics.queue_length.Add(-left);
}

void Shard::Stop() {
  queue_.Stop();
  client_.Cancel();
}

void Shard::Push(std::shared_ptr<const OutputBatch> batch, std::vector<uint32_t> indices) {
  // Counted before the sending thread can see them, so that the length never falls below zero.
  state_.metrics.queue_length.Add(static_cast<double>(indices.size()));
  const auto pushed = queue_.Push(std::move(batch), std::move(indices));
  state_.metrics.queue_length.Add(-static_cast<double>(pushed.dropped + pushed.refused));
  state_.metrics.queue_full.Increment(static_cast<double>(pushed.dropped));
  state_.metrics.stopped.Increment(static_cast<double>(pushed.refused));
}

void Shard::Run() {
  while (queue_.Take(outgoing_)) {
    const auto taken = static_cast<double>(outgoing_.samples.size());
    Deliver();
    state_.metrics.queue_length.Add(-taken);
    queue_.Done();
  }
}

/// Returns when every sample is counted as written or as lost.
void Shard::Deliver() {
  const QueueOptions& options = state_.options.queue_config;
  Backoff backoff(options.min_backoff, options.max_backoff);
  encoded_ = false;
  for (int retries = 0;;) {
    DropTooOld();
    if (outgoing_.samples.empty()) return;
    const WriteProtocol protocol = state_.protocol;
    Encode(protocol);
    if (retries > 0) state_.metrics.retried.Increment(static_cast<double>(outgoing_.samples.size()));
    const Verdict verdict = Attempt(protocol, retries);
    if (Settle(verdict)) return;
    if (verdict.kind == Verdict::Kind::kNotV2) continue;
    const auto own_wait = backoff.Next();
    if (!queue_.Pause(verdict.wait.count() > 0 ? verdict.wait : own_wait)) {
      state_.metrics.stopped.Increment(static_cast<double>(outgoing_.samples.size()));
      return;
    }
    retries++;
  }
}

void Shard::DropTooOld() {
  const int64_t limit_ms = state_.options.queue_config.sample_age_limit.count();
  if (limit_ms == 0) return;
  const int64_t oldest_ms = state_.clock.NowMs() - limit_ms;
  const size_t dropped = std::erase_if(
      outgoing_.samples, [&](const OutgoingSample& out) { return out.sample().timestamp_ms < oldest_ms; });
  if (dropped == 0) return;
  state_.metrics.too_old.Increment(static_cast<double>(dropped));
  encoded_ = false;
}

void Shard::Encode(WriteProtocol protocol) {
  if (encoded_ && encoded_protocol_ == protocol) return;
  encoder_.Encode(protocol, outgoing_.samples, body_);
  encoded_ = true;
  encoded_protocol_ = protocol;
}

absl::StatusOr<HttpHeaders> Shard::Headers(WriteProtocol protocol, int retries) const {
  const bool v2 = protocol == WriteProtocol::kV2;
  HttpHeaders headers = state_.options.headers;
  auto authorization = AuthorizationHeader(state_.options, state_.url);
  if (!authorization.ok()) return authorization.status();
  if (!authorization->empty()) headers.emplace_back("Authorization", *authorization);
  headers.emplace_back("User-Agent", "promcast/" PROMCAST_VERSION);
  headers.emplace_back("Content-Encoding", "snappy");
  // Without a blank behind the semicolon: receivers exist that compare the whole text.
  headers.emplace_back("Content-Type",
                       v2 ? "application/x-protobuf;proto=io.prometheus.write.v2.Request" : "application/x-protobuf");
  headers.emplace_back("X-Prometheus-Remote-Write-Version", v2 ? "2.0.0" : "0.1.0");
  if (retries > 0) headers.emplace_back("Retry-Attempt", fmt::format("{}", retries));
  return headers;
}

Verdict Shard::Attempt(WriteProtocol protocol, int retries) {
  using std::chrono::steady_clock;
  absl::StatusOr<HttpResponse> response = absl::UnknownError("not sent");
  if (auto headers = Headers(protocol, retries); headers.ok()) {
    const auto begin = steady_clock::now();
    response = client_.Post(*headers, body_.view());
    if (absl::IsCancelled(response.status())) return {.kind = Verdict::Kind::kRetry};
    const std::chrono::duration<double> took = steady_clock::now() - begin;
    state_.metrics.CountRequest(response.ok() ? response->status : 0, took.count(), body_.view().size());
  } else {
    response = headers.status();
  }
  if (!response.ok()) {
    state_.retry_log.Log(LogLevel::kWarn, "cannot reach destination, trying again",
                         {{"destination", Name(state_.options)},
                          {"samples", outgoing_.samples.size()},
                          {"error", std::string(response.status().message())}});
    return {.kind = Verdict::Kind::kRetry};
  }
  const Verdict verdict = Judge(*response, protocol, outgoing_.samples.size(), state_.options, state_.clock.NowMs());
  if (verdict.kind == Verdict::Kind::kNotV2) state_.FallBack(response->status);
  LogRefusal(*response, verdict);
  return verdict;
}

bool Shard::Settle(const Verdict& verdict) {
  switch (verdict.kind) {
    case Verdict::Kind::kRetry:
    case Verdict::Kind::kNotV2:
      return false;
    case Verdict::Kind::kUnconfirmed:
      state_.metrics.invalid_response.Increment(static_cast<double>(outgoing_.samples.size()));
      return true;
    case Verdict::Kind::kAccepted:
    case Verdict::Kind::kRejected:
      break;
  }
  const size_t lost = outgoing_.samples.size() - verdict.written;
  int64_t newest_ms = std::numeric_limits<int64_t>::min();
  if (lost == 0) {  // otherwise it is unknown which ones were taken
    for (const OutgoingSample& out : outgoing_.samples) newest_ms = std::max(newest_ms, out.sample().timestamp_ms);
  }
  state_.metrics.CountWritten(verdict.written, newest_ms);
  state_.metrics.rejected.Increment(static_cast<double>(lost));
  return true;
}

/// The receiver's own words are given as they are, cut after 2 KiB.
void Shard::LogRefusal(const HttpResponse& response, const Verdict& verdict) {
  const bool taken = verdict.kind == Verdict::Kind::kAccepted && verdict.written == outgoing_.samples.size();
  if (taken || verdict.kind == Verdict::Kind::kNotV2) return;
  const bool again = verdict.kind == Verdict::Kind::kRetry;
  std::vector<LogField> fields = {{"destination", Name(state_.options)},
                                  {"status", response.status},
                                  {"samples", outgoing_.samples.size()},
                                  {"written", verdict.written},
                                  {"body", std::string_view(response.body).substr(0, kLoggedBodyBytes)}};
  if (response.status / 100 == 3) {
    fields.emplace_back("hint",
                        fmt::format("redirects are not followed; set the url to \"{}\"", response.Header("Location")));
  }
  if (again) {
    state_.retry_log.Log(LogLevel::kWarn, "destination answers an error, trying again", std::move(fields));
  } else {
    state_.rejected_log.Log(LogLevel::kError, "destination refused samples, they are lost", std::move(fields));
  }
}

}  // namespace promcast
