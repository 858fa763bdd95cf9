#pragma once

// Internal to the HTTP listener.
#include <absl/status/statusor.h>

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>
#include <vector>

#include "server/web_config.h"

namespace promcast {

/// FailedPrecondition, naming the file, when OpenSSL does not take the certificate, the key or the authorities.
absl::StatusOr<std::shared_ptr<boost::asio::ssl::context>> MakeTlsContext(const TlsServerConfig& config);

/// Whether the peer's certificate carries one of the names (DNS, e-mail, IP address or URI).
bool PeerHasAllowedSan(SSL* connection, const std::vector<std::string>& allowed);

}  // namespace promcast
