#pragma once

#include <string>

namespace promcast {

struct CertificateFiles {
  std::string cert_file, key_file;
};

/// A certificate authority of the test's own, with files in the test's temporary folder.
class TestAuthority {
 public:
  explicit TestAuthority(const std::string& name);
  ~TestAuthority();
  TestAuthority(const TestAuthority&) = delete;
  TestAuthority& operator=(const TestAuthority&) = delete;

  const std::string& ca_file() const { return files_.cert_file; }
  /// A certificate for `common_name`; `alternative_names` as OpenSSL writes them ("DNS:host,IP:127.0.0.1"), may be
  /// empty.
  CertificateFiles Issue(const std::string& common_name, const std::string& alternative_names) const;

 private:
  struct Pair;
  const std::string name_;
  CertificateFiles files_;
  Pair* pair_;
};

}  // namespace promcast
