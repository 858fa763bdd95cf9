#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "series/xor_chunk.h"
#include "timeseries/sample.h"

namespace promcast {

/// One whole XOR chunk with its header.
struct XorChunk {
  int64_t min_ms = 0, max_ms = 0;
  std::vector<uint8_t> bytes;
  size_t samples() const { return static_cast<size_t>(bytes[0]) << 8 | bytes[1]; }
};

/// One series of an answer.
struct ReadSeries {
  std::string label_block;       ///< its labels, as label_block.h has them
  std::vector<XorChunk> chunks;  ///< in order of time; none is empty
};

/// Packs rising samples into chunks as long as Prometheus cuts them.
class ChunkPacker {
 public:
  void Append(Sample sample);
  /// The chunks since the last call.
  std::vector<XorChunk> Take();

 private:
  static constexpr int kSamplesPerChunk = 120;

  void Cut();

  std::vector<XorChunk> chunks_;
  XorChunkWriter writer_;
  int count_ = 0;
  int64_t min_ms_ = 0, max_ms_ = 0;
};

/// The series found for one query, as far as its bounds allow.
class ReadResult {
 public:
  struct Limits {
    size_t max_samples = 50'000'000;  ///< as Prometheus's --storage.remote.read-sample-limit
    size_t max_bytes = 64 << 20;      ///< memory held here
  };
  explicit ReadResult(const Limits& limits) : limits_(limits) {}

  /// False when a bound is passed: the answer cannot be given then, and problem() says why. A series without chunks is
  /// left out.
  bool Add(ReadSeries series);
  const std::string& problem() const { return problem_; }
  size_t samples() const { return samples_; }
  size_t bytes() const { return bytes_; }

  /// The series in Prometheus's order of labels, each set of labels once.
  std::vector<ReadSeries> TakeSorted();

 private:
  const Limits limits_;
  std::vector<ReadSeries> series_;
  size_t samples_ = 0, bytes_ = 0;
  std::string problem_;
};

}  // namespace promcast
