#include "remote_write/snappy_reader.h"

#include <cstdint>
#include <cstring>

namespace promcast {
namespace {

constexpr size_t kStepBytes = 16;
constexpr size_t kMaxShortBytes = 64;  // of a copy, and of a literal whose length stands in its tag
constexpr size_t kMaxTagBytes = 5;
// With so much room on both sides whole steps are moved.
constexpr size_t kRoomBytes = kMaxShortBytes + kMaxTagBytes;

enum Element : uint8_t { kLiteral = 0, kCopy1 = 1, kCopy2 = 2, kCopy4 = 3 };

uint32_t LittleEndian(const char* at, size_t bytes) {
  uint32_t value = 0;
  for (size_t i = 0; i < bytes; i++) value |= static_cast<uint32_t>(static_cast<uint8_t>(at[i])) << (8 * i);
  return value;
}

void Step(const char* from, char* to) {
  char bytes[kStepBytes];
  std::memcpy(bytes, from, kStepBytes);
  std::memcpy(to, bytes, kStepBytes);
}

/// At most kMaxShortBytes, rounded up to two or four steps.
void MoveSteps(const char* from, char* to, size_t bytes) {
  Step(from, to);
  Step(from + kStepBytes, to + kStepBytes);
  if (bytes <= 2 * kStepBytes) return;
  Step(from + 2 * kStepBytes, to + 2 * kStepBytes);
  Step(from + 3 * kStepBytes, to + 3 * kStepBytes);
}

/// May overlap: then what was moved first is moved on.
void MoveBytes(const char* from, char* to, size_t bytes) {
  for (size_t i = 0; i < bytes; i++) to[i] = from[i];
}

class Inflater {
 public:
  Inflater(std::string_view elements, char* to, size_t bytes)
      : in_(elements.data()), in_end_(in_ + elements.size()), begin_(to), out_(to), out_end_(to + bytes) {}

  bool Run() {
    while (in_ != in_end_) {
      if (!(HasRoom() ? TakeWithRoom() : Take())) return false;
    }
    return out_ == out_end_;
  }

 private:
  size_t in_left() const { return static_cast<size_t>(in_end_ - in_); }
  size_t out_left() const { return static_cast<size_t>(out_end_ - out_); }
  bool HasRoom() const { return in_left() >= kRoomBytes && out_left() >= kRoomBytes; }

  bool TakeWithRoom() {
    // In registers; what is written could be these very fields, for all that a compiler knows.
    const char* in = in_;
    char* out = out_;
    const char* const begin = begin_;
    const char* const last_in = in_end_ - kRoomBytes;
    const char* const last_out = out_end_ - kRoomBytes;
    while (in <= last_in && out <= last_out) {
      const auto tag = static_cast<uint8_t>(*in);
      size_t bytes = (tag >> 2) + 1u;
      if ((tag & 3) == kLiteral) {
        if (bytes > 60) break;
        MoveSteps(in + 1, out, bytes);
        in += 1 + bytes;
        out += bytes;
        continue;
      }
      size_t distance;
      if ((tag & 3) == kCopy2) {
        distance = LittleEndian(in + 1, 2);
        in += 3;
      } else if ((tag & 3) == kCopy1) {
        bytes = 4 + (tag >> 2 & 7u);
        distance = (tag >> 5) << 8 | static_cast<uint8_t>(in[1]);
        in += 2;
      } else {
        distance = LittleEndian(in + 1, 4);
        in += 5;
      }
      if (distance - 1 >= static_cast<size_t>(out - begin)) return false;
      if (distance >= kStepBytes) {
        MoveSteps(out - distance, out, bytes);
      } else {
        MoveBytes(out - distance, out, bytes);
      }
      out += bytes;
    }
    const bool moved = in != in_;
    in_ = in;
    out_ = out;
    return moved || Take();
  }

  /// One element, of any length, with every byte checked.
  bool Take() {
    const auto tag = static_cast<uint8_t>(*in_++);
    if ((tag & 3) == kLiteral) return TakeLiteral((tag >> 2) + 1u);
    const size_t distance_bytes = (tag & 3) == kCopy1 ? 1 : (tag & 3) == kCopy2 ? 2 : 4;
    if (in_left() < distance_bytes) return false;
    size_t distance = LittleEndian(in_, distance_bytes);
    in_ += distance_bytes;
    size_t bytes = (tag >> 2) + 1u;
    if ((tag & 3) == kCopy1) {
      bytes = 4 + (tag >> 2 & 7u);
      distance |= static_cast<size_t>(tag >> 5) << 8;
    }
    if (distance - 1 >= static_cast<size_t>(out_ - begin_) || bytes > out_left()) return false;
    MoveBytes(out_ - distance, out_, bytes);
    out_ += bytes;
    return true;
  }

  bool TakeLiteral(size_t bytes) {
    if (bytes > 60) {
      const size_t length_bytes = bytes - 60;
      if (in_left() < length_bytes) return false;
      bytes = size_t{LittleEndian(in_, length_bytes)} + 1;
      in_ += length_bytes;
    }
    if (bytes > in_left() || bytes > out_left()) return false;
    std::memcpy(out_, in_, bytes);
    in_ += bytes;
    out_ += bytes;
    return true;
  }

  const char* in_;
  const char* const in_end_;
  char* const begin_;
  char* out_;
  char* const out_end_;
};

}  // namespace

bool InflateSnappyElements(std::string_view elements, char* to, size_t bytes) {
  return Inflater(elements, to, bytes).Run();
}

}  // namespace promcast
