#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace promcast {

/// Waits that double from `min` to `max`.
class Backoff {
 public:
  Backoff(std::chrono::milliseconds min, std::chrono::milliseconds max) : min_(min), max_(max), next_(min) {}

  std::chrono::milliseconds Next();
  void Reset() { next_ = min_; }

 private:
  const std::chrono::milliseconds min_, max_;
  std::chrono::milliseconds next_;
};

/// How long a `Retry-After` header asks to wait: seconds, or an HTTP date (RFC 9110, section 10.2.3) seen from
/// `now_ms`. At most `longest`, so that one answer cannot silence a destination; nothing for a value that is broken,
/// zero or past.
std::optional<std::chrono::milliseconds> ParseRetryAfter(std::string_view value, int64_t now_ms,
                                                         std::chrono::milliseconds longest);

}  // namespace promcast
