#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "timeseries/sample.h"

namespace promcast {

/// Prometheus's XOR chunk: a big-endian 16-bit count of samples, then bits from the highest down. Timestamps as
/// delta-of-delta, values as XOR with the one before. Sources: prometheus/tsdb/chunkenc/xor.go; Pelkonen et al.,
/// "Gorilla: A Fast, Scalable, In-Memory Time Series Database", VLDB 2015.
inline constexpr size_t kXorChunkHeaderBytes = 2;
inline constexpr int kMaxXorChunkSamples = 65535;

/// The bytes one more sample adds. The first stands for the chunk's last byte when that had bits left, so
/// `rewrites_last` tells whether to put it there.
struct EncodedXorSample {
  std::array<uint8_t, 24> bytes{};
  uint8_t size = 0;
  bool rewrites_last = false;
};

/// What appending must know of a chunk besides its last byte.
struct XorChunkTail {
  int64_t last_ms = 0;
  uint64_t last_delta_ms = 0;
  uint16_t count = 0;
  uint8_t leading = kNoWindow;  ///< zero bits before the open window of significant bits
  uint8_t trailing = 0;         ///< and after it
  uint8_t free_bits = 0;        ///< unused low bits of the chunk's last byte

  static constexpr uint8_t kNoWindow = 0xFF;

  /// Encodes `sample`, which follows a sample with the value `last_value` in a chunk whose last byte is `last_byte`
  /// (both without meaning for the first sample), and moves on to it. The chunk's header is the caller's.
  EncodedXorSample Encode(Sample sample, double last_value, uint8_t last_byte);
};

/// Builds a chunk in a vector of bytes. Not thread-safe.
class XorChunkWriter {
 public:
  /// Any timestamp is encoded exactly, also one that is not newer. False, and nothing done, when the chunk is full.
  bool Append(Sample sample);
  /// The whole chunk, header included.
  const std::vector<uint8_t>& bytes() const { return bytes_; }

 private:
  XorChunkTail tail_;
  double last_value_ = 0;
  std::vector<uint8_t> bytes_ = std::vector<uint8_t>(kXorChunkHeaderBytes);
};

/// Reads a chunk front to back. The bytes may come from anywhere: what is cut off or makes no sense ends the reading
/// with corrupt(), and never a byte outside the span is read. The bytes must outlive the reader.
class XorChunkReader {
 public:
  explicit XorChunkReader(std::span<const uint8_t> chunk);
  /// The next sample; false at the end and when the rest cannot be read.
  bool Next(Sample& sample);
  bool corrupt() const { return corrupt_; }
  /// The count that the header gives.
  int count() const { return count_; }

 private:
  bool ReadBits(int bits, uint64_t& value);
  bool ReadBit(bool& bit);
  bool ReadUvarint(uint64_t& value);
  bool ReadDeltaOfDelta(uint64_t& value);
  bool ReadTimestamp();
  bool ReadValue();

  std::span<const uint8_t> chunk_;
  size_t bit_ = kXorChunkHeaderBytes * 8;
  int count_ = 0;
  int read_ = 0;
  uint64_t last_ms_ = 0;
  uint64_t last_delta_ms_ = 0;
  uint64_t value_bits_ = 0;
  int leading_ = 0;
  int trailing_ = 0;
  bool corrupt_ = false;
};

}  // namespace promcast
