#include "series/sample_ring.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "series/xor_chunk.h"

namespace promcast {

/// Header of an allocation; the chunk's bytes follow it.
struct SampleRing::Chunk {
  Chunk* next = nullptr;  // the full ones are a circle by age; of the one that grows: the newest full one
  [[no_unique_address]] XorChunkTail tail;  // `bytes` stands in its padding
  uint16_t bytes = kXorChunkHeaderBytes;

  uint8_t* data() { return reinterpret_cast<uint8_t*>(this + 1); }
  const uint8_t* data() const { return reinterpret_cast<const uint8_t*>(this + 1); }
};

namespace {

constexpr size_t kFirstAllocation = 64;
constexpr size_t kFineAllocations = 128;
constexpr size_t kMaxAllocation = 65535;

/// The next step of a series with four steps to a doubling at first, then two: size classes of jemalloc, so that little
/// is lost between.
size_t NextAllocation(size_t needed) {
  if (needed <= kFirstAllocation) return kFirstAllocation;
  const size_t step = std::bit_floor(needed - 1) / (needed <= kFineAllocations ? 4 : 2);  // a power of two
  return std::min((needed + step - 1) & ~(step - 1), kMaxAllocation);
}

size_t SealedAllocation(size_t needed) {
  return (needed + 7) / 8 * 8;
}

struct FreeMemory {
  void operator()(void* memory) const { std::free(memory); }
};

}  // namespace

inline const SampleRing::Chunk* SampleRing::sealed() const {
  return newest_ == nullptr ? nullptr : newest_->next;
}

bool SampleRing::has_full_chunk() const {
  return sealed() != nullptr;
}

SampleRing::~SampleRing() {
  Clear();
}

void SampleRing::Clear() {
  while (has_full_chunk()) DropOldestSealed();
  std::free(std::exchange(newest_, nullptr));
  size_ = allocated_ = 0;
}

SampleRing::SampleRing(SampleRing&& other) noexcept
    : newest_(std::exchange(other.newest_, nullptr)),
      newest_value_(other.newest_value_),
      size_(std::exchange(other.size_, 0)),
      allocated_(std::exchange(other.allocated_, 0)) {}

SampleRing& SampleRing::operator=(SampleRing&& other) noexcept {
  std::swap(newest_, other.newest_);
  std::swap(newest_value_, other.newest_value_);
  std::swap(size_, other.size_);
  std::swap(allocated_, other.allocated_);
  return *this;
}

void SampleRing::Append(Sample sample, const RingOptions& options) {
  assert(empty() || sample.timestamp_ms > newest_->tail.last_ms);
  const size_t max_bytes = std::max(options.max_bytes, kMinRingBytes);
  const size_t max_chunk_bytes =
      std::clamp(max_bytes / 5 * 2, kMinRingBytes, kMaxAllocation) - sizeof(Chunk) - sizeof(EncodedXorSample::bytes);
  const int max_samples = std::clamp(options.samples_per_chunk, 1, kMaxXorChunkSamples);
  if (empty() || newest_->tail.count >= max_samples || newest_->bytes > max_chunk_bytes) StartChunk();

  Chunk& before = *newest_;
  const EncodedXorSample encoded = before.tail.Encode(sample, newest_value_, before.data()[before.bytes - 1]);
  const size_t kept = before.bytes - (encoded.rewrites_last ? 1u : 0u);
  Reserve(kept + encoded.size);
  Chunk& chunk = *newest_;
  std::memcpy(chunk.data() + kept, encoded.bytes.data(), encoded.size);
  chunk.bytes = static_cast<uint16_t>(kept + encoded.size);
  chunk.data()[0] = static_cast<uint8_t>(chunk.tail.count >> 8);
  chunk.data()[1] = static_cast<uint8_t>(chunk.tail.count);
  newest_value_ = sample.value;
  size_++;
  if (chunk.tail.count % kSamplesALook == 1) DropExpired(options);
  while (allocated_ > max_bytes && has_full_chunk()) DropOldestSealed();
}

void SampleRing::Fetch(int step) const {
  if (newest_ == nullptr) return;
  __builtin_prefetch(step == 0 ? static_cast<const void*>(newest_) : newest_->data() + newest_->bytes);
}

Sample SampleRing::newest() const {
  assert(!empty());
  return {newest_->tail.last_ms, newest_value_};
}

int64_t SampleRing::oldest_ms() const {
  assert(!empty());
  const Chunk& oldest = sealed() == nullptr ? *newest_ : *sealed()->next;
  Sample sample;
  XorChunkReader({oldest.data(), oldest.bytes}).Next(sample);
  return sample.timestamp_ms;
}

void SampleRing::ForEach(int64_t from_ms, int64_t to_ms, const std::function<void(Sample)>& visit) const {
  ForEachChunk(from_ms, to_ms, [&](const ChunkView& chunk) {
    XorChunkReader reader(chunk.bytes);
    for (Sample sample; reader.Next(sample) && sample.timestamp_ms <= to_ms;) {
      if (sample.timestamp_ms >= from_ms) visit(sample);
    }
  });
}

void SampleRing::ForEachChunk(int64_t from_ms, int64_t to_ms,
                              const std::function<void(const ChunkView&)>& visit) const {
  const auto offer = [&](const Chunk& chunk) {
    if (chunk.tail.last_ms < from_ms) return;
    const std::span bytes(chunk.data(), chunk.bytes);
    Sample oldest;
    XorChunkReader(bytes).Next(oldest);
    if (oldest.timestamp_ms <= to_ms) visit({oldest.timestamp_ms, chunk.tail.last_ms, chunk.tail.count, bytes});
  };
  if (const Chunk* const newest_full = sealed()) {
    const Chunk* chunk = newest_full;
    do {
      chunk = chunk->next;
      offer(*chunk);
    } while (chunk != newest_full);
  }
  if (newest_ != nullptr) offer(*newest_);
}

void SampleRing::StartChunk() {
  static_assert(std::is_trivially_copyable_v<Chunk>, "chunks are moved by realloc");
  static_assert(sizeof(Chunk) == 32);
  std::unique_ptr<void, FreeMemory> memory(std::malloc(kFirstAllocation));
  if (memory == nullptr) throw std::bad_alloc();
  auto* const started = new (memory.get()) Chunk;
  started->data()[0] = started->data()[1] = 0;
  if (newest_ != nullptr) {
    const size_t needed = sizeof(Chunk) + newest_->bytes;
    Resize(NextAllocation(needed), SealedAllocation(needed));
    Chunk* const full_before = newest_->next;
    newest_->next = full_before == nullptr ? newest_ : full_before->next;
    if (full_before != nullptr) full_before->next = newest_;
    started->next = newest_;
  }
  newest_ = static_cast<Chunk*>(memory.release());
  allocated_ += kFirstAllocation;
}

void SampleRing::Reserve(size_t bytes) {
  Resize(NextAllocation(sizeof(Chunk) + newest_->bytes), NextAllocation(sizeof(Chunk) + bytes));
}

void SampleRing::Resize(size_t before, size_t after) {
  if (after == before) return;
  auto* moved = static_cast<Chunk*>(std::realloc(newest_, after));
  if (moved == nullptr) throw std::bad_alloc();
  newest_ = moved;
  allocated_ = static_cast<uint32_t>(allocated_ - before + after);
}

void SampleRing::DropOldestSealed() {
  Chunk*& newest_full = newest_->next;
  Chunk* const oldest = newest_full->next;
  if (oldest == newest_full) {
    newest_full = nullptr;
  } else {
    newest_full->next = oldest->next;
  }
  size_ -= oldest->tail.count;
  allocated_ -= static_cast<uint32_t>(SealedAllocation(sizeof(Chunk) + oldest->bytes));
  std::free(oldest);
}

void SampleRing::DropExpired(const RingOptions& options) {
  if (options.retention_ms <= 0) return;
  const auto newest_ms = static_cast<uint64_t>(newest_->tail.last_ms);
  const auto retention_ms = static_cast<uint64_t>(options.retention_ms);
  const auto age_ms = [&](const Chunk& chunk) { return newest_ms - static_cast<uint64_t>(chunk.tail.last_ms); };
  while (has_full_chunk() && age_ms(*sealed()->next) > retention_ms) DropOldestSealed();
}

// Chunks from the oldest to the newest, which alone needs its whole tail again.
void SampleRing::Save(ArchiveWriter& archive) const {
  bool some = !empty();
  archive(some);
  if (!some) return;
  double newest_value = newest_value_;
  uint32_t chunks = 0;
  ForEachChunk(INT64_MIN, INT64_MAX, [&](const ChunkView&) { chunks++; });
  archive(newest_value, chunks);
  ForEachChunk(INT64_MIN, INT64_MAX, [&](const ChunkView& chunk) {
    int64_t last_ms = chunk.max_ms;
    auto bytes = static_cast<uint16_t>(chunk.bytes.size());
    archive(last_ms, bytes);
    archive.Block(chunk.bytes);
  });
  XorChunkTail tail = newest_->tail;
  archive(tail.last_delta_ms, tail.leading, tail.trailing, tail.free_bits);
}

bool SampleRing::LoadChunk(ArchiveReader& archive) {
  int64_t last_ms = 0;
  uint16_t size = 0;
  archive(last_ms, size);
  archive.Require(size > kXorChunkHeaderBytes && size <= kMaxAllocation - sizeof(Chunk), "the length of a chunk");
  const std::string_view bytes = archive.Bytes(size);
  if (!archive.ok()) return false;
  StartChunk();
  Reserve(size);
  std::memcpy(newest_->data(), bytes.data(), size);
  newest_->bytes = size;
  newest_->tail.last_ms = last_ms;
  newest_->tail.count = static_cast<uint16_t>(newest_->data()[0] << 8 | newest_->data()[1]);
  size_ += newest_->tail.count;
  archive.Require(newest_->tail.count > 0, "a chunk without a sample");
  return archive.ok();
}

void SampleRing::Load(ArchiveReader& archive) {
  Clear();
  bool some = false;
  archive(some);
  if (!some) return;
  uint32_t chunks = 0;
  archive(newest_value_, chunks);
  archive.Require(chunks > 0, "a ring without a chunk");
  for (uint32_t i = 0; i < chunks && LoadChunk(archive);) i++;
  uint64_t last_delta_ms = 0;
  uint8_t leading = 0, trailing = 0, free_bits = 0;
  archive(last_delta_ms, leading, trailing, free_bits);
  const int window = leading == XorChunkTail::kNoWindow ? trailing : leading + trailing;
  archive.Require(window < 64 && free_bits < 8, "the end of a ring's newest chunk");
  if (!archive.ok()) return Clear();
  XorChunkTail& tail = newest_->tail;
  tail.last_delta_ms = last_delta_ms, tail.leading = leading, tail.trailing = trailing, tail.free_bits = free_bits;
}

}  // namespace promcast
