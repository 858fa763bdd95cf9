#pragma once

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace promcast {

/// Writes the elements of a snappy block for somebody who knows where its bytes stood before, which saves the search
/// for repeats. Source: github.com/google/snappy/blob/main/format_description.txt
class SnappyWriter {
 public:
  /// How far back a repeat may begin.
  static constexpr uint32_t kWindowBytes = 65'535;
  /// A shorter repeat is no gain.
  static constexpr uint32_t kMinRepeatBytes = 8;
  static constexpr size_t kMaxLengthBytes = 5;

  static constexpr size_t kShortBytes = 40;

  /// What a block of so many bytes takes at most, with what is written beyond it meanwhile.
  static constexpr size_t MaxBytes(size_t bytes) {
    return kMaxLengthBytes + bytes + bytes / kMaxRunBytes + 1 + kShortBytes;
  }

  /// `to` has MaxBytes of what will be written.
  explicit SnappyWriter(char* to) : out_(to) {}

  void Literal(std::string_view bytes) {
    if (bytes.empty()) return;
    EndRepeat();
    position_ += static_cast<uint32_t>(bytes.size());
    while (!bytes.empty()) {
      if (run_bytes_ == 0 || run_bytes_ == kMaxRunBytes) {
        run_ = out_++;
        run_bytes_ = 0;
      }
      const size_t taken = std::min(kMaxRunBytes - run_bytes_, bytes.size());
      std::memcpy(out_, bytes.data(), taken);
      out_ += taken;
      run_bytes_ += taken;
      *run_ = static_cast<char>((run_bytes_ - 1) << 2);
      bytes.remove_prefix(taken);
    }
  }

  /// The same of 1 to kShortBytes bytes, of which `from` has so many that may be read: copying them needs no length.
  void ShortLiteral(const char* from, size_t bytes) {
    assert(bytes > 0 && bytes <= kShortBytes);
    EndRepeat();
    if (run_bytes_ + bytes > kMaxRunBytes) return Literal({from, bytes});
    if (run_bytes_ == 0) run_ = out_++;
    std::memcpy(out_, from, kShortBytes);
    out_ += bytes;
    run_bytes_ += bytes;
    *run_ = static_cast<char>((run_bytes_ - 1) << 2);
    position_ += static_cast<uint32_t>(bytes);
  }

  /// The `bytes` bytes that begin at position `from`, at most kWindowBytes back; at least kMinRepeatBytes.
  void Repeat(uint32_t from, uint32_t bytes) {
    if (repeat_bytes_ == 0 || repeat_from_ + repeat_bytes_ != from) {
      EndRepeat();
      repeat_from_ = from;
    }
    repeat_bytes_ += bytes;
    position_ += bytes;
  }

  /// Of the next byte, counted from the first.
  uint32_t position() const { return position_; }

  /// Behind the last element.
  char* Finish() {
    EndRepeat();
    return out_;
  }

 private:
  static constexpr size_t kMaxRunBytes = 60;  // whose length fits into the tag
  static constexpr uint32_t kMaxCopyBytes = 64;

  void EndRepeat() {
    if (repeat_bytes_ == 0) return;
    run_bytes_ = 0;
    const uint32_t distance = position_ - repeat_bytes_ - repeat_from_;
    for (; repeat_bytes_ > kMaxCopyBytes; repeat_bytes_ -= kMaxCopyBytes) WriteCopy(distance, kMaxCopyBytes);
    WriteCopy(distance, repeat_bytes_);
    repeat_bytes_ = 0;
  }

  /// A copy with an offset of two bytes, and a byte beyond it.
  void WriteCopy(uint32_t distance, uint32_t bytes) {
    const uint32_t element = (bytes - 1) << 2 | 2 | distance << 8;
    static_assert(std::endian::native == std::endian::little);
    std::memcpy(out_, &element, sizeof(element));
    out_ += 3;
  }

  char* out_;
  char* run_ = nullptr;   // the tag of the literal being written
  size_t run_bytes_ = 0;  // 0: none is
  uint32_t position_ = 0;
  uint32_t repeat_from_ = 0, repeat_bytes_ = 0;  // not yet written
};

}  // namespace promcast
