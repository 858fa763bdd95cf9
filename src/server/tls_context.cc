#include "server/tls_context.h"

#include <absl/status/status.h>
#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>

namespace promcast {
namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

int OpensslVersion(int version) {
  switch (version) {
    case 10:
      return TLS1_VERSION;
    case 11:
      return TLS1_1_VERSION;
    case 12:
      return TLS1_2_VERSION;
    default:
      return TLS1_3_VERSION;
  }
}

absl::Status BadFile(const std::string& file, const error_code& error) {
  return absl::FailedPreconditionError(fmt::format("{}: {}", file, error.message()));
}

std::string NameText(const GENERAL_NAME* name) {
  const auto text = [](const ASN1_STRING* s) {
    return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(s)), ASN1_STRING_length(s));
  };
  switch (name->type) {
    case GEN_DNS:
    case GEN_EMAIL:
    case GEN_URI:
      return text(name->d.ia5);
    case GEN_IPADD: {
      const std::string bytes = text(name->d.iPAddress);
      char printed[INET6_ADDRSTRLEN] = "";
      inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), printed, sizeof(printed));
      return printed;
    }
    default:
      return "";
  }
}

int VerifyMode(ClientAuthType type) {
  switch (type) {
    case ClientAuthType::kNone:
      return SSL_VERIFY_NONE;
    case ClientAuthType::kRequest:
    case ClientAuthType::kVerifyIfGiven:
      return SSL_VERIFY_PEER;
    case ClientAuthType::kRequireAny:
    case ClientAuthType::kRequireAndVerify:
      return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  }
  return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
}

}  // namespace

absl::StatusOr<std::shared_ptr<ssl::context>> MakeTlsContext(const TlsServerConfig& config) {
  const auto buffer = [](const std::string& text) { return boost::asio::buffer(text); };
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  error_code error;
  if (context->use_certificate_chain(buffer(config.cert_pem), error); error) return BadFile(config.cert_file, error);
  if (context->use_private_key(buffer(config.key_pem), ssl::context::pem, error); error) {
    return BadFile(config.key_file, error);
  }
  SSL_CTX* native = context->native_handle();
  if (SSL_CTX_check_private_key(native) != 1) {  // a key of another kind than the certificate's
    return absl::FailedPreconditionError(fmt::format("{}: is not the key of {}", config.key_file, config.cert_file));
  }
  if (!config.client_ca_pem.empty()) {
    if (context->add_certificate_authority(buffer(config.client_ca_pem), error); error) {
      return BadFile(config.client_ca_file, error);
    }
  }
  SSL_CTX_set_min_proto_version(native, OpensslVersion(config.min_version));
  SSL_CTX_set_max_proto_version(native, OpensslVersion(config.max_version));
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  // A session resumed would carry a client's verification over a change of the configuration.
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(native, 0);
  SSL_CTX_set_options(native, SSL_OP_NO_TICKET);

  const bool any_client =
      config.client_auth_type == ClientAuthType::kRequest || config.client_auth_type == ClientAuthType::kRequireAny;
  SSL_CTX_set_verify(native, VerifyMode(config.client_auth_type),
                     any_client ? +[](int, X509_STORE_CTX*) { return 1; } : nullptr);
  return context;
}

bool PeerHasAllowedSan(SSL* connection, const std::vector<std::string>& allowed) {
  X509* certificate = SSL_get0_peer_certificate(connection);
  if (certificate == nullptr) return false;
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      &GENERAL_NAMES_free);
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const std::string name = NameText(sk_GENERAL_NAME_value(names.get(), i));
    if (!name.empty() && std::find(allowed.begin(), allowed.end(), name) != allowed.end()) return true;
  }
  return false;
}

}  // namespace promcast
