#include "sender/options.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "sender/credentials.h"
#include "sender/url.h"

namespace promcast {
namespace {

// Set by the sender or by the connection itself.
constexpr std::array<const char*, 9> kReservedHeaders = {"Host",
                                                         "Content-Type",
                                                         "Content-Encoding",
                                                         "Content-Length",
                                                         "User-Agent",
                                                         "Connection",
                                                         "Transfer-Encoding",
                                                         "Retry-Attempt",
                                                         "X-Prometheus-Remote-Write-Version"};

absl::Status Invalid(std::string message) {
  return absl::InvalidArgumentError(message);
}

bool IsToken(std::string_view name) {
  constexpr std::string_view kPunctuation = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || kPunctuation.find(c) != std::string_view::npos;
  });
}

absl::Status ValidateHeaders(const DestinationOptions& options) {
  const bool authorized = options.basic_auth || options.authorization;
  for (const auto& header : options.headers) {
    const std::string& name = header.first;
    const std::string& value = header.second;
    if (!IsToken(name)) return Invalid(fmt::format("headers: \"{}\" is not a header name", name));
    if (!IsHeaderValue(value))
      return Invalid(fmt::format("headers: the value of \"{}\" holds a control character", name));
    const bool reserved = std::any_of(kReservedHeaders.begin(), kReservedHeaders.end(),
                                      [&](const char* own) { return absl::EqualsIgnoreCase(own, name); });
    if (reserved) return Invalid(fmt::format("headers: \"{}\" is set by promcast itself; leave it out", name));
    if (authorized && absl::EqualsIgnoreCase("Authorization", name)) {
      return Invalid("headers: Authorization stands beside basic_auth or authorization; keep one of them");
    }
  }
  return absl::OkStatus();
}

absl::Status ValidateCredentials(const DestinationOptions& options) {
  if (options.basic_auth && options.authorization)
    return Invalid("basic_auth and authorization: give one of them, not both");
  if (options.basic_auth) {
    const auto& auth = *options.basic_auth;
    if (!auth.password.empty() && !auth.password_file.empty()) {
      return Invalid("basic_auth: give password or password_file, not both");
    }
    if (auth.username.find(':') != std::string::npos) return Invalid("basic_auth: a username must not hold a ':'");
  }
  if (options.authorization) {
    const auto& auth = *options.authorization;
    if (auth.credentials.empty() == auth.credentials_file.empty()) {
      return Invalid("authorization: give either credentials or credentials_file");
    }
    if (!IsToken(auth.type))
      return Invalid(fmt::format("authorization: type \"{}\" is not an authentication scheme", auth.type));
    if (absl::EqualsIgnoreCase(auth.type, "basic")) return Invalid("authorization: for type Basic use basic_auth");
    if (!IsHeaderValue(auth.credentials)) return Invalid("authorization: credentials hold a control character");
  }
  return absl::OkStatus();
}

absl::Status ValidateQueue(const QueueOptions& queue) {
  using std::chrono::milliseconds;
  constexpr milliseconds kLongest = std::chrono::hours(24);
  if (queue.capacity == 0) return Invalid("queue_config: capacity must be at least 1");
  if (queue.max_shards == 0 || queue.max_shards > 200) return Invalid("queue_config: max_shards must be 1 to 200");
  if (queue.max_samples_per_send == 0 || queue.max_samples_per_send > 1'000'000) {
    return Invalid("queue_config: max_samples_per_send must be 1 to 1000000");
  }
  if (queue.batch_send_deadline < milliseconds(0) || queue.batch_send_deadline > kLongest) {
    return Invalid("queue_config: batch_send_deadline must be 0s to 24h");
  }
  if (queue.min_backoff < milliseconds(1) || queue.max_backoff < queue.min_backoff || queue.max_backoff > kLongest) {
    return Invalid("queue_config: 1ms <= min_backoff <= max_backoff <= 24h must hold");
  }
  if (queue.sample_age_limit < milliseconds(0)) return Invalid("queue_config: sample_age_limit must not be negative");
  return absl::OkStatus();
}

}  // namespace

absl::Status ValidateDestination(const DestinationOptions& options) {
  const auto url = ParseUrl(options.url);
  if (!url.ok()) return Invalid(fmt::format("url: {}", std::string(url.status().message())));
  if (options.remote_timeout < std::chrono::milliseconds(1) || options.remote_timeout > std::chrono::hours(24)) {
    return Invalid("remote_timeout must be 1ms to 24h");
  }
  if (options.tls_config.cert_file.empty() != options.tls_config.key_file.empty()) {
    return Invalid("tls_config: cert_file and key_file belong together");
  }
  if (auto status = ValidateHeaders(options); !status.ok()) return status;
  if (auto status = ValidateCredentials(options); !status.ok()) return status;
  return ValidateQueue(options.queue_config);
}

}  // namespace promcast
