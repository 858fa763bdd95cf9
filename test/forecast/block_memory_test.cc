#include "forecast/block_memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace promcast {
namespace {

// Rounds of a day with a shape and noise.
double Cell(int i, std::mt19937& random) {
  std::normal_distribution<double> noise(0, 1);
  return 40 + 10 * std::sin(2 * M_PI * i / 1440.) + noise(random);
}

TEST(BlockMemory, KeepsEachValueToASmallPartOfItsBlocksRange) {
  constexpr int kPhases = 1440, kBlock = 32;
  BlockMemory memory(kPhases);
  std::vector<double> kept(kPhases, std::nan(""));
  std::mt19937 random(1);
  for (int i = 0; i < 5 * kPhases; i++) {
    const double value = Cell(i, random);
    memory.Set(i % kPhases, value);
    kept[i % kPhases] = value;
    if (i < kPhases || i % 7 != 0) continue;
    const int phase = static_cast<int>(random() % kPhases);
    const auto block = kept.begin() + phase / kBlock * kBlock;
    const auto [low, high] = std::minmax_element(block, block + kBlock);
    EXPECT_NEAR(memory.Get(phase), kept[phase], .015 * (*high - *low)) << i;
  }
}

TEST(BlockMemory, AWildValueIsDrawnInAndBlursOnlyItsBlockAWhile) {
  constexpr int kPhases = 64;
  BlockMemory memory(kPhases);
  auto round = [&](double wild) {
    for (int i = 0; i < kPhases; i++) memory.Set(i, i == 5 ? wild : i);
  };
  round(5);
  round(1e6);
  EXPECT_GT(memory.Get(5), 100);
  for (int i = 32; i < kPhases; i++) EXPECT_NEAR(memory.Get(i), i, .5);
  for (int i = 6; i < 32; i++) EXPECT_NEAR(memory.Get(i), i, 4) << i;
  for (int i = 0; i < 3; i++) round(5);
  for (int i = 0; i < kPhases; i++) EXPECT_NEAR(memory.Get(i), i, .5) << i;
}

TEST(BlockMemory, WildValuesStayOnTheirSide) {
  for (double wild : {1e20, -1e20}) {
    BlockMemory memory(32);
    for (int i = 0; i < 64; i++) memory.Set(i % 32, i % 32);
    memory.Set(5, wild);
    EXPECT_GT(memory.Get(5) * wild, 0);
    EXPECT_GT(std::abs(memory.Get(5)), 100);
  }
}

TEST(BlockMemory, ANewLevelIsTakenInWithinAFewValues) {
  BlockMemory memory(64);
  for (int i = 0; i < 64; i++) memory.Set(i, i % 3);
  for (int i = 0; i < 64; i++) memory.Set(i, 10'000 + i % 3);
  for (int i = 40; i < 64; i++) EXPECT_NEAR(memory.Get(i), 10'000, 200) << i;
}

TEST(BlockMemory, OneValueOverAndOverIsExact) {
  BlockMemory memory(100);
  for (int i = 0; i < 1000; i++) memory.Set(i % 100, 7.25);
  for (int i = 0; i < 100; i++) EXPECT_EQ(memory.Get(i), 7.25);
}

TEST(BlockMemory, WhatWasNeverSetIsUnknownAndLeftOutOfMeans) {
  BlockMemory memory(50);
  EXPECT_TRUE(std::isnan(memory.Get(3)));
  EXPECT_TRUE(std::isnan(memory.MeanAround(3, 5)));
  memory.Set(49, 2);
  memory.Set(1, 4);
  EXPECT_NEAR(memory.MeanAround(0, 1), 3, .05);
  EXPECT_TRUE(std::isnan(memory.Get(0)));
}

TEST(BlockMemory, AMeanIsThatOfTheKnownValuesAround) {
  std::mt19937 random(5);
  for (int round = 0; round < 3000; round++) {
    const int phases = 1 + static_cast<int>(random() % 100);
    const auto share_known = static_cast<unsigned>(random() % 5);
    BlockMemory memory(phases);
    for (int i = 0; i < phases; i++) {
      if (random() % 4 < share_known) memory.Set(i, std::normal_distribution<double>(10, 3)(random));
    }
    const int phase = static_cast<int>(random() % phases);
    const int width = static_cast<int>(random() % 50) % ((phases + 1) / 2);
    double sum = 0;
    int known = 0;
    for (int i = phase - width; i <= phase + width; i++) {
      const double value = memory.Get((i + phases) % phases);
      sum += std::isnan(value) ? 0 : value;
      known += !std::isnan(value);
    }
    const double mean = memory.MeanAround(phase, width);
    if (known == 0) {
      EXPECT_TRUE(std::isnan(mean));
    } else {
      EXPECT_NEAR(mean, sum / known, 1e-4) << phases << " phases, " << phase << " +- " << width;
    }
  }
}

TEST(BlockMemory, AnyFiniteValueLeavesItUsable) {
  BlockMemory memory(32);
  for (double value : {1e300, -1e300, 1e-300, 0., 5., 1e30}) {
    memory.Set(7, value);
    EXPECT_TRUE(std::isfinite(memory.Get(7))) << value;
  }
  for (int i = 0; i < 32 * 20; i++) memory.Set(i % 32, i % 32);
  for (int i = 0; i < 32; i++) EXPECT_NEAR(memory.Get(i), i, .5);
}

}  // namespace
}  // namespace promcast
