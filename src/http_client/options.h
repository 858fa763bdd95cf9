#pragma once

#include <absl/status/status.h>

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace promcast {

struct BasicAuthOptions {
  std::string username, password, password_file;  ///< a file is read again for each request
  friend bool operator==(const BasicAuthOptions&, const BasicAuthOptions&) = default;
};
struct AuthorizationOptions {
  std::string type = "Bearer", credentials, credentials_file;
  friend bool operator==(const AuthorizationOptions&, const AuthorizationOptions&) = default;
};
struct ClientTlsOptions {
  std::string ca_file, cert_file, key_file, server_name;
  bool insecure_skip_verify = false;
  friend bool operator==(const ClientTlsOptions&, const ClientTlsOptions&) = default;
};

/// What a remote_write or a remote_read entry says of its HTTP server, by the names that Prometheus has for it.
struct HttpEndpointOptions {
  std::string url;  ///< http:// or https://
  std::chrono::milliseconds remote_timeout{30'000};
  std::vector<std::pair<std::string, std::string>> headers;
  std::optional<BasicAuthOptions> basic_auth;
  std::optional<AuthorizationOptions> authorization;
  ClientTlsOptions tls_config;
  friend bool operator==(const HttpEndpointOptions&, const HttpEndpointOptions&) = default;
};

/// InvalidArgument begins with the name of the option that is wrong and says what it may be. `headers` may name none of
/// `own_headers`, which the caller sets itself, nor those of the connection.
absl::Status ValidateHttpEndpoint(const HttpEndpointOptions& options, std::span<const char* const> own_headers);

}  // namespace promcast
