#include "config/byte_size.h"

#include <fmt/format.h>

#include <array>
#include <limits>

namespace promcast {
namespace {

struct Unit {
  std::string_view name;
  uint64_t bytes;
};

constexpr std::array<Unit, 11> kUnits{{{"TiB", 1ull << 40},
                                       {"TB", 1'000'000'000'000},
                                       {"GiB", 1ull << 30},
                                       {"GB", 1'000'000'000},
                                       {"MiB", 1ull << 20},
                                       {"MB", 1'000'000},
                                       {"KiB", 1ull << 10},
                                       {"kB", 1000},
                                       {"KB", 1000},
                                       {"B", 1},
                                       {"", 1}}};
constexpr size_t kMaxFractionDigits = 12;

absl::Status BadSize(std::string_view text, std::string_view why) {
  return absl::InvalidArgumentError(
      fmt::format("\"{}\" is not a size in bytes{}; write one such as 32MiB, 2GiB, 500kB or 1048576", text, why));
}

/// Splits "1.5GiB" into the digits before the point, those behind it, and the unit.
struct SizeParts {
  std::string_view whole, fraction, unit;
};

SizeParts Split(std::string_view text) {
  const auto digits_end = [&](size_t from) {
    const size_t end = text.find_first_not_of("0123456789", from);
    return end == std::string_view::npos ? text.size() : end;
  };
  SizeParts parts;
  size_t end = digits_end(0);
  parts.whole = text.substr(0, end);
  if (end < text.size() && text[end] == '.') {
    const size_t start = end + 1;
    end = digits_end(start);
    parts.fraction = text.substr(start, end - start);
    if (parts.fraction.empty()) end = start - 1;  // a point without digits behind it belongs to no number
  }
  parts.unit = text.substr(end);
  return parts;
}

}  // namespace

absl::StatusOr<uint64_t> ParseByteSize(std::string_view text) {
  const SizeParts parts = Split(text);
  if (parts.whole.empty()) return BadSize(text, "");
  const Unit* unit = nullptr;
  for (const Unit& candidate : kUnits) {
    if (candidate.name == parts.unit) unit = &candidate;
  }
  if (unit == nullptr) return BadSize(text, "");
  constexpr auto kMax = static_cast<unsigned __int128>(std::numeric_limits<uint64_t>::max());
  unsigned __int128 bytes = 0;
  for (const char digit : parts.whole) {
    bytes = bytes * 10 + static_cast<unsigned>(digit - '0');
    if (bytes > kMax) return BadSize(text, " (too large)");
  }
  bytes *= unit->bytes;
  if (parts.fraction.size() > kMaxFractionDigits) return BadSize(text, " (too many digits behind the point)");
  unsigned __int128 numerator = 0, denominator = 1;
  for (const char digit : parts.fraction) {
    numerator = numerator * 10 + static_cast<unsigned>(digit - '0');
    denominator *= 10;
  }
  numerator *= unit->bytes;
  if (numerator % denominator != 0) return BadSize(text, " (not a whole number of bytes)");
  bytes += numerator / denominator;
  if (bytes > kMax) return BadSize(text, " (too large)");
  return static_cast<uint64_t>(bytes);
}

std::string FormatByteSize(uint64_t bytes) {
  for (const Unit& unit : kUnits) {
    if (bytes > 0 && unit.bytes > 1 && bytes % unit.bytes == 0)
      return fmt::format("{}{}", bytes / unit.bytes, unit.name);
  }
  return fmt::format("{}", bytes);
}

}  // namespace promcast
