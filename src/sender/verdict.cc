#include "sender/verdict.h"

#include <absl/strings/numbers.h>

#include <algorithm>

#include "http_client/retry.h"

namespace promcast {
namespace {

constexpr std::string_view kSamplesWritten = "X-Prometheus-Remote-Write-Samples-Written";

bool HasWrittenHeader(const HttpResponse& response) {
  return response.HasHeader(kSamplesWritten) || response.HasHeader("X-Prometheus-Remote-Write-Histograms-Written") ||
         response.HasHeader("X-Prometheus-Remote-Write-Exemplars-Written");
}

/// 0 where the header is absent or no number.
size_t SamplesWritten(const HttpResponse& response, size_t sent) {
  uint64_t written = 0;
  if (!absl::SimpleAtoi(std::string(response.Header(kSamplesWritten)), &written)) return 0;
  return static_cast<size_t>(std::min<uint64_t>(written, sent));
}

/// Beyond sample_age_limit there would be nothing left to send.
std::chrono::milliseconds AskedWait(const HttpResponse& response, const QueueOptions& options, int64_t now_ms) {
  using std::chrono::milliseconds;
  constexpr milliseconds kLongestWithoutAgeLimit = std::chrono::minutes(1);
  const bool has_age_limit = options.sample_age_limit.count() > 0;
  const milliseconds longest = has_age_limit ? options.sample_age_limit : kLongestWithoutAgeLimit;
  const auto asked = ParseRetryAfter(response.Header("Retry-After"), now_ms, longest);
  return asked ? std::max(*asked, options.min_backoff) : milliseconds(0);
}

}  // namespace

Verdict Judge(const HttpResponse& response, WriteProtocol protocol, size_t samples, const DestinationOptions& options,
              int64_t now_ms) {
  const bool v2 = protocol == WriteProtocol::kV2;
  const bool may_fall_back = v2 && options.protobuf_message == ProtobufMessage::kAuto;
  const int status = response.status;
  if (status / 100 == 2) {
    if (!v2) return {.kind = Verdict::Kind::kAccepted, .written = samples};
    if (HasWrittenHeader(response)) {
      return {.kind = Verdict::Kind::kAccepted, .written = SamplesWritten(response, samples)};
    }
    return {.kind = may_fall_back ? Verdict::Kind::kNotV2 : Verdict::Kind::kUnconfirmed};
  }
  if (status == 415 && may_fall_back) return {.kind = Verdict::Kind::kNotV2};
  if (status / 100 == 5 || (status == 429 && options.queue_config.retry_on_http_429)) {
    return {.kind = Verdict::Kind::kRetry, .wait = AskedWait(response, options.queue_config, now_ms)};
  }
  return {.kind = Verdict::Kind::kRejected, .written = v2 ? SamplesWritten(response, samples) : 0};
}

}  // namespace promcast
