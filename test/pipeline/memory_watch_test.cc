#include "pipeline/memory_watch.h"

#include <gtest/gtest.h>

namespace promcast {
namespace {

constexpr int64_t kLapMs = 60'000;

struct Watched {
  MemoryWatch watch;
  MemoryWatch::Reading reading{
      .used_bytes = 0, .limit_bytes = 1000, .relieved_series = 0, .now_ms = 0, .lap_ms = kLapMs};

  void Use(double bytes) {
    reading.used_bytes = bytes;
    reading.now_ms += 1000;
    watch.Look(reading);
  }
};

TEST(MemoryWatch, AsksForNothingWithoutALimit) {
  Watched w;
  w.reading.limit_bytes = 0;
  w.Use(1e12);
  EXPECT_FALSE(w.watch.full() || w.watch.pressed());
  EXPECT_EQ(w.watch.relief(), MemoryRelief::kNone);
}

TEST(MemoryWatch, SeriesAreRelievedBeforeNewOnesAreRefused) {
  Watched w;
  w.Use(890);
  EXPECT_FALSE(w.watch.pressed());
  w.Use(910);
  EXPECT_TRUE(w.watch.pressed());
  EXPECT_EQ(w.watch.relief(), MemoryRelief::kSeasons);
  EXPECT_FALSE(w.watch.full());
  w.Use(1001);
  EXPECT_TRUE(w.watch.full());
  w.Use(999);
  EXPECT_FALSE(w.watch.full());
}

TEST(MemoryWatch, TheNextStepComesWhenALapBroughtNothingMore) {
  Watched w;
  w.Use(950);
  for (int64_t ms = 0; ms < 3 * kLapMs; ms += 1000) {
    w.reading.relieved_series++;
    w.Use(950);
    ASSERT_EQ(w.watch.relief(), MemoryRelief::kSeasons);
  }
  for (int64_t ms = 0; ms < kLapMs; ms += 1000) {
    w.Use(950);
    ASSERT_EQ(w.watch.relief(), MemoryRelief::kSeasons);
  }
  w.Use(950);
  EXPECT_EQ(w.watch.relief(), MemoryRelief::kHorizons);
}

TEST(MemoryWatch, EndsWhenItIsEnoughAndGivesBackOnlyWhenThereIsPlenty) {
  Watched w;
  w.Use(950);
  w.Use(860);
  EXPECT_TRUE(w.watch.pressed());
  w.Use(840);
  EXPECT_FALSE(w.watch.pressed());
  for (int i = 0; i < 200; i++) w.Use(800);
  EXPECT_EQ(w.watch.relief(), MemoryRelief::kSeasons) << "new series would bring the pressure back";
  w.Use(590);
  EXPECT_EQ(w.watch.relief(), MemoryRelief::kNone);
}

}  // namespace
}  // namespace promcast
