#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace promcast {

/// Records for one block of a snapshot, each with its length before it. Keeps its memory when cleared.
class RecordBlock {
 public:
  /// `append(std::string&)` writes the record's bytes to the end.
  template <class Append>
  void Add(Append&& append) {
    const size_t at = bytes_.size();
    bytes_.append(sizeof(uint32_t), '\0');
    append(bytes_);
    const auto length = static_cast<uint32_t>(bytes_.size() - at - sizeof(uint32_t));
    std::memcpy(bytes_.data() + at, &length, sizeof(length));
    records_++;
  }
  void Clear() {
    bytes_.clear();
    records_ = 0;
  }
  bool empty() const { return records_ == 0; }
  uint32_t records() const { return records_; }
  std::string_view bytes() const { return bytes_; }

 private:
  std::string bytes_;
  uint32_t records_ = 0;
};

/// Walks the records of an inflated block.
class RecordWalk {
 public:
  explicit RecordWalk(std::string_view bytes) : rest_(bytes) {}
  /// False at the end, and where a record reaches beyond it: then broken().
  bool Next(std::string_view& record) {
    if (rest_.empty()) return false;
    uint32_t length = 0;
    broken_ = rest_.size() < sizeof(length);
    if (broken_) return false;
    std::memcpy(&length, rest_.data(), sizeof(length));
    broken_ = rest_.size() - sizeof(length) < length;
    if (broken_) return false;
    record = rest_.substr(sizeof(length), length);
    rest_.remove_prefix(sizeof(length) + length);
    return true;
  }
  bool broken() const { return broken_; }

 private:
  std::string_view rest_;
  bool broken_ = false;
};

}  // namespace promcast
