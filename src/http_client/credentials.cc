#include "http_client/credentials.h"

#include <absl/strings/ascii.h>
#include <absl/strings/escaping.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>

namespace promcast {
namespace {

constexpr std::streamsize kMaxSecretBytes = 64 * 1024;

/// The secret itself, or what stands in its file.
absl::StatusOr<std::string> ReadSecret(const std::string& secret, const std::string& path) {
  if (path.empty()) return secret;
  std::ifstream file(path, std::ios::binary);
  std::string text(kMaxSecretBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open() || file.bad()) {
    return absl::FailedPreconditionError(fmt::format("cannot read the secret in \"{}\"", path));
  }
  if (file.gcount() > kMaxSecretBytes) {
    return absl::FailedPreconditionError(fmt::format("\"{}\" is too large for a secret", path));
  }
  text.resize(static_cast<size_t>(file.gcount()));
  text = std::string(absl::StripAsciiWhitespace(text));
  if (!IsHeaderValue(text)) {
    return absl::FailedPreconditionError(fmt::format("the secret in \"{}\" holds a control character", path));
  }
  return text;
}

std::string Basic(const std::string& username, const std::string& password) {
  return "Basic " + absl::Base64Escape(username + ":" + password);
}

}  // namespace

bool IsHeaderValue(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= ' ' && byte != 0x7f) || c == '\t';
  });
}

absl::StatusOr<std::string> AuthorizationHeader(const HttpEndpointOptions& options, const Url& url) {
  if (options.basic_auth) {
    auto password = ReadSecret(options.basic_auth->password, options.basic_auth->password_file);
    if (!password.ok()) return password.status();
    return Basic(options.basic_auth->username, *password);
  }
  if (options.authorization) {
    auto credentials = ReadSecret(options.authorization->credentials, options.authorization->credentials_file);
    if (!credentials.ok()) return credentials.status();
    return options.authorization->type + " " + *credentials;
  }
  if (!url.username.empty() || !url.password.empty()) return Basic(url.username, url.password);
  return std::string();
}

}  // namespace promcast
