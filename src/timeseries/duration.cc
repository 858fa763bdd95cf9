#include "timeseries/duration.h"

#include <absl/status/status.h>
#include <fmt/format.h>

#include <array>
#include <limits>

namespace promcast {
namespace {

struct Unit {
  std::string_view name;
  int64_t ms;
  bool only_if_exact;
};

constexpr std::array<Unit, 7> kUnits = {{{"y", 365 * 86'400'000LL, true},
                                         {"w", 7 * 86'400'000LL, true},
                                         {"d", 86'400'000, false},
                                         {"h", 3'600'000, false},
                                         {"m", 60'000, false},
                                         {"s", 1'000, false},
                                         {"ms", 1, false}}};
constexpr int64_t kMaxDurationMs = std::numeric_limits<int64_t>::max() / 1'000'000;

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

absl::Status Bad(std::string_view text, std::string_view why) {
  return absl::InvalidArgumentError(
      fmt::format("\"{}\" is not a duration: {}; write it like 30s, 5m or 1h30m", text, why));
}

}  // namespace

absl::StatusOr<int64_t> ParseDurationMs(std::string_view text) {
  if (text == "0") return 0;
  if (text.empty()) return Bad(text, "it is empty");
  int64_t total = 0;
  size_t at = 0;
  size_t next_unit = 0;
  while (at < text.size()) {
    if (!IsDigit(text[at])) return Bad(text, fmt::format("expected a digit at column {}", at + 1));
    int64_t number = 0;
    for (; at < text.size() && IsDigit(text[at]); at++) {
      number = number * 10 + (text[at] - '0');
      if (number > kMaxDurationMs) return Bad(text, "more than 292 years");
    }
    size_t end = at;
    while (end < text.size() && !IsDigit(text[end])) end++;
    const std::string_view name = text.substr(at, end - at);
    size_t unit = 0;
    while (unit < kUnits.size() && kUnits[unit].name != name) unit++;
    if (unit == kUnits.size()) {
      return Bad(text, fmt::format("expected a unit (y, w, d, h, m, s, ms) at column {}", at + 1));
    }
    if (unit < next_unit) return Bad(text, "units go from the longest to the shortest, each once");
    next_unit = unit + 1;
    if (number > (kMaxDurationMs - total) / kUnits[unit].ms) return Bad(text, "more than 292 years");
    total += number * kUnits[unit].ms;
    at = end;
  }
  return total;
}

std::string FormatDuration(int64_t duration_ms) {
  if (duration_ms == 0) return "0s";
  std::string out = duration_ms < 0 ? "-" : "";
  uint64_t left = duration_ms < 0 ? -static_cast<uint64_t>(duration_ms) : static_cast<uint64_t>(duration_ms);
  for (const Unit& unit : kUnits) {
    const auto length = static_cast<uint64_t>(unit.ms);
    if (left < length || (unit.only_if_exact && left % length != 0)) continue;
    out += fmt::format("{}{}", left / length, unit.name);
    left %= length;
  }
  return out;
}

}  // namespace promcast
