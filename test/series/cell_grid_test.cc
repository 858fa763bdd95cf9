#include "series/cell_grid.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <ostream>
#include <random>
#include <utility>
#include <vector>

namespace promcast {
namespace {

using enum SampleOutcome;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Closed {
  double value;
  int64_t skipped_cells = 0;
  friend bool operator==(const Closed& a, const Closed& b) {
    const bool same = a.value == b.value || (std::isnan(a.value) && std::isnan(b.value));
    return same && a.skipped_cells == b.skipped_cells;
  }
};

void PrintTo(const Closed& closed, std::ostream* out) {
  *out << closed.value << "/" << closed.skipped_cells;
}

/// A grid of 10 s cells whose closed cells are kept.
class Feed {
 public:
  explicit Feed(CellReading reading, GridLimits limits = {}, int64_t step_ms = 10'000)
      : grid(step_ms, reading), limits_(limits) {}

  /// A sample that comes at its own time.
  SampleOutcome Add(int64_t timestamp_ms, double value) { return AddAt(timestamp_ms, value, timestamp_ms); }

  SampleOutcome AddAt(int64_t timestamp_ms, double value, int64_t now_ms) {
    events = {};
    return grid.Add({timestamp_ms, value}, now_ms, limits_, events, [this](double v, int64_t skipped) {
      closed.push_back({v, skipped});
    });
  }

  std::vector<Closed> Take() { return std::exchange(closed, {}); }

  CellGrid grid;
  GridEvents events;
  std::vector<Closed> closed;

 private:
  GridLimits limits_;
};

using Cells = std::vector<Closed>;

TEST(CellGrid, AGaugeCellHasItsNewestSample) {
  Feed feed(CellReading::kLast);
  for (const auto& [at, value] : {std::pair{1'000, 1.0}, {4'000, 2.0}, {9'999, 3.0}})
    EXPECT_EQ(feed.Add(at, value), kApplied);
  EXPECT_TRUE(feed.closed.empty());
  EXPECT_EQ(feed.Add(10'000, 4), kApplied);
  EXPECT_EQ(feed.Take(), Cells{{3}});
  EXPECT_EQ(feed.grid.closed_cell_end_ms(), 10'000);
  EXPECT_EQ(feed.Add(25'000, 5), kApplied);
  EXPECT_EQ(feed.Take(), Cells{{4}});
  EXPECT_FALSE(feed.events.gap);
  EXPECT_EQ(feed.grid.newest_ms(), 25'000);
  EXPECT_EQ(feed.grid.closed_cell_end_ms(), 20'000);
  EXPECT_EQ(feed.grid.last_value(), 5);
}

TEST(CellGrid, CellsBeforeTheEpochAreCutByFloor) {
  Feed feed(CellReading::kLast);
  feed.Add(-10'001, 1);
  feed.Add(-10'000, 2);
  EXPECT_EQ(feed.Take(), Cells{{1}});
  EXPECT_EQ(feed.grid.closed_cell_end_ms(), -10'000);
  feed.Add(-1, 3);
  EXPECT_TRUE(feed.Take().empty());
  feed.Add(0, 4);
  EXPECT_EQ(feed.Take(), Cells{{3}});
}

TEST(CellGrid, EmptyCellsAreNan) {
  Feed feed(CellReading::kLast);
  feed.Add(1'000, 1);
  feed.Add(41'000, 2);
  EXPECT_EQ(feed.Take(), (Cells{{1}, {kNan}, {kNan}, {kNan}}));
  EXPECT_TRUE(feed.events.gap);
  EXPECT_FALSE(feed.events.clock_jump);
}

TEST(CellGrid, ALongGapIsClosedInOneCall) {
  GridLimits limits;
  limits.max_gap_cells = 3;
  Feed feed(CellReading::kLast, limits);
  feed.Add(1'000, 1);
  feed.Add(41'000, 2);
  EXPECT_EQ(feed.Take().size(), 4u);
  feed.Add(91'000, 3);
  EXPECT_EQ(feed.Take(), (Cells{{2}, {kNan, 4}}));
  EXPECT_TRUE(feed.events.gap);
  EXPECT_FALSE(feed.events.clock_jump);
}

TEST(CellGrid, AGapOfDaysIsAClockJump) {
  Feed feed(CellReading::kLast);
  feed.Add(1'000, 1);
  feed.Add(2 * 86'400'000 + 1'000, 2);
  EXPECT_EQ(feed.Take(), (Cells{{1}, {kNan, 17'279}}));
  EXPECT_TRUE(feed.events.clock_jump);
}

TEST(CellGrid, ACounterCellHasTheIncreasePerSecondSinceTheSampleBeforeIt) {
  Feed feed(CellReading::kRate);
  feed.Add(2'000, 100);
  feed.Add(7'000, 150);
  feed.Add(12'000, 200);
  EXPECT_TRUE(feed.Take().empty()) << "the first cell of a counter has no rate";
  feed.Add(17'000, 260);
  feed.Add(22'000, 300);
  EXPECT_EQ(feed.Take(), Cells{{(260.0 - 150.0) / 10}});
  EXPECT_FALSE(feed.events.counter_reset);
  EXPECT_EQ(feed.grid.last_value(), 300);
  feed.Add(32'000, 400);
  EXPECT_EQ(feed.Take(), Cells{{(300.0 - 260.0) / 5}});
}

TEST(CellGrid, IncreasesBeforeAndAfterACounterResetAddUp) {
  Feed feed(CellReading::kRate);
  feed.Add(5'000, 1'000);
  feed.Add(12'000, 1'030);
  feed.Add(13'000, 10);
  EXPECT_TRUE(feed.events.counter_reset);
  feed.Add(14'000, 5);
  EXPECT_TRUE(feed.events.counter_reset);
  feed.Add(15'000, 60);
  EXPECT_FALSE(feed.events.counter_reset);
  feed.Add(25'000, 60);
  EXPECT_EQ(feed.Take(), Cells{{(30.0 + 10 + 5 + 55) / 10}});
}

TEST(CellGrid, AResetInTheFirstCellOrBetweenCellsIsSeen) {
  Feed feed(CellReading::kRate);
  feed.Add(1'000, 50);
  feed.Add(2'000, 10);
  EXPECT_TRUE(feed.events.counter_reset);
  feed.Add(12'000, 4);
  EXPECT_TRUE(feed.events.counter_reset);
  feed.Add(22'000, 4);
  EXPECT_EQ(feed.Take(), Cells{{0.4}});
}

TEST(CellGrid, AfterAGapACounterIsRatedOverTheWholeTime) {
  Feed feed(CellReading::kRate);
  feed.Add(5'000, 0);
  feed.Add(15'000, 10);
  feed.Add(55'000, 90);
  EXPECT_EQ(feed.Take(), (Cells{{1}, {kNan}, {kNan}, {kNan}}));
  feed.Add(65'000, 100);
  EXPECT_EQ(feed.Take(), Cells{{2}});
}

TEST(CellGrid, EmptyCellsBeforeTheFirstRateAreNotClosed) {
  Feed feed(CellReading::kRate);
  feed.Add(5'000, 0);
  feed.Add(45'000, 80);
  EXPECT_TRUE(feed.Take().empty());
  feed.Add(55'000, 90);
  EXPECT_EQ(feed.Take(), Cells{{2}});
}

TEST(CellGrid, AfterAClockJumpACounterStartsAgain) {
  Feed feed(CellReading::kRate);
  feed.Add(5'000, 0);
  feed.Add(15'000, 10);
  const int64_t later = 10 * 86'400'000;
  feed.Add(later + 5'000, 500);
  EXPECT_TRUE(feed.events.clock_jump);
  feed.Take();
  feed.Add(later + 15'000, 520);
  EXPECT_EQ(feed.Take(), Cells{{kNan}});
  feed.Add(later + 25'000, 520);
  EXPECT_EQ(feed.Take(), Cells{{2}});
}

TEST(CellGrid, ARepeatedSampleChangesNothingInEitherReading) {
  for (const CellReading reading : {CellReading::kLast, CellReading::kRate}) {
    Feed feed(reading);
    feed.Add(5'000, 1);
    feed.Add(15'000, 2);
    feed.Take();
    EXPECT_EQ(feed.Add(15'000, 2), kDuplicate);
    EXPECT_EQ(feed.Add(15'000, 9), kDuplicate);
    EXPECT_EQ(feed.Add(15'000, StaleMarker()), kDuplicate);
    EXPECT_EQ(feed.grid.last_value(), 2);
    EXPECT_TRUE(feed.closed.empty());
  }
}

TEST(CellGrid, AnOlderSampleIsRefusedAndChangesNothing) {
  Feed feed(CellReading::kRate);
  feed.Add(5'000, 0);
  feed.Add(15'000, 10);
  EXPECT_EQ(feed.AddAt(14'999, 1, 15'000), kOutOfOrder);
  EXPECT_EQ(feed.AddAt(std::numeric_limits<int64_t>::min(), 1, 15'000), kOutOfOrder);
  EXPECT_FALSE(feed.events.counter_reset);
  feed.Add(25'000, 20);
  EXPECT_EQ(feed.Take(), Cells{{1}});
}

TEST(CellGrid, NanAndInfinityLetTimePassAndTeachNothing) {
  for (const double value : {kNan, kInfinity, -kInfinity}) {
    Feed feed(CellReading::kLast);
    EXPECT_EQ(feed.Add(1'000, value), kNotANumber);
    EXPECT_EQ(feed.Add(11'000, value), kNotANumber);
    EXPECT_TRUE(feed.Take().empty()) << "nothing is closed before the first value";
    EXPECT_FALSE(feed.events.gap);
    EXPECT_TRUE(std::isnan(feed.grid.last_value()));
    feed.Add(21'000, 1);
    feed.Add(22'000, value);
    EXPECT_EQ(feed.Add(31'000, value), kNotANumber);
    EXPECT_EQ(feed.Take(), Cells{{1}});
    feed.Add(41'000, 2);
    EXPECT_EQ(feed.Take(), Cells{{kNan}});
    EXPECT_TRUE(feed.events.gap);
    EXPECT_EQ(feed.grid.last_value(), 2);
  }
}

TEST(CellGrid, ACounterGoesOnOverNan) {
  Feed feed(CellReading::kRate);
  feed.Add(5'000, 0);
  feed.Add(15'000, 10);
  feed.Add(16'000, kNan);
  feed.Add(25'000, kNan);
  feed.Add(35'000, 50);
  EXPECT_EQ(feed.Take(), (Cells{{1}, {kNan}}));
  feed.Add(45'000, 60);
  EXPECT_EQ(feed.Take(), Cells{{2}});
}

TEST(CellGrid, AStaleMarkerClosesWhatIsCompleteAndTheSeriesMayReturn) {
  Feed feed(CellReading::kLast);
  feed.Add(5'000, 7);
  EXPECT_EQ(feed.Add(15'000, StaleMarker()), kStaleMarker);
  EXPECT_EQ(feed.Take(), Cells{{7}});
  EXPECT_EQ(feed.Add(15'000, StaleMarker()), kDuplicate);
  EXPECT_EQ(feed.Add(25'000, 8), kApplied);
  EXPECT_EQ(feed.Take(), Cells{{kNan}});
}

TEST(CellGrid, WhatLiesTooFarAheadIsRefusedEvenAsTheFirstSample) {
  Feed feed(CellReading::kLast);
  EXPECT_EQ(feed.AddAt(600'001, 1, 0), kTooFarAhead);
  EXPECT_TRUE(feed.grid.empty());
  EXPECT_EQ(feed.AddAt(600'000, 1, 0), kApplied);
  EXPECT_EQ(feed.AddAt(std::numeric_limits<int64_t>::max(), 1, std::numeric_limits<int64_t>::min()), kTooFarAhead);
  EXPECT_EQ(feed.grid.newest_ms(), 600'000);
}

TEST(CellGrid, ASourceWhoseClockWasSetBackStartsAnew) {
  Feed feed(CellReading::kLast);
  feed.Add(1'000'000, 1);
  for (int64_t i = 0; i < 4; i++) EXPECT_EQ(feed.AddAt(500'000 + i * 15'000, 2, 1'015'000 + i * 15'000), kOutOfOrder);
  EXPECT_FALSE(feed.events.clock_jump);
  EXPECT_EQ(feed.AddAt(560'000, 3, 1'075'000), kApplied);
  EXPECT_TRUE(feed.events.clock_jump);
  EXPECT_TRUE(feed.Take().empty());
  EXPECT_EQ(feed.grid.newest_ms(), 560'000);
  feed.AddAt(570'000, 4, 1'085'000);
  EXPECT_EQ(feed.Take(), Cells{{3}});
}

TEST(CellGrid, ARequestSentAgainIsNotAClockThatWasSetBack) {
  Feed feed(CellReading::kLast);
  for (int64_t i = 0; i < 300; i++) feed.Add(i * 1'000, 1);
  feed.Take();
  for (int64_t i = 0; i < 299; i++) EXPECT_EQ(feed.AddAt(i * 1'000, 1, 300'000), kOutOfOrder);
  EXPECT_EQ(feed.AddAt(299'000, 1, 300'000), kDuplicate);
  // And again and again: each time the timestamps begin from the front.
  for (int64_t i = 0; i < 300; i++) EXPECT_EQ(feed.AddAt(i % 4 * 1'000, 1, 300'000 + i * 1'000), kOutOfOrder);
  EXPECT_TRUE(feed.closed.empty());
}

TEST(CellGrid, SamplesInOrderBetweenOlderOnesKeepTheClock) {
  Feed feed(CellReading::kLast);
  for (int64_t i = 0; i < 300; i++) {
    EXPECT_EQ(feed.AddAt(1'000'000 + i * 15'000, 1, 1'000'000 + i * 15'000), kApplied);
    EXPECT_EQ(feed.AddAt(i * 15'000, 1, 1'000'000 + i * 15'000), kOutOfOrder);
  }
}

TEST(CellGrid, ARateThatOverflowsIsNan) {
  Feed feed(CellReading::kRate);
  const double max = std::numeric_limits<double>::max();
  feed.Add(5'000, 0);
  feed.Add(15'000, 1);
  feed.Add(25'000, -max);
  feed.Add(26'000, max);
  feed.Add(27'000, -max);
  feed.Add(28'000, max);
  feed.Add(35'000, max);
  for (const Closed& closed : feed.closed) EXPECT_FALSE(std::isinf(closed.value));
}

TEST(CellGrid, AnyTimestampAndValueIsSafeAndCellsComeInOrder) {
  std::mt19937_64 random(13);
  for (int run = 0; run < 2'000; run++) {
    GridLimits limits;
    limits.max_gap_cells = 20;
    Feed feed(random() % 2 == 0 ? CellReading::kLast : CellReading::kRate, limits,
              static_cast<int64_t>(random() >> (random() % 64)));
    for (int i = 0; i < 100; i++) {
      const auto at = static_cast<int64_t>(random()) >> (random() % 64);
      const auto now = static_cast<int64_t>(random()) >> (random() % 64);
      const bool was_empty = feed.grid.empty();
      const int64_t before = feed.grid.newest_ms();
      const int64_t before_cell = feed.grid.closed_cell_end_ms();
      const SampleOutcome outcome = feed.AddAt(at, std::bit_cast<double>(random()), now);
      const Cells cells = feed.Take();
      if (outcome == kTooFarAhead || outcome == kOutOfOrder || outcome == kDuplicate) {
        ASSERT_EQ(feed.grid.newest_ms(), before);
        ASSERT_TRUE(cells.empty());
        continue;
      }
      ASSERT_EQ(feed.grid.newest_ms(), at);
      ASSERT_LE(feed.grid.closed_cell_end_ms(), at);
      if (was_empty || cells.empty()) continue;
      uint64_t count = 0;
      for (const Closed& cell : cells) count += cell.skipped_cells == 0 ? 1 : static_cast<uint64_t>(cell.skipped_cells);
      const uint64_t width = static_cast<uint64_t>(feed.grid.closed_cell_end_ms()) - static_cast<uint64_t>(before_cell);
      const uint64_t expected = width / static_cast<uint64_t>(feed.grid.step_ms());
      if (expected <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) &&
          before_cell > std::numeric_limits<int64_t>::min()) {
        ASSERT_EQ(count, expected);
      }
    }
  }
}

}  // namespace
}  // namespace promcast
