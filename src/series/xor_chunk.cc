#include "series/xor_chunk.h"

#include <algorithm>
#include <bit>

namespace promcast {
namespace {

constexpr int kMaxLeading = 31;

/// Writes bits behind those that the first byte of an EncodedXorSample already holds, from the highest of a byte down.
class BitWriter {
 public:
  BitWriter(EncodedXorSample& out, int used_bits) : out_(out), filled_(used_bits) {
    word_ = static_cast<uint64_t>(out.bytes[0]) << 56;
  }

  /// The low `bits` of `value`.
  void Write(uint64_t value, int bits) {
    if (bits < 64) value &= (uint64_t{1} << bits) - 1;
    const int free = 64 - filled_;
    if (bits < free) {
      word_ |= value << (free - bits);
      filled_ += bits;
      return;
    }
    const int over = bits - free;
    StoreWord(word_ | value >> over);
    word_ = over == 0 ? 0 : value << (64 - over);
    filled_ = over;
  }

  void WriteUvarint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) Write((value & 0x7F) | 0x80, 8);
    Write(value, 8);
  }

  /// Completes the bytes; returns how many low bits of the last are unused.
  uint8_t Finish() {
    const int last_bytes = (filled_ + 7) / 8;
    StoreWord(word_);
    out_.size = static_cast<uint8_t>(out_.size - 8 + last_bytes);
    return static_cast<uint8_t>(last_bytes * 8 - filled_);
  }

 private:
  void StoreWord(uint64_t word) {
    for (int i = 0; i < 8; i++) out_.bytes[out_.size + i] = static_cast<uint8_t>(word >> (56 - 8 * i));
    out_.size = static_cast<uint8_t>(out_.size + 8);
  }

  EncodedXorSample& out_;
  uint64_t word_ = 0;
  int filled_;  // always less than 64
};

uint64_t ZigZag(int64_t value) {
  return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
}

bool FitsBits(int64_t value, int bits) {
  return value >= -((int64_t{1} << (bits - 1)) - 1) && value <= (int64_t{1} << (bits - 1));
}

void WriteDeltaOfDelta(BitWriter& out, int64_t delta) {
  if (delta == 0) {
    out.Write(0, 1);
  } else if (FitsBits(delta, 14)) {
    out.Write(0b10, 2), out.Write(static_cast<uint64_t>(delta), 14);
  } else if (FitsBits(delta, 17)) {
    out.Write(0b110, 3), out.Write(static_cast<uint64_t>(delta), 17);
  } else if (FitsBits(delta, 20)) {
    out.Write(0b1110, 4), out.Write(static_cast<uint64_t>(delta), 20);
  } else {
    out.Write(0b1111, 4), out.Write(static_cast<uint64_t>(delta), 64);
  }
}

void WriteValue(BitWriter& out, XorChunkTail& tail, uint64_t difference) {
  if (difference == 0) return out.Write(0, 1);
  const auto leading = static_cast<uint8_t>(std::min(std::countl_zero(difference), kMaxLeading));
  const auto trailing = static_cast<uint8_t>(std::countr_zero(difference));
  if (tail.leading != XorChunkTail::kNoWindow && leading >= tail.leading && trailing >= tail.trailing) {
    out.Write(0b10, 2);
    return out.Write(difference >> tail.trailing, 64 - tail.leading - tail.trailing);
  }
  tail.leading = leading, tail.trailing = trailing;
  const int significant = 64 - leading - trailing;
  out.Write(0b11, 2), out.Write(leading, 5), out.Write(static_cast<uint64_t>(significant) & 63, 6);
  out.Write(difference >> trailing, significant);
}

}  // namespace

EncodedXorSample XorChunkTail::Encode(Sample sample, double last_value, uint8_t last_byte) {
  EncodedXorSample out;
  if (free_bits > 0) {
    out.rewrites_last = true;
    out.bytes[0] = last_byte;
  }
  BitWriter writer(out, free_bits > 0 ? 8 - free_bits : 0);
  const auto value_bits = std::bit_cast<uint64_t>(sample.value);
  if (count == 0) {
    writer.WriteUvarint(ZigZag(sample.timestamp_ms));
    writer.Write(value_bits, 64);
  } else {
    const uint64_t delta = static_cast<uint64_t>(sample.timestamp_ms) - static_cast<uint64_t>(last_ms);
    if (count == 1) {
      writer.WriteUvarint(delta);
    } else {
      WriteDeltaOfDelta(writer, static_cast<int64_t>(delta - last_delta_ms));
    }
    WriteValue(writer, *this, value_bits ^ std::bit_cast<uint64_t>(last_value));
    last_delta_ms = delta;
  }
  last_ms = sample.timestamp_ms;
  free_bits = writer.Finish();
  count++;
  return out;
}

bool XorChunkWriter::Append(Sample sample) {
  if (tail_.count == kMaxXorChunkSamples) return false;
  const EncodedXorSample encoded = tail_.Encode(sample, last_value_, bytes_.back());
  if (encoded.rewrites_last) bytes_.pop_back();
  bytes_.insert(bytes_.end(), encoded.bytes.begin(), encoded.bytes.begin() + encoded.size);
  bytes_[0] = static_cast<uint8_t>(tail_.count >> 8);
  bytes_[1] = static_cast<uint8_t>(tail_.count);
  last_value_ = sample.value;
  return true;
}

XorChunkReader::XorChunkReader(std::span<const uint8_t> chunk) : chunk_(chunk) {
  corrupt_ = chunk.size() < kXorChunkHeaderBytes;
  if (!corrupt_) count_ = chunk[0] << 8 | chunk[1];
}

bool XorChunkReader::Next(Sample& sample) {
  if (corrupt_ || read_ == count_) return false;
  if (!ReadTimestamp() || !ReadValue()) {
    corrupt_ = true;
    return false;
  }
  read_++;
  sample = {static_cast<int64_t>(last_ms_), std::bit_cast<double>(value_bits_)};
  return true;
}

bool XorChunkReader::ReadBits(int bits, uint64_t& value) {
  if (chunk_.size() * 8 - bit_ < static_cast<size_t>(bits)) return false;
  value = 0;
  while (bits > 0) {
    const int available = 8 - static_cast<int>(bit_ % 8);
    const int take = std::min(bits, available);
    const unsigned part = (chunk_[bit_ / 8] >> (available - take)) & ((1u << take) - 1);
    value = (value << take) | part;
    bit_ += static_cast<size_t>(take);
    bits -= take;
  }
  return true;
}

bool XorChunkReader::ReadBit(bool& bit) {
  if (bit_ >= chunk_.size() * 8) return false;
  bit = (chunk_[bit_ / 8] >> (7 - bit_ % 8)) & 1;
  bit_++;
  return true;
}

bool XorChunkReader::ReadUvarint(uint64_t& value) {
  value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    uint64_t byte = 0;
    if (!ReadBits(8, byte)) return false;
    if (shift == 63 && byte > 1) return false;
    value |= (byte & 0x7F) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

bool XorChunkReader::ReadDeltaOfDelta(uint64_t& value) {
  constexpr int kWidths[] = {0, 14, 17, 20, 64};
  int ones = 0;
  bool bit = true;
  while (ones < 4 && bit) {
    if (!ReadBit(bit)) return false;
    ones += bit ? 1 : 0;
  }
  const int width = kWidths[ones];
  if (!ReadBits(width, value)) return false;
  if (width > 0 && width < 64 && value > (uint64_t{1} << (width - 1))) value -= uint64_t{1} << width;
  return true;
}

bool XorChunkReader::ReadTimestamp() {
  uint64_t number = 0;
  if (read_ == 0) {
    if (!ReadUvarint(number)) return false;
    last_ms_ = (number >> 1) ^ (~(number & 1) + 1);
    return true;
  }
  if (!(read_ == 1 ? ReadUvarint(number) : ReadDeltaOfDelta(number))) return false;
  last_delta_ms_ += number;
  last_ms_ += last_delta_ms_;
  return true;
}

bool XorChunkReader::ReadValue() {
  if (read_ == 0) return ReadBits(64, value_bits_);
  bool changed = false;
  if (!ReadBit(changed)) return false;
  if (!changed) return true;
  bool opens_window = false;
  if (!ReadBit(opens_window)) return false;
  if (opens_window) {
    uint64_t leading = 0;
    uint64_t significant = 0;
    if (!ReadBits(5, leading) || !ReadBits(6, significant)) return false;
    if (significant == 0) significant = 64;
    if (leading + significant > 64) return false;
    leading_ = static_cast<int>(leading);
    trailing_ = static_cast<int>(64 - leading - significant);
  }
  uint64_t difference = 0;
  if (!ReadBits(64 - leading_ - trailing_, difference)) return false;
  value_bits_ ^= difference << trailing_;
  return true;
}

}  // namespace promcast
