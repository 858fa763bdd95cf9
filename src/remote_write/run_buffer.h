#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace promcast {

/// Bytes that are written one run after the other and read again by their offset. Clearing keeps the memory.
class RunBuffer {
 public:
  /// So many bytes behind a run may be read, and behind what there is room for written, so that copying a short run
  /// needs no length.
  static constexpr size_t kSlackBytes = 64;

  size_t size() const { return size_; }
  /// Lives until the next Room or Reserve.
  const char* at(size_t offset) const { return bytes_.data() + offset; }
  std::string_view view() const { return {bytes_.data(), size_}; }

  void Clear() { size_ = 0; }
  /// Room for so many bytes, behind what was written.
  char* Room(size_t bytes) {
    if (const size_t needed = size_ + bytes + kSlackBytes; needed > bytes_.size()) [[unlikely]]
      Grow(needed);
    return bytes_.data() + size_;
  }
  /// What was written there, up to `end`, stays.
  void EndAt(const char* end) { size_ = static_cast<size_t>(end - bytes_.data()); }
  /// Room for so many bytes in all.
  void Reserve(size_t bytes) { bytes_.resize(std::max(bytes_.size(), bytes + kSlackBytes)); }

  /// Copies a run of this or of another such buffer to where there is room for it; returns the place behind it.
  static char* Copy(char* to, const char* from, size_t bytes) {
    std::array<char, kSlackBytes / 2> step;  // what is read behind the run may be where it goes
    for (size_t done = 0; done < bytes; done += step.size()) {
      std::memcpy(step.data(), from + done, step.size());
      std::memcpy(to + done, step.data(), step.size());
    }
    return to + bytes;
  }

 private:
  [[gnu::noinline]] void Grow(size_t needed) { bytes_.resize(std::max(needed, bytes_.size() + bytes_.size() / 2)); }

  std::string bytes_;  // longer than what was written
  size_t size_ = 0;
};

}  // namespace promcast
