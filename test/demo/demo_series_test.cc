#include "demo/demo_series.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <sstream>

#include "demo/exposition.h"

namespace promcast {
namespace {

constexpr int64_t kDayMs = 120'000;
constexpr int64_t kStartMs = 1'700'000'000'000;

class DemoSeriesTest : public testing::Test {
 protected:
  DemoSeries series_{kDayMs, 1};
};

TEST_F(DemoSeriesTest, TheSameTimeAndSeedGiveTheSameText) {
  const DemoSeries again(kDayMs, 1), other(kDayMs, 2);
  for (int64_t t = kStartMs; t < kStartMs + 3 * kDayMs; t += 7'919) {
    EXPECT_EQ(RenderText(series_.At(t)), RenderText(again.At(t)));
    EXPECT_NE(RenderText(series_.At(t)), RenderText(other.At(t)));
  }
}

TEST_F(DemoSeriesTest, RequestsAreTheIntegralOfLoadAndNeverFallBetweenRestarts) {
  for (int replica = 0; replica < DemoSeries::kReplicas; ++replica) {
    double integral = series_.Requests(replica, kStartMs);
    double before = integral;
    int64_t start = series_.StartMs(replica, kStartMs);
    for (int64_t t = kStartMs; t < kStartMs + 8 * kDayMs; t += 50) {
      const double requests = series_.Requests(replica, t);
      if (series_.StartMs(replica, t) != start) {
        start = series_.StartMs(replica, t);
        integral = requests;
      } else {
        ASSERT_GE(requests, before) << t;
      }
      // 50 ms steps see the piecewise constant noise and the smooth shape to well below a request.
      ASSERT_NEAR(requests, integral, 0.002 * (integral + 1000)) << "replica " << replica << " at " << t;
      integral += series_.Load(replica, t) * 0.050;
      before = requests;
    }
  }
}

TEST_F(DemoSeriesTest, ReplicasRestartEveryFewDaysAndTheirCountersStartAtZero) {
  std::set<int64_t> starts;
  for (int64_t t = kStartMs; t < kStartMs + 60 * kDayMs; t += 500) {
    const int64_t start = series_.StartMs(0, t);
    ASSERT_LE(start, t);
    starts.insert(start);
    EXPECT_EQ(series_.Requests(0, start), 0);
  }
  EXPECT_GE(starts.size(), 8u);
  EXPECT_LE(starts.size(), 12u);
}

TEST_F(DemoSeriesTest, LoadFollowsTheDay) {
  const int64_t midnight = kStartMs / kDayMs * kDayMs;
  for (int day = 0; day < 20; ++day) {
    const int64_t at = midnight + day * kDayMs;
    EXPECT_GT(series_.Load(0, at + kDayMs * 6 / 10), 2.5 * series_.Load(0, at + 1)) << day;
  }
}

TEST_F(DemoSeriesTest, LatencyRisesMoreThanInProportionToLoad) {
  double low_load = 1e9, high_load = 0, low_latency = 1e9, high_latency = 0;
  for (int64_t t = kStartMs; t < kStartMs + 5 * kDayMs; t += 500) {
    low_load = std::min(low_load, series_.Load(1, t));
    high_load = std::max(high_load, series_.Load(1, t));
    low_latency = std::min(low_latency, series_.Latency(1, t));
    high_latency = std::max(high_latency, series_.Latency(1, t));
  }
  // Saturation at the peak is above one half, where 1 / (1 - s) grows faster than s.
  const double mid = 0.5 * (low_load + high_load);
  int64_t at_mid = kStartMs;
  for (int64_t t = kStartMs; t < kStartMs + kDayMs; t += 100) {
    if (std::abs(series_.Load(1, t) - mid) < std::abs(series_.Load(1, at_mid) - mid)) at_mid = t;
  }
  EXPECT_LT(series_.Latency(1, at_mid), 0.5 * (low_latency + high_latency));
}

TEST_F(DemoSeriesTest, RatiosAndBytesStayWithinTheirNaturalBounds) {
  for (int64_t t = kStartMs; t < kStartMs + 200 * kDayMs; t += 1'777) {
    ASSERT_GT(series_.DiskAvailable(t), 0) << t;
    ASSERT_LT(series_.DiskAvailable(t), series_.DiskSize()) << t;
    ASSERT_GE(series_.ActiveUsers(t), 0) << t;
    for (int replica = 0; replica < DemoSeries::kReplicas; ++replica) {
      ASSERT_GT(series_.Load(replica, t), 0) << t;
      ASSERT_THAT(series_.ErrorRatio(replica, t), testing::AllOf(testing::Ge(0), testing::Le(1))) << t;
      ASSERT_THAT(series_.Saturation(replica, t), testing::AllOf(testing::Ge(0), testing::Le(1))) << t;
      ASSERT_GT(series_.Latency(replica, t), 0) << t;
      ASSERT_GT(series_.ResidentMemory(replica, t), 0) << t;
    }
  }
}

TEST_F(DemoSeriesTest, TheDiskFillsBetweenCleanupsAndGetsNearlyFull) {
  int cleanups = 0;
  double least = 1e12, before = series_.DiskAvailable(kStartMs);
  for (int64_t t = kStartMs; t < kStartMs + 60 * kDayMs; t += 1000) {
    const double now = series_.DiskAvailable(t);
    if (now > before) ++cleanups;
    least = std::min(least, now);
    before = now;
  }
  EXPECT_GE(cleanups, 11);
  EXPECT_LE(cleanups, 15);
  EXPECT_LT(least, 0.2 * series_.DiskSize());
}

TEST_F(DemoSeriesTest, ADeployShiftsTheResponseSizeToAnotherLevel) {
  int shifts = 0;
  for (int64_t t = kStartMs; t < kStartMs + 40 * kDayMs; t += 500) {
    if (series_.Deploys(t) == series_.Deploys(t + 500)) continue;
    ++shifts;
    EXPECT_GT(std::abs(series_.ResponseSize(t + 500) - series_.ResponseSize(t)), 3000);
  }
  EXPECT_GE(shifts, 4);
}

TEST_F(DemoSeriesTest, TheWeekHasTwoQuietDays) {
  const int64_t noon = kStartMs / kDayMs * kDayMs + kDayMs / 2;
  int quiet = 0;
  for (int day = 0; day < 7; ++day) quiet += series_.ActiveUsers(noon + day * kDayMs) < 1600;
  EXPECT_EQ(quiet, 2);
}

TEST_F(DemoSeriesTest, EarliestTimesAreAnsweredToo) {
  for (const int64_t t : {0, 1, 999, 120'000}) {
    for (const DemoFamily& family : series_.At(t)) {
      for (const auto& sample : family.samples) {
        EXPECT_TRUE(std::isfinite(sample.value)) << family.name << " at " << t;
        EXPECT_GE(sample.value, 0) << family.name << " at " << t;
      }
    }
  }
}

TEST(RenderTextTest, EveryFamilyHasHelpTypeAndSamplesInOrder) {
  const std::vector<DemoFamily> families = {{"a_total", "A.", "counter", {{{}, 3}, {{{"x", "1"}, {"y", "2"}}, 0.5}}},
                                            {"b", "B.", "gauge", {{{{"x", "1"}}, 1e21}}}};
  EXPECT_EQ(RenderText(families),
            "# HELP a_total A.\n# TYPE a_total counter\na_total 3\na_total{x=\"1\",y=\"2\"} 0.5\n"
            "# HELP b B.\n# TYPE b gauge\nb{x=\"1\"} 1e+21\n");
}

}  // namespace
}  // namespace promcast
