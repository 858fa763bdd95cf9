#include "forecast/fetch_memory.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace promcast {
namespace {

TEST(Staggered, TakesEveryStepForEachInOrderOneBehindTheStepBefore) {
  for (const size_t count : {0, 1, 2, 3, 7}) {
    std::vector<std::pair<int, size_t>> taken;
    const auto step = [&](int which) { return [&taken, which](size_t i) { taken.emplace_back(which, i); }; };
    Staggered(count, step(0), step(1), step(2));
    std::vector<std::pair<int, size_t>> expected;
    for (size_t turn = 0; turn < count + 2; turn++) {
      for (int which = 0; which < 3; which++) {
        const size_t i = turn - static_cast<size_t>(which);  // wraps round before its turn
        if (i < count) expected.emplace_back(which, i);
      }
    }
    EXPECT_EQ(taken, expected) << count;
  }
}

}  // namespace
}  // namespace promcast
