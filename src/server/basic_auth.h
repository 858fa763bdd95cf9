#pragma once

#include <atomic>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "concurrency/mutex.h"

namespace promcast {

/// Name and password of an `Authorization: Basic ...` header; nothing when it is not one (RFC 7617).
std::optional<std::pair<std::string, std::string>> ParseBasicAuthorization(std::string_view header);

/// True for the form of a bcrypt hash: $2a$, $2b$ or $2y$, two digits of cost, 53 characters.
bool IsBcryptHash(std::string_view hash);

/// Checks passwords against bcrypt hashes and remembers a bounded number of right ones, since one check takes some 50
/// ms on purpose. Only keyed digests of passwords are kept. An unknown name costs as much as a wrong password, and
/// nothing is kept of either, so that guesses push nobody out. Thread-safe.
class PasswordChecker {
 public:
  PasswordChecker();

  using Users = std::map<std::string, std::string>;  ///< name to hash
  static constexpr int kMaxChecks = 32;              ///< at once, those that wait for a thread included

  /// The right to one Check until it is destroyed, no later than the checker. Movable.
  class Slot {
   public:
    Slot(Slot&& other) noexcept : taken_(std::exchange(other.taken_, nullptr)) {}
    Slot& operator=(Slot&&) = delete;
    ~Slot() {
      if (taken_ != nullptr) taken_->fetch_sub(1, std::memory_order_relaxed);
    }

   private:
    friend class PasswordChecker;
    explicit Slot(std::atomic<int>* taken) : taken_(taken) {}
    std::atomic<int>* taken_;
  };
  /// Nothing when kMaxChecks are under way: the caller is to come again.
  std::optional<Slot> TakeSlot();

  /// Whether this login was found right before; if not, Check has to compute it.
  bool Remembered(const Users& users, std::string_view name, std::string_view password) PROMCAST_EXCLUDES(mutex_);
  /// Blocks for as long as bcrypt takes, unless the login is remembered.
  bool Check(const Users& users, std::string_view name, std::string_view password) PROMCAST_EXCLUDES(mutex_);

 private:
  std::string CacheKey(std::string_view name, std::string_view password, std::string_view hash) const;

  const std::string secret_;
  std::atomic<int> slots_taken_{0};
  Mutex mutex_;
  std::set<std::string> right_ PROMCAST_GUARDED_BY(mutex_);  ///< digests
};

}  // namespace promcast
