#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace promcast {

/// The protobuf wire format: https://protobuf.dev/programming-guides/encoding. A tag is field number << 3 | wire type.
enum class WireType : uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

constexpr uint32_t WireTag(uint32_t field_number, WireType type) {
  return field_number << 3 | static_cast<uint32_t>(type);
}

/// The bit that each byte of a varint but its last one carries.
inline constexpr uint64_t kVarintContinued = 0x8080808080808080u;

/// The value of a varint of at most eight bytes, the first in the lowest byte, zeros behind the last.
constexpr uint64_t JoinVarint(uint64_t bytes) {
  bytes = (bytes & 0x007f007f007f007fu) | (bytes & 0x7f007f007f007f00u) >> 1;
  bytes = (bytes & 0x00003fff00003fffu) | (bytes & 0x3fff00003fff0000u) >> 2;
  return (bytes & 0x000000000fffffffu) | (bytes & 0x0fffffff00000000u) >> 4;
}

/// Reads one message's fields in place. Every method returns false on broken input, after which the reader is of no
/// more use. Accepts what protobuf's own parsers accept, save groups (wire types 3 and 4), which no schema here has.
/// Copy it into a local variable before a loop, so that it lives in registers.
class WireReader {
 public:
  WireReader() = default;
  explicit WireReader(std::string_view message) : at_(message.data()), end_(message.data() + message.size()) {}

  bool done() const { return at_ == end_; }
  const char* position() const { return at_; }
  std::string_view rest() const { return {at_, remaining()}; }

  /// At most ten bytes; bits above the 64th are dropped.
  bool ReadVarint(uint64_t& value) {
    if (at_ != end_ && static_cast<uint8_t>(*at_) < 0x80) return value = static_cast<uint8_t>(*at_++), true;
    if (remaining() >= 2 && static_cast<uint8_t>(at_[1]) < 0x80) {
      value = (static_cast<uint32_t>(static_cast<uint8_t>(at_[1])) << 7) | (static_cast<uint8_t>(at_[0]) & 0x7f);
      return at_ += 2, true;
    }
    return ReadLongVarint(value, 10);
  }

  /// At most five bytes; bits above the 32nd are dropped. Field number 0 is broken input.
  bool ReadTag(uint32_t& tag) {
    uint64_t value;
    if (at_ != end_ && static_cast<uint8_t>(*at_) < 0x80) {
      value = static_cast<uint8_t>(*at_++);
    } else if (!ReadLongVarint(value, 5)) {
      return false;
    }
    tag = static_cast<uint32_t>(value);
    return tag >= 8;
  }

  /// What stands behind the tag of a length-delimited field.
  bool ReadBytes(std::string_view& bytes) {
    uint64_t size;
    if (at_ != end_ && static_cast<uint8_t>(*at_) < 0x80) {
      size = static_cast<uint8_t>(*at_++);
    } else if (remaining() >= 2 && static_cast<uint8_t>(at_[1]) < 0x80) {
      size = (static_cast<uint32_t>(static_cast<uint8_t>(at_[1])) << 7) | (static_cast<uint8_t>(at_[0]) & 0x7f);
      at_ += 2;
    } else if (!ReadLongVarint(size, 5)) {
      return false;
    }
    if (size > remaining()) return false;
    bytes = {at_, static_cast<size_t>(size)};
    at_ += size;
    return true;
  }

  /// The next field at once, when it has this tag of one byte and fewer than 128 bytes; otherwise false, and the reader
  /// stands where it stood.
  bool TakeShortField(uint32_t tag, std::string_view& bytes) {
    if (remaining() < 2 || static_cast<uint8_t>(at_[0]) != tag) return false;
    const size_t size = static_cast<uint8_t>(at_[1]);
    if (size >= 0x80 || size > remaining() - 2) return false;
    bytes = {at_ + 2, size};
    at_ += 2 + size;
    return true;
  }

  /// The same of up to 16383 bytes.
  bool TakeField(uint32_t tag, std::string_view& bytes) {
    constexpr size_t kHeadBytes = 3;
    if (remaining() < kHeadBytes || static_cast<uint8_t>(at_[0]) != tag) return false;
    const size_t low = static_cast<uint8_t>(at_[1]);
    const size_t high = static_cast<uint8_t>(at_[2]);
    if (low < 0x80) return TakeShortField(tag, bytes);
    const size_t size = high << 7 | (low & 0x7f);
    if (high >= 0x80 || size > remaining() - kHeadBytes) return false;
    bytes = {at_ + kHeadBytes, size};
    at_ += kHeadBytes + size;
    return true;
  }

  bool ReadFixed64(uint64_t& bits) {
    if (remaining() < sizeof(bits)) return false;
    std::memcpy(&bits, at_, sizeof(bits));
    at_ += sizeof(bits);
    return true;
  }

  bool ReadDouble(double& value) {
    uint64_t bits;
    if (!ReadFixed64(bits)) return false;
    value = std::bit_cast<double>(bits);
    return true;
  }

  /// Passes over the field whose tag was just read.
  bool Skip(uint32_t tag) {
    uint64_t ignored;
    std::string_view ignored_bytes;
    switch (static_cast<WireType>(tag & 7)) {
      case WireType::kVarint:
        return ReadVarint(ignored);
      case WireType::kFixed64:
        return Advance(8);
      case WireType::kBytes:
        return ReadBytes(ignored_bytes);
      case WireType::kFixed32:
        return Advance(4);
    }
    return false;
  }

 private:
  size_t remaining() const { return static_cast<size_t>(end_ - at_); }

  bool Advance(size_t bytes) {
    if (remaining() < bytes) return false;
    at_ += bytes;
    return true;
  }

  bool ReadLongVarint(uint64_t& value, int max_bytes) {
    const LongVarint read = LongVarintAt(at_, end_, max_bytes);
    if (read.behind == nullptr) return false;
    at_ = read.behind;
    value = read.value;
    return true;
  }

  // By value and out of line, so that the reader of the common short ones stays in registers.
  struct LongVarint {
    const char* behind;  // null: broken
    uint64_t value;
  };
  [[gnu::noinline]] static LongVarint LongVarintAt(const char* at, const char* end, int max_bytes) {
    uint64_t result = 0;
    for (int i = 0; i < max_bytes && at != end; i++) {
      const auto byte = static_cast<uint8_t>(*at++);
      result |= static_cast<uint64_t>(byte & 0x7f) << (7 * i);
      if (byte < 0x80) return {at, result};
    }
    return {nullptr, 0};
  }

  const char* at_ = nullptr;
  const char* end_ = nullptr;
};

/// Two varints that follow one another, at once where each takes one or two bytes.
struct VarintPair {
  static constexpr size_t kBytesAtOnce = 4;
  static constexpr uint64_t kBroken = ~uint64_t{0};

  uint64_t first, second;
  size_t size_bytes;

  /// Reads kBytesAtOnce from `at` on, even behind `end`; so may the pair reach, which then is not one. `first` is
  /// kBroken when there is none.
  VarintPair(const char* at, const char* end) {
    uint32_t bytes = kVarintContinued & 0xffffffffu;
    if constexpr (std::endian::native == std::endian::little) std::memcpy(&bytes, at, sizeof(bytes));
    if ((bytes & 0x808080u) == 0x8000u) {
      first = bytes & 0x7f;
      second = (bytes >> 8 & 0x7f) | (bytes >> 9 & 0x3f80);
      size_bytes = 3;
    } else if ((bytes & 0x8080u) == 0) {
      first = bytes & 0x7f;
      second = bytes >> 8 & 0x7f;
      size_bytes = 2;
    } else if ((bytes & 0x80808080u) == 0x800080u) {
      first = (bytes & 0x7f) | (bytes >> 1 & 0x3f80);
      second = (bytes >> 16 & 0x7f) | (bytes >> 17 & 0x3f80);
      size_bytes = 4;
    } else {
      WireReader reader({at, static_cast<size_t>(end - at)});
      if (!reader.ReadVarint(first) || !reader.ReadVarint(second)) first = second = kBroken;
      size_bytes = static_cast<size_t>(reader.position() - at);
    }
  }
};

/// sint32 and sint64 fields.
constexpr int64_t DecodeZigzag(uint64_t value) {
  return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
}

constexpr size_t VarintBytes(uint64_t value) {
  return (static_cast<size_t>(std::bit_width(value | 1)) + 6) / 7;
}

inline constexpr size_t kMaxVarintBytes = 10;

// Each Write function returns the place behind what it wrote.
inline char* WriteVarint(char* at, uint64_t value) {
  for (; value >= 0x80; value >>= 7) *at++ = static_cast<char>(value | 0x80);
  *at++ = static_cast<char>(value);
  return at;
}

inline char* WriteTag(char* at, uint32_t field_number, WireType type) {
  return WriteVarint(at, WireTag(field_number, type));
}

inline char* WriteDoubleField(char* at, uint32_t field_number, double value) {
  at = WriteTag(at, field_number, WireType::kFixed64);
  std::memcpy(at, &value, sizeof(value));
  return at + sizeof(value);
}

inline void AppendVarint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

inline void AppendTag(std::string& out, uint32_t field_number, WireType type) {
  AppendVarint(out, WireTag(field_number, type));
}

inline void AppendBytesField(std::string& out, uint32_t field_number, std::string_view bytes) {
  AppendTag(out, field_number, WireType::kBytes);
  AppendVarint(out, bytes.size());
  out += bytes;
}

}  // namespace promcast
