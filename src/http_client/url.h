#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace promcast {

/// An http:// or https:// address, taken apart (RFC 3986, section 3).
struct Url {
  bool tls = false;
  std::string host;  ///< a name or an address; IPv6 without its brackets
  uint16_t port = 80;
  std::string target = "/";        ///< path and query as they stand in the request line; a fragment is left out
  std::string username, password;  ///< user info, percent-decoded

  /// What the Host header says: brackets around IPv6, the port only where it is not the scheme's own.
  std::string HostHeader() const;
};

/// InvalidArgument says what is wrong with `text`; user info is never repeated in it.
absl::StatusOr<Url> ParseUrl(std::string_view text);

/// `text` without its user info, for logs and labels.
std::string WithoutUserInfo(std::string_view text);

}  // namespace promcast
