#include "server/basic_auth.h"

#include <absl/strings/ascii.h>
#include <absl/strings/escaping.h>
#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <cstring>
#include <memory>
#include <stdexcept>

namespace promcast {
namespace {

constexpr size_t kMaxRemembered = 100;
// Checked for names that nobody has, so that their answers take as long; no password is known for it.
constexpr std::string_view kDummyHash = "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi";

std::string RandomSecret() {
  std::string secret(32, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(secret.data()), static_cast<int>(secret.size())) != 1) {
    throw std::runtime_error("the system gives no random bytes");
  }
  return secret;
}

bool BcryptMatches(std::string_view password, const std::string& hash) {
  auto data = std::make_unique<crypt_data>();
  std::memset(data.get(), 0, sizeof(crypt_data));
  const char* computed = crypt_r(std::string(password).c_str(), hash.c_str(), data.get());
  return computed != nullptr && std::strlen(computed) == hash.size() &&
         CRYPTO_memcmp(computed, hash.data(), hash.size()) == 0;
}

}  // namespace

std::optional<std::pair<std::string, std::string>> ParseBasicAuthorization(std::string_view header) {
  constexpr std::string_view kScheme = "basic ";
  if (header.size() < kScheme.size()) return std::nullopt;
  if (absl::AsciiStrToLower(std::string(header.substr(0, kScheme.size()))) != kScheme) return std::nullopt;
  header.remove_prefix(kScheme.size());
  std::string decoded;
  if (!absl::Base64Unescape({header.data(), header.size()}, &decoded)) return std::nullopt;
  const size_t colon = decoded.find(':');
  // crypt_r reads its password up to the first zero byte, which would make others equal to it.
  if (colon == std::string::npos || decoded.find('\0') != std::string::npos) return std::nullopt;
  return std::pair{decoded.substr(0, colon), decoded.substr(colon + 1)};
}

bool IsBcryptHash(std::string_view hash) {
  constexpr std::string_view kAlphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return hash.size() == 60 && hash.starts_with("$2") &&
         std::string_view("aby").find(hash[2]) != std::string_view::npos && hash[3] == '$' && digit(hash[4]) &&
         digit(hash[5]) && hash[6] == '$' && hash.substr(7).find_first_not_of(kAlphabet) == std::string_view::npos;
}

PasswordChecker::PasswordChecker() : secret_(RandomSecret()) {}

std::string PasswordChecker::CacheKey(std::string_view name, std::string_view password, std::string_view hash) const {
  std::string text;
  text.append(name).append(1, '\0').append(hash).append(1, '\0').append(password);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int digest_bytes = 0;
  HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &digest_bytes);
  return {reinterpret_cast<const char*>(digest), digest_bytes};
}

std::optional<PasswordChecker::Slot> PasswordChecker::TakeSlot() {
  Slot slot(&slots_taken_);
  if (slots_taken_.fetch_add(1, std::memory_order_relaxed) >= kMaxChecks) return std::nullopt;
  return slot;
}

bool PasswordChecker::Remembered(const Users& users, std::string_view name, std::string_view password) {
  const auto user = users.find(std::string(name));
  if (user == users.end()) return false;
  const std::string key = CacheKey(name, password, user->second);
  MutexLock lock(mutex_);
  return right_.contains(key);
}

bool PasswordChecker::Check(const Users& users, std::string_view name, std::string_view password) {
  if (Remembered(users, name, password)) return true;
  const auto user = users.find(std::string(name));
  const bool known = user != users.end();
  const std::string hash = known ? user->second : std::string(kDummyHash);
  if (!BcryptMatches(password, hash) || !known) return false;
  MutexLock lock(mutex_);
  if (right_.size() >= kMaxRemembered) right_.erase(right_.begin());  // keys are digests: a random one
  right_.insert(CacheKey(name, password, hash));
  return true;
}

}  // namespace promcast
