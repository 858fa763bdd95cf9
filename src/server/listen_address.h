#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace promcast {

struct ListenAddress {
  std::string host;  ///< without brackets; empty for all interfaces
  uint16_t port = 0;
};

/// `host:port`, `[::1]:9095` or `:9095`. InvalidArgument says what is wrong and how it is written.
absl::StatusOr<ListenAddress> ParseListenAddress(std::string_view text);

/// True for localhost, 127.0.0.0/8 and ::1.
bool IsLoopback(const ListenAddress& address);

/// `host:port`, an IPv6 host in brackets.
std::string FormatListenAddress(std::string_view host, uint16_t port);

}  // namespace promcast
