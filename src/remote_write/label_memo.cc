#include "remote_write/label_memo.h"

#include <algorithm>
#include <cstring>

namespace promcast {
namespace {

constexpr uint8_t kLabelTag = WireTag(1, WireType::kBytes);  // of a series
constexpr uint8_t kNameTag = WireTag(1, WireType::kBytes);
constexpr uint8_t kValueTag = WireTag(2, WireType::kBytes);
constexpr size_t kMaxShortBytes = 0x7f;  // whose length takes one byte

constexpr size_t kHeadWordsBytes = 16;
constexpr size_t kNameInHeadWords = kHeadWordsBytes - 2;

// Of at least 8 bytes; mostly fewer than a call of memcmp is worth.
inline bool AreSame(const char* a, const char* b, size_t bytes) {
  for (size_t i = 0; i + 8 < bytes; i += 8) {
    if (EdgeWords::Word(a + i, 8) != EdgeWords::Word(b + i, 8)) return false;
  }
  return EdgeWords::Word(a + bytes - 8, 8) == EdgeWords::Word(b + bytes - 8, 8);
}

}  // namespace

LabelMemo::LabelMemo(size_t max_value_bytes, uint64_t seed)
    : max_value_bytes_(static_cast<uint8_t>(std::min(max_value_bytes, kMaxShortBytes))), seed_(seed) {}

Fingerprint LabelMemo::Add(size_t place, const LabelView& label) {
  const uint64_t name_hash = HashLabelText(label.name, seed_);
  const Fingerprint added = LabelFingerprint(name_hash, HashLabelText(label.value, seed_));
  if (place >= kPlaces || label.name.size() > kMaxShortBytes - 4) return added;

  Label& at_place = labels_[place] = Label();
  unsigned char head[kHeadWordsBytes] = {kNameTag, static_cast<uint8_t>(label.name.size())};
  const size_t name_in_words = std::min(label.name.size(), kNameInHeadWords);
  std::copy_n(label.name.data(), name_in_words, head + 2);
  if (name_in_words < kNameInHeadWords) head[2 + name_in_words] = kValueTag;
  at_place.head_bytes = static_cast<uint8_t>(label.name.size() + 3);
  unsigned char mask[kHeadWordsBytes] = {};
  std::fill_n(mask, std::min<size_t>(at_place.head_bytes, kHeadWordsBytes), 0xff);
  std::memcpy(at_place.head_words, head, sizeof(head));
  std::memcpy(at_place.head_masks, mask, sizeof(mask));
  at_place.is_metric_name = label.name == kMetricNameLabel;
  at_place.name = label.name.data();
  at_place.name_hash = name_hash;
  if (label.value.size() <= kMaxShortBytes) {
    at_place.value = label.value.data();
    at_place.value_bytes = static_cast<uint8_t>(label.value.size());
    if (label.value.size() <= EdgeWords::kWholeTextBytes) at_place.value_words = EdgeWords(label.value);
    at_place.added = added;
  }
  return added;
}

// There are at least as many bytes as a head has, and kHeadWordsBytes.
inline bool LabelMemo::HasHead(const Label& label, const char* at) {
  const uint64_t first = EdgeWords::Word(at, 8) & label.head_masks[0];
  const uint64_t second = EdgeWords::Word(at + 8, 8) & label.head_masks[1];
  if (first != label.head_words[0] || second != label.head_words[1]) return false;
  if (label.head_bytes <= kHeadWordsBytes) return true;
  const size_t value_tag = label.head_bytes - 1u;
  return at[value_tag] == kValueTag &&
         std::memcmp(at + kHeadWordsBytes, label.name + kNameInHeadWords, value_tag - kHeadWordsBytes) == 0;
}

inline void LabelMemo::ChangeValue(Label& label, std::string_view value) const {
  const bool same_size = value.size() == label.value_bytes;
  uint64_t hash;
  if (value.size() <= EdgeWords::kWholeTextBytes) {
    const EdgeWords words(value);
    if (same_size && words == label.value_words) return;
    label.value_words = words;
    hash = HashShortLabelText(words, value.size(), seed_);
  } else {
    if (same_size && AreSame(value.data(), label.value, value.size())) return;
    label.value = value.data();
    hash = HashLabelText(value, seed_);
  }
  label.value_bytes = static_cast<uint8_t>(value.size());
  label.added = value.empty() ? Fingerprint() : LabelFingerprint(label.name_hash, hash);
}

size_t LabelMemo::Take(WireReader& series, size_t place, size_t end_place, Fingerprint& sum,
                       std::string_view& metric_name) {
  const auto byte = [](const char* at) { return static_cast<uint8_t>(*at); };
  const size_t end = std::min(end_place, kPlaces);
  std::string_view rest = series.rest();
  uint64_t low = 0;
  uint64_t high = 0;
  while (place < end && rest.size() >= 2 + kHeadWordsBytes && byte(rest.data()) == kLabelTag) {
    Label& label = labels_[place];
    const size_t label_bytes = byte(rest.data() + 1);
    const char* const head = rest.data() + 2;
    if (label_bytes > kMaxShortBytes || label_bytes <= label.head_bytes || label_bytes > rest.size() - 2) break;
    if (!HasHead(label, head)) break;
    const char* const value = head + label.head_bytes + 1;
    const size_t value_bytes = byte(value - 1);
    if (value_bytes > max_value_bytes_ || label.head_bytes + 1 + value_bytes != label_bytes) break;
    ChangeValue(label, {value, value_bytes});
    low += label.added.low;
    high += label.added.high;
    if (label.is_metric_name && value_bytes > 0) metric_name = {value, value_bytes};
    rest.remove_prefix(2 + label_bytes);
    place++;
  }
  series = WireReader(rest);
  sum += {low, high};
  return place;
}

}  // namespace promcast
