#pragma once

#include <string>

namespace promcast {

/// A private key and a certificate, both PEM; signed by itself, so that it is its own authority.
struct TestCertificate {
  std::string certificate_pem, key_pem;
};
TestCertificate MakeCertificate(const std::string& dns_name);

/// Connects with TLS, sends `request` and returns everything answered; empty when the handshake or the server refuses.
/// `client` may be null. `max_version` is OpenSSL's number, 0 for its default.
std::string AskOverTls(const std::string& address, const std::string& request, const TestCertificate& server,
                       const TestCertificate* client = nullptr, int max_version = 0);

}  // namespace promcast
