#include "timeseries/label_names.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace promcast {
namespace {

bool IsAlpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
bool IsContinuation(uint8_t c) {
  return (c & 0xC0) == 0x80;
}

/// Length of the well-formed sequence that starts with the non-ASCII byte text[0]; 0 when there is none.
size_t MultiByteLength(const uint8_t* text, size_t size) {
  const uint8_t lead = text[0];
  if (lead < 0xC2 || lead > 0xF4) return 0;
  const size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (size < length) return 0;
  for (size_t i = 1; i < length; i++) {
    if (!IsContinuation(text[i])) return 0;
  }
  const uint8_t second = text[1];
  const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool surrogate = lead == 0xED && second >= 0xA0;
  const bool too_high = lead == 0xF4 && second >= 0x90;
  return overlong || surrogate || too_high ? 0 : length;
}

bool IsLegacyName(std::string_view name, bool colon) {
  if (name.empty() || IsDigit(name[0])) return false;
  for (const char c : name) {
    if (!IsAlpha(c) && !IsDigit(c) && !(colon && c == ':')) return false;
  }
  return true;
}

}  // namespace

bool IsValidUtf8(std::string_view text) {
  const auto* at = reinterpret_cast<const uint8_t*>(text.data());
  size_t left = text.size();
  while (left > 0) {
    uint64_t word = 0;
    if (left >= sizeof(word)) {
      std::memcpy(&word, at, sizeof(word));
      if ((word & 0x8080808080808080u) == 0) {
        at += sizeof(word), left -= sizeof(word);
        continue;
      }
    }
    const size_t length = *at < 0x80 ? 1 : MultiByteLength(at, left);
    if (length == 0) return false;
    at += length, left -= length;
  }
  return true;
}

bool IsLegacyMetricName(std::string_view name) {
  return IsLegacyName(name, true);
}
bool IsLegacyLabelName(std::string_view name) {
  return IsLegacyName(name, false);
}

}  // namespace promcast
