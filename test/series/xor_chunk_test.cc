#include "series/xor_chunk.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace promcast {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<uint8_t> Encode(const std::vector<Sample>& samples) {
  XorChunkWriter writer;
  for (const Sample& sample : samples) EXPECT_TRUE(writer.Append(sample));
  return writer.bytes();
}

/// What can be read; `corrupt` tells how it ended.
std::vector<Sample> Decode(std::span<const uint8_t> chunk, bool& corrupt) {
  std::vector<Sample> samples;
  XorChunkReader reader(chunk);
  for (Sample sample; reader.Next(sample);) samples.push_back(sample);
  corrupt = reader.corrupt();
  return samples;
}

void ExpectSame(const std::vector<Sample>& actual, const std::vector<Sample>& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); i++) {
    ASSERT_EQ(actual[i].timestamp_ms, expected[i].timestamp_ms) << i;
    ASSERT_EQ(std::bit_cast<uint64_t>(actual[i].value), std::bit_cast<uint64_t>(expected[i].value)) << i;
  }
}

void ExpectRoundTrip(const std::vector<Sample>& samples) {
  bool corrupt = true;
  const std::vector<uint8_t> chunk = Encode(samples);
  ExpectSame(Decode(chunk, corrupt), samples);
  EXPECT_FALSE(corrupt);
}

struct RealChunk {
  std::vector<uint8_t> bytes;
  std::vector<Sample> samples;
};

std::vector<RealChunk> ReadRealChunks() {
  std::vector<RealChunk> chunks;
  std::ifstream file(PROMETHEUS_CHUNKS);
  for (std::string first, second; file >> first;) {
    if (first == "#") {
      std::getline(file, second);
    } else if (file >> second; first == "chunk") {
      chunks.emplace_back();
      for (size_t i = 0; i + 1 < second.size(); i += 2) {
        chunks.back().bytes.push_back(static_cast<uint8_t>(std::stoi(second.substr(i, 2), nullptr, 16)));
      }
    } else {
      chunks.back().samples.push_back({std::stoll(first), std::strtod(second.c_str(), nullptr)});
    }
  }
  return chunks;
}

TEST(XorChunk, ChunksOfARealPrometheusAreReadAsItReadsThem) {
  const std::vector<RealChunk> chunks = ReadRealChunks();
  ASSERT_GE(chunks.size(), 10u);
  for (const RealChunk& chunk : chunks) {
    bool corrupt = true;
    ExpectSame(Decode(chunk.bytes, corrupt), chunk.samples);
    EXPECT_FALSE(corrupt);
  }
}

TEST(XorChunk, TheSamplesOfARealPrometheusAreWrittenWithTheSameBytes) {
  for (const RealChunk& chunk : ReadRealChunks()) EXPECT_EQ(Encode(chunk.samples), chunk.bytes);
}

TEST(XorChunk, SpecialValuesKeepTheirBits) {
  std::vector<Sample> samples;
  int64_t at = 1'700'000'000'000;
  for (const double value :
       {0.0, -0.0, kInfinity, -kInfinity, std::nan(""), StaleMarker(), std::bit_cast<double>(~0ull),
        std::bit_cast<double>(0x7ff8dead0000beefull), std::numeric_limits<double>::denorm_min(),
        std::numeric_limits<double>::max(), 1.0, 1.0, StaleMarker(), 0.1}) {
    samples.push_back({at += 15'000, value});
  }
  ExpectRoundTrip(samples);
}

TEST(XorChunk, EveryPowerOfTwoOfDeltaOfDeltaAndItsNeighboursAreExact) {
  for (int power = 0; power < 64; power++) {
    for (int64_t off = -2; off <= 2; off++) {
      for (const uint64_t sign : {uint64_t{1}, ~uint64_t{0}}) {
        const uint64_t change = ((uint64_t{1} << power) + static_cast<uint64_t>(off)) * sign;
        std::vector<Sample> samples{{0, 1}, {1000, 2}};
        const uint64_t third = 2000 + change;
        samples.push_back({static_cast<int64_t>(third), 3});
        samples.push_back({static_cast<int64_t>(third + 1000 + change), 3});
        ExpectRoundTrip(samples);
      }
    }
  }
}

TEST(XorChunk, TimestampsAtTheEndsOfTheirRangeAreExact) {
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min(), kMax = std::numeric_limits<int64_t>::max();
  ExpectRoundTrip({{kMin, 1}});
  ExpectRoundTrip({{kMax, 1}});
  ExpectRoundTrip({{kMin, 1}, {kMax, 2}, {kMin, 3}, {0, 4}, {kMax, 5}, {-1, 6}});
}

TEST(XorChunk, RandomSeriesSurviveTheRoundTrip) {
  std::mt19937_64 random(7);
  for (int series = 0; series < 2'000; series++) {
    std::vector<Sample> samples;
    auto at = static_cast<int64_t>(random() >> (random() % 64));
    double value = static_cast<double>(random() % 1000);
    const size_t count = random() % 200;
    for (size_t i = 0; i < count; i++) {
      at = static_cast<int64_t>(static_cast<uint64_t>(at) + (random() >> (random() % 64)));
      if (random() % 3 == 0) value += static_cast<double>(random() % 100) / 8;
      if (random() % 20 == 0) value = std::bit_cast<double>(random());
      if (random() % 20 == 0) value = std::bit_cast<double>(random() & (~uint64_t{0} << (random() % 64)));
      samples.push_back({at, value});
    }
    ExpectRoundTrip(samples);
  }
}

TEST(XorChunk, AtEveryTruncationWhatIsLeftIsReadAndTheRestReported) {
  for (const RealChunk& chunk : ReadRealChunks()) {
    for (size_t length = 0; length < chunk.bytes.size(); length++) {
      const std::vector<uint8_t> cut(chunk.bytes.begin(), chunk.bytes.begin() + static_cast<ptrdiff_t>(length));
      bool corrupt = false;
      const std::vector<Sample> read = Decode(cut, corrupt);
      EXPECT_TRUE(corrupt) << length;
      ASSERT_LT(read.size(), chunk.samples.size());
      ExpectSame(read, {chunk.samples.begin(), chunk.samples.begin() + static_cast<ptrdiff_t>(read.size())});
    }
  }
}

TEST(XorChunk, LeadingZerosAreCountedUpTo31) {
  // t = 0, value 0; delta 0, "11", 31 leading zeros, 33 significant bits, of which the last is set.
  const std::vector<uint8_t> expected = {0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0x08, 0, 0, 0, 0x04};
  EXPECT_EQ(Encode({{0, 0}, {0, std::bit_cast<double>(uint64_t{1})}}), expected);
}

TEST(XorChunk, AWindowWiderThanAValueIsCorrupt) {
  // One sample (t = 0, value 0), then delta 0, "11", 31 leading zeros, 63 significant bits.
  std::vector<uint8_t> chunk(2 + 1 + 8 + 1);
  chunk[1] = 2;
  chunk.insert(chunk.end(), {0b11'11111'1, 0b11111'000});
  chunk.resize(64);
  bool corrupt = false;
  EXPECT_EQ(Decode(chunk, corrupt).size(), 1u);
  EXPECT_TRUE(corrupt);
}

TEST(XorChunk, AnOverlongVarintIsCorrupt) {
  std::vector<uint8_t> chunk(32, 0xFF);
  bool corrupt = false;
  EXPECT_TRUE(Decode(chunk, corrupt).empty());
  EXPECT_TRUE(corrupt);
}

TEST(XorChunk, FlippedBitsNeverReadBeyondTheChunk) {
  std::mt19937 random(3);
  for (const RealChunk& chunk : ReadRealChunks()) {
    for (int i = 0; i < 2'000; i++) {
      const auto heap = std::make_unique<uint8_t[]>(chunk.bytes.size());
      std::copy(chunk.bytes.begin(), chunk.bytes.end(), heap.get());
      for (int flips = 0; flips < 3; flips++)
        heap[random() % chunk.bytes.size()] ^= static_cast<uint8_t>(1 << random() % 8);
      const int count = heap[0] << 8 | heap[1];
      bool corrupt = false;
      EXPECT_LE(Decode({heap.get(), chunk.bytes.size()}, corrupt).size(), static_cast<size_t>(count));
    }
  }
}

TEST(XorChunk, AFullChunkTakesNoMore) {
  XorChunkWriter writer;
  for (int i = 0; i < kMaxXorChunkSamples; i++) ASSERT_TRUE(writer.Append({i, 1}));
  const size_t size = writer.bytes().size();
  EXPECT_FALSE(writer.Append({kMaxXorChunkSamples, 1}));
  EXPECT_EQ(writer.bytes().size(), size);
  EXPECT_EQ(XorChunkReader(writer.bytes()).count(), kMaxXorChunkSamples);
}

}  // namespace
}  // namespace promcast
