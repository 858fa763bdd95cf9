#include "series/sample_ring.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <deque>
#include <limits>
#include <random>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "series/xor_chunk.h"

namespace {

/// Sizes of the blocks that were allocated while counting was on. Its own memory comes from operator new.
bool counting = false;
std::unordered_map<void*, size_t>& Blocks() {
  static std::unordered_map<void*, size_t> blocks;
  return blocks;
}

}  // namespace

extern "C" {
void* __real_malloc(size_t size);
void* __real_realloc(void* block, size_t size);
void __real_free(void* block);

void* __wrap_malloc(size_t size) {
  void* block = __real_malloc(size);
  if (counting) Blocks()[block] = size;
  return block;
}
void* __wrap_realloc(void* block, size_t size) {
  if (counting) Blocks().erase(block);
  void* moved = __real_realloc(block, size);
  if (counting) Blocks()[moved] = size;
  return moved;
}
void __wrap_free(void* block) {
  if (counting) Blocks().erase(block);
  __real_free(block);
}
}

namespace promcast {
namespace {

size_t CountedBytes() {
  size_t sum = 0;
  for (const auto& [block, size] : Blocks()) sum += size;
  return sum;
}

std::vector<Sample> Read(const SampleRing& ring, int64_t from_ms = std::numeric_limits<int64_t>::min(),
                         int64_t to_ms = std::numeric_limits<int64_t>::max()) {
  std::vector<Sample> samples;
  ring.ForEach(from_ms, to_ms, [&](Sample sample) { samples.push_back(sample); });
  return samples;
}

bool SameBits(const Sample& a, const Sample& b) {
  return a.timestamp_ms == b.timestamp_ms && std::bit_cast<uint64_t>(a.value) == std::bit_cast<uint64_t>(b.value);
}

TEST(SampleRing, StartsEmptyWithoutMemory) {
  const SampleRing ring;
  EXPECT_TRUE(ring.empty());
  EXPECT_EQ(ring.size(), 0u);
  EXPECT_EQ(ring.allocated_bytes(), 0u);
  EXPECT_TRUE(Read(ring).empty());
}

TEST(SampleRing, HoldsTheNewestSamplesOfAnySeriesBitForBit) {
  std::mt19937_64 random(11);
  for (int series = 0; series < 300; series++) {
    RingOptions options;
    options.retention_ms = random() % 2 == 0 ? 0 : static_cast<int64_t>(random() % 10'000'000);
    options.max_bytes = random() % 8192;
    options.samples_per_chunk = static_cast<int>(random() % 200);
    SampleRing ring;
    std::vector<Sample> all;
    int64_t at = static_cast<int64_t>(random() % 2'000'000'000'000) - 1'000'000'000'000;
    double value = 100;
    for (int i = 0; i < 1'000; i++) {
      at += 1 + static_cast<int64_t>(random() % 100 == 0 ? random() % 100'000'000 : random() % 30'000);
      if (random() % 2 == 0) value += static_cast<double>(random() % 64) / 16;
      const double written = random() % 50 == 0 ? std::bit_cast<double>(random()) : value;
      ring.Append({at, written}, options);
      all.push_back({at, written});
      ASSERT_TRUE(SameBits(ring.newest(), all.back()));
      ASSERT_GE(ring.size(), 1u);
      ASSERT_LE(ring.size(), all.size());
      ASSERT_LE(ring.allocated_bytes(), std::max(options.max_bytes, SampleRing::kMinRingBytes));
    }
    const std::vector<Sample> kept = Read(ring);
    ASSERT_EQ(kept.size(), ring.size());
    for (size_t i = 0; i < kept.size(); i++) ASSERT_TRUE(SameBits(kept[i], all[all.size() - kept.size() + i]));
  }
}

TEST(SampleRing, KeepsWhatIsYoungerThanTheRetentionAndDropsChunksOlderThanIt) {
  for (const int samples_per_chunk : {1, 15, 16, 17, 120}) {
    RingOptions options;
    options.retention_ms = 3'600'000;
    options.max_bytes = 1 << 20;
    options.samples_per_chunk = samples_per_chunk;
    SampleRing ring;
    for (int64_t i = 0; i < 5'000; i++) {
      ring.Append({i * 10'000, std::sin(static_cast<double>(i))}, options);
      const size_t young = static_cast<size_t>(std::min<int64_t>(i, 360) + 1);
      ASSERT_GE(ring.size(), young);
      ASSERT_LT(ring.size(), young + static_cast<size_t>(samples_per_chunk) + SampleRing::kSamplesALook);
    }
  }
}

TEST(SampleRing, ARangeIsInclusiveAtBothEnds) {
  SampleRing ring;
  for (int64_t i = 0; i < 400; i++) ring.Append({i * 1'000, static_cast<double>(i)}, RingOptions());
  EXPECT_EQ(Read(ring, 100'000, 300'000).size(), 201u);
  EXPECT_EQ(Read(ring, 100'000, 300'000).front().timestamp_ms, 100'000);
  EXPECT_EQ(Read(ring, 100'001, 299'999).size(), 199u);
  EXPECT_EQ(Read(ring, 119'000, 120'000).size(), 2u);
  EXPECT_TRUE(Read(ring, 100'001, 100'999).empty());
  EXPECT_TRUE(Read(ring, 500'000, 600'000).empty());
  EXPECT_TRUE(Read(ring, -10, -1).empty());
  EXPECT_TRUE(Read(ring, 300'000, 100'000).empty());
}

TEST(SampleRing, ItsChunksTileItsSamplesAndCanBeReadAlone) {
  SampleRing ring;
  for (int64_t i = 0; i < 400; i++) ring.Append({i * 1'000, static_cast<double>(i % 7)}, RingOptions());
  int64_t next = 0;
  int chunks = 0;
  ring.ForEachChunk(0, 1'000'000, [&](const ChunkView& chunk) {
    XorChunkReader reader(chunk.bytes);
    EXPECT_EQ(reader.count(), chunk.count);
    EXPECT_EQ(chunk.min_ms, next);
    for (Sample sample; reader.Next(sample); next += 1'000) EXPECT_EQ(sample.timestamp_ms, next);
    EXPECT_FALSE(reader.corrupt());
    EXPECT_EQ(chunk.max_ms, next - 1'000);
    chunks++;
  });
  EXPECT_EQ(next, 400'000);
  EXPECT_EQ(chunks, 4);
}

TEST(SampleRing, CountsExactlyTheMemoryItAllocated) {
  std::mt19937_64 random(5);
  for (const size_t max_bytes : {size_t{256}, size_t{4096}, size_t{1} << 20}) {
    RingOptions options;
    options.max_bytes = max_bytes;
    auto* ring = new SampleRing;
    for (int64_t i = 0; i < 3'000; i++) {
      counting = true;
      ring->Append({i * 15'000, static_cast<double>(random() % 1'000)}, options);
      counting = false;
      ASSERT_EQ(ring->allocated_bytes(), CountedBytes());
      if (i % 500 != 7) continue;
      std::string bytes;
      ArchiveWriter writer(bytes);
      ring->Save(writer);
      ArchiveReader reader(bytes);
      counting = true;
      ring->Load(reader);
      counting = false;
      ASSERT_EQ(ring->allocated_bytes(), CountedBytes());
    }
    counting = true;
    delete ring;
    counting = false;
    ASSERT_EQ(CountedBytes(), 0u);
  }
}

TEST(SampleRing, AShortOrConstantSeriesTakesLittleMemory) {
  SampleRing three;
  for (int64_t i = 0; i < 3; i++)
    three.Append({1'700'000'000'000 + i * 15'000, 0.1 * static_cast<double>(i)}, RingOptions());
  EXPECT_LE(three.allocated_bytes(), 112u);
  SampleRing constant;
  for (int64_t i = 0; i < 480; i++) constant.Append({1'700'000'000'000 + i * 15'000, 1}, RingOptions());
  EXPECT_LE(constant.allocated_bytes(), 480u);
}

TEST(SampleRing, AMovedFromRingIsEmptyAndTheOtherHoldsItsSamples) {
  SampleRing ring;
  for (int64_t i = 0; i < 300; i++) ring.Append({i, static_cast<double>(i)}, RingOptions());
  SampleRing moved(std::move(ring));
  EXPECT_EQ(moved.size(), 300u);
  SampleRing assigned;
  assigned.Append({1, 1}, RingOptions());
  assigned = std::move(moved);
  EXPECT_EQ(Read(assigned).size(), 300u);
  assigned.Append({300, 300}, RingOptions());
  EXPECT_EQ(assigned.newest().value, 300);
}

}  // namespace
}  // namespace promcast
