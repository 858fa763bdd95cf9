#include "http_client/retry.h"

#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>
#include <absl/time/time.h>

#include <algorithm>
#include <string>

namespace promcast {

using std::chrono::milliseconds;

milliseconds Backoff::Next() {
  const milliseconds wait = std::min(next_, max_);
  next_ = std::min(max_, 2 * wait);
  return wait;
}

std::optional<milliseconds> ParseRetryAfter(std::string_view value, int64_t now_ms, milliseconds longest) {
  const std::string text(absl::StripAsciiWhitespace({value.data(), value.size()}));
  if (text.empty()) return std::nullopt;
  if (std::all_of(text.begin(), text.end(), absl::ascii_isdigit)) {
    int64_t seconds = 0;
    if (!absl::SimpleAtoi(text, &seconds) || seconds > longest.count() / 1000) return longest;
    if (seconds == 0) return std::nullopt;
    return milliseconds(seconds * 1000);
  }
  absl::Time date;
  for (const char* format : {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"}) {
    if (!absl::ParseTime(format, text, &date, nullptr)) continue;
    const int64_t wait_ms = absl::ToUnixMillis(date) - now_ms;
    if (wait_ms <= 0) return std::nullopt;
    return std::min(longest, milliseconds(wait_ms));
  }
  return std::nullopt;
}

}  // namespace promcast
