#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "remote_write/wire.h"
#include "timeseries/fingerprint.h"
#include "timeseries/labels.h"

namespace promcast {

/// The labels of the series before, by their place in it. In a 1.0 message a series has mostly the names of the one
/// before and many of its values; these are compared and not hashed again. Points into the message. It changes what a
/// fingerprint costs, never what it is.
class LabelMemo {
 public:
  LabelMemo(size_t max_value_bytes, uint64_t seed);

  /// To be called before the message goes.
  void Forget() { labels_.fill(Label()); }

  /// What a label adds to its series' fingerprint; its value is not empty.
  Fingerprint Add(size_t place, const LabelView& label);

  /// Takes the label fields that follow in the series, up to `end_place`, as long as each is written as every sender
  /// does and has the name that the series before had at its place. Returns the place of the next label.
  size_t Take(WireReader& series, size_t place, size_t end_place, Fingerprint& sum, std::string_view& metric_name);

 private:
  static constexpr size_t kPlaces = 32;
  static constexpr uint8_t kNone = 0xff;  // longer than all that is compared

  // A label's head is what stands before the value's length: the name's tag, length and bytes, and the value's tag.
  struct Label {
    uint64_t head_words[2] = {}, head_masks[2] = {};  // its first bytes
    uint8_t head_bytes = kNone, value_bytes = kNone;
    bool is_metric_name = false;
    const char* name = nullptr;
    const char* value = nullptr;
    EdgeWords value_words;  // of a value that they tell whole
    uint64_t name_hash = 0;
    Fingerprint added;
  };

  static bool HasHead(const Label& label, const char* at);
  void ChangeValue(Label& label, std::string_view value) const;

  const uint8_t max_value_bytes_;
  const uint64_t seed_;
  std::array<Label, kPlaces> labels_;
};

}  // namespace promcast
