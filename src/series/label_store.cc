#include "series/label_store.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <random>
#include <utility>

namespace promcast {
namespace {

constexpr size_t kFirstPlaces = 512;  // of traces

// Stored labels, each: id * 2 of a pair; or id * 2 + 1 of a name, the value's length, the value.
constexpr uint64_t kOwnValue = 1;

size_t VarintBytes(uint64_t value) {
  return (static_cast<size_t>(std::bit_width(value | 1)) + 6) / 7;
}

uint8_t* WriteVarint(uint64_t value, uint8_t* to) {
  for (; value >= 0x80; value >>= 7) *to++ = static_cast<uint8_t>(value | 0x80);
  *to++ = static_cast<uint8_t>(value);
  return to;
}

void AppendVarint(std::vector<uint8_t>& to, uint64_t value) {
  uint8_t bytes[10];
  to.insert(to.end(), bytes, WriteVarint(value, bytes));
}

uint64_t ReadVarint(const uint8_t*& at) {
  uint64_t value = *at & 0x7f;
  for (int shift = 7; *at++ >= 0x80; shift += 7) value |= static_cast<uint64_t>(*at & 0x7f) << shift;
  return value;
}

}  // namespace

LabelStore::LabelStore() : hash_seed_(uint64_t{std::random_device()()} << 32 | std::random_device()()) {}

StoredLabels LabelStore::Add(std::span<const LabelView> labels) {
  series_++;
  encoded_.clear();
  for (const LabelView& label : labels) AppendLabel(label);
  const size_t bytes = VarintBytes(encoded_.size()) + encoded_.size();
  StoredLabels stored;
  stored.bytes_ = std::make_unique_for_overwrite<uint8_t[]>(bytes);
  std::copy(encoded_.begin(), encoded_.end(), WriteVarint(encoded_.size(), stored.bytes_.get()));
  series_bytes_ += bytes;
  return stored;
}

void LabelStore::AppendLabel(const LabelView& label) {
  const uint64_t name_hash = HashLabelText(label.name, hash_seed_);
  const Fingerprint pair = LabelFingerprint(name_hash, HashLabelText(label.value, hash_seed_));
  if (ids_.Find(pair) || WasSeen(pair)) {
    AppendVarint(encoded_, uint64_t{Refer(label, pair)} * 2);
    return;
  }
  const LabelView name{label.name, {}};
  const uint32_t id = Refer(name, LabelFingerprint(name_hash, HashLabelText({}, hash_seed_)));
  AppendVarint(encoded_, uint64_t{id} * 2 + kOwnValue);
  AppendVarint(encoded_, label.value.size());
  encoded_.insert(encoded_.end(), label.value.begin(), label.value.end());
}

void LabelStore::Release(StoredLabels labels) {
  const uint8_t* at = labels.bytes_.get();
  const uint64_t encoded_bytes = ReadVarint(at);
  for (const uint8_t* const end = at + encoded_bytes; at != end;) {
    const uint64_t reference = ReadVarint(at);
    Drop(static_cast<uint32_t>(reference / 2));
    if ((reference & kOwnValue) == 0) continue;
    const uint64_t value_bytes = ReadVarint(at);
    at += value_bytes;
  }
  series_--;
  series_bytes_ -= static_cast<size_t>(at - labels.bytes_.get());
}

template <typename Visit>
void LabelStore::ForEach(const StoredLabels& labels, const Visit& visit) {
  const uint8_t* at = labels.bytes_.get();
  const uint64_t encoded_bytes = ReadVarint(at);
  for (const uint8_t* const end = at + encoded_bytes; at != end;) {
    const uint64_t reference = ReadVarint(at);
    const auto id = static_cast<uint32_t>(reference / 2);
    if ((reference & kOwnValue) == 0) {
      visit(id, true, std::string_view());
    } else {
      const uint64_t value_bytes = ReadVarint(at);
      visit(id, false, std::string_view(reinterpret_cast<const char*>(at), value_bytes));
      at += value_bytes;
    }
  }
}

void LabelStore::View(const StoredLabels& labels, std::vector<LabelView>& views) const {
  views.clear();
  ForEach(labels, [&](uint32_t id, bool is_shared, std::string_view own_value) {
    const Text& text = texts_[id];
    views.push_back({text.name(), is_shared ? text.value() : own_value});
  });
}

void LabelStore::View(const StoredLabels& labels, std::vector<StoredLabel>& views) const {
  BeginView(labels, views);
  FinishView(views);
}

void LabelStore::BeginView(const StoredLabels& labels, std::vector<StoredLabel>& views) const {
  views.clear();
  ForEach(labels, [&](uint32_t id, bool is_shared, std::string_view own_value) {
    __builtin_prefetch(&texts_[id]);
    views.push_back({{{}, own_value}, id, is_shared});
  });
}

void LabelStore::FinishView(std::span<StoredLabel> views) const {
  for (StoredLabel& view : views) {
    const Text& text = texts_[view.text];
    __builtin_prefetch(text.chars.get());
    view.label.name = text.name();
    if (view.is_shared) view.label.value = text.value();
  }
}

bool LabelStore::WasSeen(const Fingerprint& pair) {
  if (seen_.size() * kTraces < series_) seen_.assign(std::max(kFirstPlaces, seen_.size() * 2), {});  // begins anew
  auto& [last, last_but_one] = seen_[pair.high & (seen_.size() - 1)];
  const auto own_trace = static_cast<uint16_t>(pair.low | 1);
  if (last == own_trace || last_but_one == own_trace) return true;
  last_but_one = std::exchange(last, own_trace);
  return false;
}

uint32_t LabelStore::Refer(const LabelView& text, const Fingerprint& fingerprint) {
  if (const auto id = ids_.Find(fingerprint)) {
    texts_[*id].references++;
    return *id;
  }
  if (free_ids_.empty()) {
    free_ids_.push_back(static_cast<uint32_t>(texts_.size()));
    texts_.emplace_back();
  }
  const uint32_t id = free_ids_.back();
  free_ids_.pop_back();
  ids_.Insert(fingerprint, id);
  const size_t bytes = text.name.size() + text.value.size();
  Text& added = texts_[id];
  added.chars = std::make_unique_for_overwrite<char[]>(bytes);
  std::ranges::copy(text.value, std::ranges::copy(text.name, added.chars.get()).out);
  added.name_bytes = static_cast<uint32_t>(text.name.size());
  added.value_bytes = static_cast<uint32_t>(text.value.size());
  added.references = 1;
  text_bytes_ += bytes;
  return id;
}

void LabelStore::Drop(uint32_t id) {
  Text& text = texts_[id];
  assert(text.references > 0);
  if (--text.references > 0) return;
  generation_++;
  ids_.Erase(LabelFingerprint(text.name(), text.value(), hash_seed_));
  text_bytes_ -= text.name_bytes + text.value_bytes;
  text = Text();
  free_ids_.push_back(id);
}

size_t LabelStore::allocated_bytes() const {
  return texts_.capacity() * sizeof(Text) + free_ids_.capacity() * sizeof(uint32_t) + ids_.allocated_bytes() +
         seen_.capacity() * sizeof(seen_[0]) + encoded_.capacity() + text_bytes_ + series_bytes_;
}

}  // namespace promcast
