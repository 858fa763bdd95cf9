#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "archive/archive.h"
#include "series/cell_grid.h"
#include "series/sample_ring.h"

namespace promcast {
namespace {

template <class State>
std::string Saved(const State& state) {
  std::string bytes;
  ArchiveWriter archive(bytes);
  state.Save(archive);
  return bytes;
}

// What is wrong with the bytes; "" when they are the whole state.
template <class State>
std::string Load(State& state, const std::string& bytes) {
  ArchiveReader archive(bytes);
  state.Load(archive);
  archive.Require(archive.left() == 0, "more bytes than expected");
  return std::string(archive.problem());
}

using Bits = std::pair<int64_t, uint64_t>;

std::vector<Bits> Read(const SampleRing& ring) {
  std::vector<Bits> samples;
  ring.ForEach(INT64_MIN, INT64_MAX, [&](Sample sample) {
    samples.emplace_back(sample.timestamp_ms, std::bit_cast<uint64_t>(sample.value));
  });
  return samples;
}

// Scrapes with some jitter, outages, values of all sorts.
Sample NextSample(int64_t after_ms, std::mt19937_64& random) {
  const auto jitter = static_cast<int64_t>(random() % 7) - 3;
  const int64_t outage_ms = random() % 100 == 0 ? static_cast<int64_t>(random() % 100'000'000) : 0;
  double value = static_cast<double>(random() % 100) / 8;
  if (random() % 20 == 0) value = std::bit_cast<double>(random());
  if (random() % 40 == 0) value = std::bit_cast<double>(kStaleMarkerBits);
  return {after_ms + 15'000 + jitter + outage_ms, value};
}

TEST(RingArchive, ALoadedRingGoesOnAsTheOneThatWasSaved) {
  for (const size_t max_bytes : {size_t{256}, size_t{2048}, size_t{1} << 20}) {
    for (const int samples_per_chunk : {1, 3, 120, 65'535}) {
      for (const int64_t retention_ms : {int64_t{0}, int64_t{7'200'000}}) {
        const RingOptions options{retention_ms, max_bytes, samples_per_chunk};
        std::mt19937_64 random(max_bytes + samples_per_chunk);
        SampleRing kept, loaded;
        int64_t now_ms = -20'000'000;
        for (int i = 0; i < 3000; i++) {
          if (i % 173 == 0 || i == 1) {
            ASSERT_EQ(Load(loaded, Saved(kept)), "") << i;
            ASSERT_EQ(Saved(loaded), Saved(kept));
            ASSERT_EQ(loaded.size(), kept.size());
            ASSERT_EQ(Read(loaded), Read(kept));
          }
          const Sample sample = NextSample(now_ms, random);
          now_ms = sample.timestamp_ms;
          kept.Append(sample, options);
          loaded.Append(sample, options);
          ASSERT_EQ(loaded.allocated_bytes(), kept.allocated_bytes()) << i;
          ASSERT_EQ(loaded.size(), kept.size()) << i;
        }
        EXPECT_EQ(Saved(loaded), Saved(kept));
        EXPECT_EQ(Read(loaded), Read(kept));
      }
    }
  }
}

SampleRing SomeRing(int samples) {
  SampleRing ring;
  std::mt19937_64 random(5);
  for (int64_t i = 0, now_ms = 0; i < samples; i++) {
    const Sample sample = NextSample(now_ms, random);
    ring.Append(sample, {0, 4096, 50});
    now_ms = sample.timestamp_ms;
  }
  return ring;
}

TEST(RingArchive, EveryTruncationIsRefusedAndLeavesTheRingEmpty) {
  const std::string whole = Saved(SomeRing(220));
  for (size_t size = 0; size < whole.size(); size++) {
    SampleRing ring = SomeRing(3);
    const std::string part = whole.substr(0, size);
    ASSERT_NE(Load(ring, part), "") << size;
    ASSERT_TRUE(ring.empty()) << size;
    ASSERT_EQ(ring.allocated_bytes(), 0u) << size;
  }
}

TEST(RingArchive, DamagedBytesAreRefusedOrMakeARingThatCanBeUsed) {
  const std::string whole = Saved(SomeRing(220));
  std::mt19937_64 random(6);
  int loaded = 0;
  for (int run = 0; run < 20'000; run++) {
    std::string bytes = whole;
    for (uint64_t left = 1 + random() % 4; left > 0; left--) {
      const size_t place = random() % (random() % 2 ? 40 : bytes.size());
      bytes[place] = static_cast<char>(random() % 3 ? random() : 0xFF);
    }
    SampleRing ring;
    const std::string problem = Load(ring, bytes);
    ASSERT_LE(ring.allocated_bytes(), 16 * bytes.size());
    if (!problem.empty()) continue;
    loaded++;
    Read(ring);
    for (int i = 0; i < 60 && ring.newest().timestamp_ms < INT64_MAX / 2; i++) {
      ring.Append(NextSample(ring.newest().timestamp_ms, random), {7'200'000, 4096, 50});
    }
    Read(ring);
  }
  EXPECT_GT(loaded, 1000);
}

// What a grid says of samples from then on.
struct Feed {
  explicit Feed(CellReading reading) : grid(60'000, reading) {}

  std::vector<uint64_t> Add(Sample sample, int64_t now_ms) {
    std::vector<uint64_t> said;
    GridEvents events;
    const SampleOutcome outcome = grid.Add(sample, now_ms, {}, events, [&](double value, int64_t skipped_cells) {
      said.push_back(std::bit_cast<uint64_t>(value));
      said.push_back(static_cast<uint64_t>(skipped_cells));
    });
    said.push_back(static_cast<uint64_t>(outcome));
    said.push_back(events.counter_reset << 2 | events.gap << 1 | events.clock_jump);
    said.push_back(static_cast<uint64_t>(grid.newest_ms()));
    said.push_back(std::bit_cast<uint64_t>(grid.last_value()));
    return said;
  }

  CellGrid grid;
};

TEST(GridArchive, ALoadedGridGoesOnAsTheOneThatWasSaved) {
  for (const CellReading reading : {CellReading::kLast, CellReading::kRate}) {
    std::mt19937_64 random(7);
    Feed kept(reading), loaded(reading);
    int64_t now_ms = 1'700'000'000'000, behind_ms = 0;
    for (int i = 0; i < 20'000; i++) {
      if (random() % 10 == 0) {
        loaded = Feed(reading);
        ASSERT_EQ(Load(loaded.grid, Saved(kept.grid)), "") << i;
        ASSERT_EQ(Saved(loaded.grid), Saved(kept.grid)) << i;
      }
      Sample sample = NextSample(now_ms, random);
      now_ms = sample.timestamp_ms;
      // Now and then the source's clock is set back for a while, or a sample comes twice.
      if (random() % 500 == 0) behind_ms = static_cast<int64_t>(random() % 4'000'000);
      if (random() % 200 == 0) behind_ms = 0;
      sample.timestamp_ms = random() % 50 == 0 ? kept.grid.newest_ms() : sample.timestamp_ms - behind_ms;
      ASSERT_EQ(kept.Add(sample, now_ms), loaded.Add(sample, now_ms)) << i;
    }
  }
}

TEST(GridArchive, BytesOfAnotherGridAndPartsOfThemAreRefused) {
  Feed feed(CellReading::kRate);
  for (int i = 0; i < 10; i++) feed.Add({i * 60'000, 3. * i}, i * 60'000);
  const std::string whole = Saved(feed.grid);
  for (size_t size = 0; size < whole.size(); size++) {
    CellGrid grid(60'000, CellReading::kRate);
    ASSERT_NE(Load(grid, whole.substr(0, size)), "") << size;
    ASSERT_TRUE(grid.empty()) << size;
  }
  CellGrid other_step(30'000, CellReading::kRate), other_reading(60'000, CellReading::kLast);
  EXPECT_EQ(Load(other_step, whole), "the grid's step or reading");
  EXPECT_EQ(Load(other_reading, whole), "the grid's step or reading");
  EXPECT_TRUE(other_step.empty() && other_reading.empty());
  EXPECT_EQ(other_step.step_ms(), 30'000);
}

TEST(GridArchive, DamagedBytesAreRefusedOrMakeAGridThatCanBeUsed) {
  std::mt19937_64 random(8);
  Feed feed(CellReading::kRate);
  for (int i = 0; i < 10; i++) feed.Add({i * 60'000, 3. * i}, i * 60'000);
  const std::string whole = Saved(feed.grid);
  for (int run = 0; run < 20'000; run++) {
    std::string bytes = whole;
    for (uint64_t left = 1 + random() % 12; left > 0; left--) {
      bytes[random() % bytes.size()] = static_cast<char>(random() % 3 ? random() : random() % 2 ? 0xFF : 0x7F);
    }
    Feed damaged(CellReading::kRate);
    if (!Load(damaged.grid, bytes).empty()) continue;
    for (int i = 0; i < 5; i++) {
      damaged.Add({static_cast<int64_t>(random()), std::bit_cast<double>(random())}, static_cast<int64_t>(random()));
      damaged.Add({1'700'000'000'000 + i * 60'000, 5}, 1'700'000'000'000 + i * 60'000);
    }
  }
}

}  // namespace
}  // namespace promcast
