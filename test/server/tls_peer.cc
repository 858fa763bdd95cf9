#include "tls_peer.h"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <csignal>
#include <functional>
#include <memory>

namespace promcast {
namespace {

std::string Pem(const std::function<int(BIO*)>& write) {
  BIO* bio = BIO_new(BIO_s_mem());
  EXPECT_EQ(write(bio), 1);
  char* data = nullptr;
  const long bytes = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<size_t>(bytes));
  BIO_free(bio);
  return text;
}

void UseCertificate(SSL_CTX* context, const TestCertificate& own) {
  BIO* cert_bio = BIO_new_mem_buf(own.certificate_pem.data(), -1);
  BIO* key_bio = BIO_new_mem_buf(own.key_pem.data(), -1);
  X509* cert = PEM_read_bio_X509(cert_bio, nullptr, nullptr, nullptr);
  EVP_PKEY* key = PEM_read_bio_PrivateKey(key_bio, nullptr, nullptr, nullptr);
  EXPECT_EQ(SSL_CTX_use_certificate(context, cert), 1);
  EXPECT_EQ(SSL_CTX_use_PrivateKey(context, key), 1);
  X509_free(cert), EVP_PKEY_free(key), BIO_free(cert_bio), BIO_free(key_bio);
}

void Trust(SSL_CTX* context, const TestCertificate& server) {
  BIO* bio = BIO_new_mem_buf(server.certificate_pem.data(), -1);
  X509* cert = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  X509_STORE_add_cert(SSL_CTX_get_cert_store(context), cert);
  X509_free(cert), BIO_free(bio);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
}

}  // namespace

TestCertificate MakeCertificate(const std::string& dns_name) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* cert = X509_new();
  X509_set_version(cert, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
  X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
  X509_gmtime_adj(X509_getm_notAfter(cert), 24 * 3600);
  X509_set_pubkey(cert, key);
  X509_NAME* name = X509_get_subject_name(cert);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(dns_name.data()),
                             static_cast<int>(dns_name.size()), -1, 0);
  X509_set_issuer_name(cert, name);
  X509_EXTENSION* san =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, ("DNS:" + dns_name + ",IP:127.0.0.1").c_str());
  X509_add_ext(cert, san, -1);
  X509_EXTENSION_free(san);
  EXPECT_GT(X509_sign(cert, key, EVP_sha256()), 0);
  TestCertificate made{.certificate_pem = Pem([&](BIO* bio) { return PEM_write_bio_X509(bio, cert); }),
                       .key_pem = Pem([&](BIO* bio) {
                         return PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
                       })};
  X509_free(cert), EVP_PKEY_free(key);
  return made;
}

std::string AskOverTls(const std::string& address, const std::string& request, const TestCertificate& server,
                       const TestCertificate* client, int max_version) {
  signal(SIGPIPE, SIG_IGN);  // OpenSSL's sockets raise it when the server has closed
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  if (max_version != 0) SSL_CTX_set_max_proto_version(context, max_version);
  Trust(context, server);
  if (client != nullptr) UseCertificate(context, *client);
  BIO* bio = BIO_new_ssl_connect(context);
  BIO_set_conn_hostname(bio, address.c_str());
  std::string answer;
  if (BIO_do_connect(bio) == 1 && BIO_do_handshake(bio) == 1 &&
      BIO_write(bio, request.data(), static_cast<int>(request.size())) > 0) {
    char piece[4096];
    for (int got = 0; (got = BIO_read(bio, piece, sizeof(piece))) > 0;) answer.append(piece, static_cast<size_t>(got));
  }
  BIO_free_all(bio), SSL_CTX_free(context);
  return answer;
}

}  // namespace promcast
