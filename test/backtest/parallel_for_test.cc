#include "backtest/parallel_for.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

namespace promcast {
namespace {

TEST(ParallelFor, CallsEachNumberOnce) {
  for (const size_t threads : {0, 1, 2, 7}) {
    for (const size_t count : {0, 1, 3, 1000}) {
      std::vector<std::atomic<int>> calls(count);
      ParallelFor(count, threads, [&](size_t i) { calls[i]++; });
      for (const auto& call : calls) EXPECT_EQ(call.load(), 1);
    }
  }
}

TEST(ParallelFor, AnExceptionReachesTheCaller) {
  for (const size_t threads : {1, 3}) {
    EXPECT_THROW(ParallelFor(100, threads,
                             [](size_t i) {
                               if (i == 40) throw std::runtime_error("40");
                             }),
                 std::runtime_error);
  }
}

}  // namespace
}  // namespace promcast
