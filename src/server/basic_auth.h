#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "concurrency/mutex.h"

namespace promcast {

/// Name and password of an `Authorization: Basic ...` header; nothing when it is not one (RFC 7617).
std::optional<std::pair<std::string, std::string>> ParseBasicAuthorization(std::string_view header);

/// True for the form of a bcrypt hash: $2a$, $2b$ or $2y$, two digits of cost, 53 characters.
bool IsBcryptHash(std::string_view hash);

/// Checks passwords against bcrypt hashes and remembers a bounded number of results, since one check takes some 50 ms
/// on purpose. Only keyed digests of passwords are kept. An unknown name costs as much as a wrong password.
/// Thread-safe.
class PasswordChecker {
 public:
  PasswordChecker();

  using Users = std::map<std::string, std::string>;  ///< name to hash
  /// The remembered result; nothing when Check has to compute it.
  std::optional<bool> Remembered(const Users& users, std::string_view name, std::string_view password)
      PROMCAST_EXCLUDES(mutex_);
  /// Blocks for as long as bcrypt takes, unless the result is remembered.
  bool Check(const Users& users, std::string_view name, std::string_view password) PROMCAST_EXCLUDES(mutex_);

 private:
  std::string CacheKey(std::string_view name, std::string_view password, std::string_view hash) const;

  const std::string secret_;
  Mutex mutex_;
  std::map<std::string, bool> results_ PROMCAST_GUARDED_BY(mutex_);
};

}  // namespace promcast
