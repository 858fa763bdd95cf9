#include "forecast/phase_memory.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

namespace promcast {
namespace {

// With memory of its own.
template <class Cell = int16_t>
struct Phases {
  explicit Phases(size_t phases) : cells(phases) { memory.Clear(); }

  std::vector<Cell> cells;
  PhaseUnit unit;
  uint16_t unknown = 0;
  PhaseMemory<Cell> memory{unit, unknown, cells};
};

TEST(PhaseMemory, KnowsNothingAtFirst) {
  Phases<> phases(3);
  PhaseMemory<int16_t>& memory = phases.memory;
  for (int i = 0; i < 3; i++) EXPECT_TRUE(std::isnan(memory.Get(i)));
}

TEST(PhaseMemory, KeepsEveryValueToAFractionOfTheirRange) {
  std::mt19937 random(1);
  for (double base : {0., 1., -5e6, 1.7e9, 1e12}) {
    for (double range : {1e-3, 1., 4e6}) {
      if (range < std::abs(base) * 1e-12) continue;
      Phases<> phases(100);
      PhaseMemory<int16_t>& memory = phases.memory;
      std::vector<double> values(100);
      for (int pass = 0; pass < 3; pass++) {
        for (int i = 0; i < 100; i++) {
          values[i] = base + std::uniform_real_distribution<double>(0, range)(random);
          memory.Set(i, values[i]);
        }
        memory.Fit();
      }
      for (int i = 0; i < 100; i++) {
        ASSERT_NEAR(memory.Get(i), values[i], range / 20'000 + std::abs(base) * 1e-15) << base << " " << range;
      }
    }
  }
}

TEST(PhaseMemory, KeepsEveryValueInEightBitsToAHundredthOfTheirRange) {
  std::mt19937 random(1);
  for (double base : {0., -5e6, 1e12}) {
    Phases<int8_t> phases(96);
    std::vector<double> values(96);
    for (int pass = 0; pass < 3; pass++) {
      for (int i = 0; i < 96; i++) {
        values[i] = base + std::uniform_real_distribution<double>(0, 100)(random);
        phases.memory.Set(i, values[i]);
      }
      phases.memory.Fit();
    }
    for (int i = 0; i < 96; i++) EXPECT_NEAR(phases.memory.Get(i), values[i], 1);
  }
}

// Rounded to the nearest code, a phase would stay where it is for ever.
TEST(PhaseMemory, StepsSmallerThanAnEightBitUnitAddUp) {
  Phases<int8_t> phases(96);
  for (int i = 0; i < 96; i++) phases.memory.Set(i, i);
  std::mt19937 random(3);
  for (int day = 0; day < 100; day++) {
    for (int i = 30; i < 60; i++) {
      const double value = 70 + std::uniform_real_distribution<double>(-.2, .2)(random);
      phases.memory.Set(i, phases.memory.Get(i) + .01 * (value - phases.memory.Get(i)));
    }
  }
  for (int i = 30; i < 60; i++) EXPECT_NEAR(phases.memory.Get(i), 70 - (70 - i) * std::pow(.99, 100), 6);
}

TEST(PhaseMemory, AStepThatIsTheSameEverySeasonIsLearntInEightBits) {
  Phases<int8_t> phases(96);
  for (int i = 0; i < 96; i++) phases.memory.Set(i, i);
  for (uint32_t day = 0; day < 200; day++) {
    for (int i = 30; i < 60; i++) {
      phases.memory.Set(i, phases.memory.Get(i) + .1 * (70 - phases.memory.Get(i)), day % 113);
    }
  }
  for (int i = 30; i < 60; i++) EXPECT_NEAR(phases.memory.Get(i), 70, 1.2);
}

TEST(PhaseMemory, FollowsARampWithoutLosingPrecision) {
  Phases<> phases(50);
  PhaseMemory<int16_t>& memory = phases.memory;
  for (int i = 0; i < 100'000; i++) {
    memory.Set(i % 50, i);
    if (i % 50 == 49) memory.Fit();
  }
  for (int i = 0; i < 50; i++) EXPECT_NEAR(memory.Get(i), 99'950 + i, .05);
}

TEST(PhaseMemory, OneWildValueDoesNotCostTheOthersTheirPrecision) {
  Phases<> phases(20);
  PhaseMemory<int16_t>& memory = phases.memory;
  for (int i = 0; i < 20; i++) memory.Set(i, i);
  memory.Set(3, 1e30);
  EXPECT_GT(memory.Get(3), 90);
  EXPECT_LT(memory.Get(3), 100);
  for (int i = 4; i < 20; i++) EXPECT_NEAR(memory.Get(i), i, .01);
  memory.Set(3, 3);
  memory.Fit();
  EXPECT_NEAR(memory.Get(3), 3, .01);
}

TEST(PhaseMemory, AnswersFiniteValuesForAnyOrderOfMagnitudes) {
  std::mt19937 random(2);
  Phases<> phases(8);
  PhaseMemory<int16_t>& memory = phases.memory;
  for (int i = 0; i < 100'000; i++) {
    const double magnitude = std::uniform_real_distribution<double>(-320, 100)(random);
    memory.Set(static_cast<int>(random() % 8), (random() % 2 ? 1 : -1) * std::pow(10., magnitude));
    if (random() % 16 == 0) memory.Fit();
    for (int k = 0; k < 8; k++) ASSERT_FALSE(std::isinf(memory.Get(k)));
  }
}

TEST(PhaseMemory, StaysFiniteWhenAValueIsAsLargeAsTheyGet) {
  constexpr double kLargest = std::numeric_limits<double>::max();
  for (const double first : {0., 1., -kLargest}) {
    Phases<> phases(4);
    phases.memory.Set(0, first);
    phases.memory.Set(1, kLargest);
    phases.memory.Set(2, 1);
    for (int i = 0; i < 3; i++) EXPECT_TRUE(std::isfinite(phases.memory.Get(i))) << first << " " << i;
    EXPECT_TRUE(std::isfinite(phases.unit.base) && std::isfinite(phases.unit.size)) << first;
  }
}

}  // namespace
}  // namespace promcast
