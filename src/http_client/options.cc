#include "http_client/options.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "http_client/credentials.h"
#include "http_client/url.h"

namespace promcast {
namespace {

constexpr std::array<const char*, 5> kConnectionHeaders = {"Host", "Content-Length", "User-Agent", "Connection",
                                                           "Transfer-Encoding"};

absl::Status Invalid(std::string message) {
  return absl::InvalidArgumentError(message);
}

bool IsToken(std::string_view name) {
  constexpr std::string_view kPunctuation = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || kPunctuation.find(c) != std::string_view::npos;
  });
}

absl::Status ValidateHeaders(const HttpEndpointOptions& options, std::span<const char* const> own_headers) {
  const bool authorized = options.basic_auth || options.authorization;
  for (const auto& header : options.headers) {
    const std::string& name = header.first;
    const std::string& value = header.second;
    if (!IsToken(name)) return Invalid(fmt::format("headers: \"{}\" is not a header name", name));
    if (!IsHeaderValue(value))
      return Invalid(fmt::format("headers: the value of \"{}\" holds a control character", name));
    const auto is_it = [&](const char* own) { return absl::EqualsIgnoreCase(own, name); };
    if (std::any_of(kConnectionHeaders.begin(), kConnectionHeaders.end(), is_it) ||
        std::any_of(own_headers.begin(), own_headers.end(), is_it))
      return Invalid(fmt::format("headers: \"{}\" is set by promcast itself; leave it out", name));
    if (authorized && absl::EqualsIgnoreCase("Authorization", name)) {
      return Invalid("headers: Authorization stands beside basic_auth or authorization; keep one of them");
    }
  }
  return absl::OkStatus();
}

absl::Status ValidateCredentials(const HttpEndpointOptions& options) {
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

}  // namespace

absl::Status ValidateHttpEndpoint(const HttpEndpointOptions& options, std::span<const char* const> own_headers) {
  const auto url = ParseUrl(options.url);
  if (!url.ok()) return Invalid(fmt::format("url: {}", std::string(url.status().message())));
  if (options.remote_timeout < std::chrono::milliseconds(1) || options.remote_timeout > std::chrono::hours(24)) {
    return Invalid("remote_timeout must be 1ms to 24h");
  }
  if (options.tls_config.cert_file.empty() != options.tls_config.key_file.empty()) {
    return Invalid("tls_config: cert_file and key_file belong together");
  }
  if (auto status = ValidateHeaders(options, own_headers); !status.ok()) return status;
  return ValidateCredentials(options);
}

}  // namespace promcast
