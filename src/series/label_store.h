#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "series/fingerprint_table.h"
#include "timeseries/fingerprint.h"
#include "timeseries/labels.h"

namespace promcast {

/// The labels of one series in a LabelStore: references to texts that series share, and the values that are its own.
/// Goes back to its store by LabelStore::Release(), or ends with it.
class StoredLabels {
 public:
  StoredLabels() = default;

 private:
  friend class LabelStore;
  std::unique_ptr<uint8_t[]> bytes_;  // a varint, how many follow; then the labels
};

/// One of a series' labels, as its store holds it: as a text that other series may have as well, or as such a name with
/// a value of its own.
struct StoredLabel {
  static constexpr uint32_t kNoText = UINT32_MAX;

  LabelView label;
  uint32_t text = kNoText;  ///< the store's name for the text; kNoText of a label that is in no store
  bool is_shared = false;   ///< the text is the whole label
};

/// The labels of many series, each text that several share kept once: names always, pairs of name and value from their
/// second appearance on, for which the first leaves a trace of two bytes. A value that one series alone has costs its
/// length and about three bytes. Texts without a series are given back; tables stay as long as they were, as those of a
/// Registry do. Not thread-safe.
class LabelStore {
 public:
  LabelStore();

  /// `labels`: in any order; what they view is copied.
  StoredLabels Add(std::span<const LabelView> labels);
  /// `labels` must come from this store's Add().
  void Release(StoredLabels labels);
  /// Replaces `views` by the labels in the order in which they were added. They live until these labels are released,
  /// or the store ends.
  void View(const StoredLabels& labels, std::vector<LabelView>& views) const;
  void View(const StoredLabels& labels, std::vector<StoredLabel>& views) const;
  /// The same in two parts, for who has something to do while memory is waited for: first which texts they are, and
  /// these are asked for; then their names and values, to which the same holds. Others may be released meanwhile.
  void BeginView(const StoredLabels& labels, std::vector<StoredLabel>& views) const;
  void FinishView(std::span<StoredLabel> views) const;

  /// Changes when a StoredLabel::text may have come to mean another text than before.
  uint64_t generation() const { return generation_; }

  /// Asks for the memory that View looks at first.
  static void Fetch(const StoredLabels& labels) { __builtin_prefetch(labels.bytes_.get()); }

  size_t size() const { return series_; }
  /// Texts that are shared now.
  size_t shared_texts() const { return texts_.size() - free_ids_.size(); }
  /// Heap memory held, stored labels included.
  size_t allocated_bytes() const;

 private:
  /// A name with a value, or with none: the name alone.
  struct Text {
    std::unique_ptr<char[]> chars;
    uint32_t name_bytes = 0;
    uint32_t value_bytes = 0;
    uint32_t references = 0;

    std::string_view name() const { return {chars.get(), name_bytes}; }
    std::string_view value() const { return {chars.get() + name_bytes, value_bytes}; }
  };

  /// Whether that pair was seen before, as far as is remembered; it is from now on.
  bool WasSeen(const Fingerprint& pair);
  uint32_t Refer(const LabelView& text, const Fingerprint& fingerprint);
  void Drop(uint32_t id);
  void AppendLabel(const LabelView& label);
  /// Calls `visit(id, whether the text is the whole label, the own value where it is not)`.
  template <typename Visit>
  static void ForEach(const StoredLabels& labels, const Visit& visit);

  const uint64_t hash_seed_;
  std::vector<Text> texts_;  // by id
  std::vector<uint32_t> free_ids_;
  FingerprintTable ids_;
  // By some bits of a pair's fingerprint: others of them, 0 for none, the last first. Two, so that a pair that all
  // series have is not forgotten for good for another such one that falls on the same place.
  static constexpr size_t kTraces = 2;
  std::vector<std::array<uint16_t, kTraces>> seen_;
  std::vector<uint8_t> encoded_;
  uint64_t generation_ = 0;
  size_t series_ = 0;
  size_t text_bytes_ = 0;    // of all texts' characters
  size_t series_bytes_ = 0;  // of all stored labels
};

}  // namespace promcast
