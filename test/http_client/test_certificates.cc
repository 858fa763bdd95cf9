#include "test_certificates.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <stdexcept>

namespace promcast {

struct TestAuthority::Pair {
  X509* certificate = X509_new();
  EVP_PKEY* key = EVP_EC_gen("P-256");
  ~Pair() {
    X509_free(certificate);
    EVP_PKEY_free(key);
  }

  void AddExtension(int id, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, id, value.c_str());
    if (extension == nullptr) throw std::runtime_error("certificate extension");
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }
  void Describe(const std::string& common_name) {
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
  }
  void SignBy(const Pair& issuer) {
    X509_set_issuer_name(certificate, X509_get_subject_name(issuer.certificate));
    X509_sign(certificate, issuer.key, EVP_sha256());
  }
  CertificateFiles Write(const std::string& stem) const {
    const CertificateFiles files = {testing::TempDir() + stem + ".pem", testing::TempDir() + stem + ".key"};
    FILE* file = std::fopen(files.cert_file.c_str(), "w");
    if (file == nullptr) throw std::runtime_error(files.cert_file);
    PEM_write_X509(file, certificate);
    std::fclose(file);
    file = std::fopen(files.key_file.c_str(), "w");
    if (file == nullptr) throw std::runtime_error(files.key_file);
    PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
    return files;
  }
};

TestAuthority::TestAuthority(const std::string& name) : name_(name), pair_(new Pair) {
  pair_->Describe(name);
  pair_->AddExtension(NID_basic_constraints, "critical,CA:TRUE");
  pair_->SignBy(*pair_);
  files_ = pair_->Write("promcast_" + name);
}

TestAuthority::~TestAuthority() {
  delete pair_;
}

CertificateFiles TestAuthority::Issue(const std::string& common_name, const std::string& alternative_names) const {
  Pair issued;
  issued.Describe(common_name);
  if (!alternative_names.empty()) issued.AddExtension(NID_subject_alt_name, alternative_names);
  issued.SignBy(*pair_);
  return issued.Write("promcast_" + name_ + "_" + common_name);
}

}  // namespace promcast
