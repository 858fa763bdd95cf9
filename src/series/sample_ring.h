#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "archive/archive.h"
#include "timeseries/sample.h"

namespace promcast {

struct RingOptions {
  int64_t retention_ms = 2 * 3'600'000;  ///< older chunks leave, a few samples later; 0: no limit by age
  size_t max_bytes = 16 << 10;           ///< per series; the oldest chunk leaves when a new one would not fit
  int samples_per_chunk = 120;           ///< as Prometheus cuts them; at least 1
};

/// One chunk of a ring. The bytes are a whole XOR chunk with its header, and die with the next Append().
struct ChunkView {
  int64_t min_ms = 0;
  int64_t max_ms = 0;
  int count = 0;
  std::span<const uint8_t> bytes;
};

/// Recent samples of one series, compressed in chunks of Prometheus's own XOR encoding (so that remote read can hand a
/// chunk out as it stands). Timestamps rise strictly. Not thread-safe.
///
/// Each chunk is one allocation; the newest grows by a quarter, beyond 128 bytes by a half, and is cut to its length
/// once it is full. A chunk is cut early at two fifths of max_bytes, so that two fit, but not below kMinRingBytes: so
/// small a ring begins anew when it is full. allocated_bytes() stays within max_bytes, and a max_bytes below
/// kMinRingBytes counts as that.
class SampleRing {
 public:
  static constexpr size_t kMinRingBytes = 112;
  /// An expired chunk leaves within so many samples: its age stands in memory that a sample does not need otherwise.
  static constexpr int kSamplesALook = 16;

  SampleRing() = default;
  ~SampleRing();
  SampleRing(SampleRing&& other) noexcept;
  SampleRing& operator=(SampleRing&& other) noexcept;
  SampleRing(const SampleRing&) = delete;
  SampleRing& operator=(const SampleRing&) = delete;

  /// `sample` must be newer than newest(); its value may be any, also NaN and the stale marker.
  void Append(Sample sample, const RingOptions& options);
  /// Asks for the memory that Append looks at, in two steps: each reads what the one before has asked for.
  void Fetch(int step) const;
  bool empty() const { return newest_ == nullptr; }
  size_t size() const { return size_; }
  /// The ring must not be empty.
  Sample newest() const;
  int64_t oldest_ms() const;
  /// False while the ring holds all samples since its first.
  bool has_full_chunk() const;
  /// Calls `visit` in order of time for each sample in [from_ms, to_ms].
  void ForEach(int64_t from_ms, int64_t to_ms, const std::function<void(Sample)>& visit) const;
  /// Calls `visit` in order of time for each chunk that overlaps [from_ms, to_ms].
  void ForEachChunk(int64_t from_ms, int64_t to_ms, const std::function<void(const ChunkView&)>& visit) const;
  /// Heap memory held; the object itself is not counted.
  size_t allocated_bytes() const { return allocated_; }

  void Save(ArchiveWriter& archive) const;
  /// What Save wrote, in place of what the ring held. After a problem the ring is empty.
  void Load(ArchiveReader& archive);

 private:
  struct Chunk;

  void Clear();
  /// The next chunk of an archive; what it holds is checked. False after a problem.
  bool LoadChunk(ArchiveReader& archive);

  /// Starts a chunk, and seals the one before where there is one.
  void StartChunk();
  /// Gives the newest chunk room for `bytes` bytes.
  void Reserve(size_t bytes);
  /// Of the newest chunk's memory, from `before` to `after` bytes.
  void Resize(size_t before, size_t after);
  void DropOldestSealed();
  void DropExpired(const RingOptions& options);

  /// The newest full chunk, null where there is none; the oldest one is that one's next.
  const Chunk* sealed() const;

  Chunk* newest_ = nullptr;  // the one that grows; null only in an empty ring
  double newest_value_ = 0;
  uint32_t size_ = 0;
  uint32_t allocated_ = 0;
};

static_assert(sizeof(SampleRing) <= 24);

}  // namespace promcast
