#include "pipeline/schedule.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace promcast {
namespace {

/// Runs all that is due at `now_ms`: `call(member)` tells whether it stays.
template <class Call>
void RunDue(Schedule& schedule, int64_t now_ms, const Call& call) {
  const auto call_each = [&](std::span<const Schedule::Member> members) {
    EXPECT_LE(members.size(), Schedule::kCalledTogether);
    Schedule::Staying staying;
    for (size_t i = 0; i < members.size(); i++) staying[i] = call(members[i]);
    return staying;
  };
  while (schedule.RunNextSlot(now_ms, call_each)) {
  }
}

TEST(Schedule, CallsEachMemberOnceAnInterval) {
  Schedule schedule(60'000);
  constexpr uint32_t kMembers = 1000;
  for (uint32_t id = 0; id < kMembers; id++) schedule.Add(id);
  std::map<uint32_t, std::vector<int64_t>> calls;
  for (int64_t now_ms = 1'000'000; now_ms < 1'000'000 + 5 * 60'000; now_ms += 70) {
    RunDue(schedule, now_ms, [&](Schedule::Member m) { return calls[m].push_back(now_ms), true; });
  }
  ASSERT_EQ(calls.size(), kMembers);
  for (const auto& [id, times] : calls) {
    EXPECT_GE(times.size(), 4u);
    EXPECT_LE(times.size(), 5u);
    for (size_t i = 1; i < times.size(); i++) EXPECT_NEAR(static_cast<double>(times[i] - times[i - 1]), 60'000, 100);
  }
  EXPECT_EQ(schedule.late_slots(), 0);
}

TEST(Schedule, SpreadsMembersOverTheInterval) {
  for (const uint32_t members : {0u, 100u, 10'000u, 60'000u, 1'000'003u}) {
    Schedule schedule(60'000);
    for (uint32_t id = 0; id < members; id++) schedule.Add(id);
    for (int64_t slot = 0; slot < 600; slot++) {
      uint32_t called = 0;
      RunDue(schedule, 1'000'000'000 + slot * 100, [&](Schedule::Member) { return called++, true; });
      EXPECT_LE(called, members / 600 + 3 * Schedule::kCalledTogether) << members;
    }
  }
}

TEST(Schedule, CallsNeighboursOneAfterTheOther) {
  Schedule schedule(60'000);
  for (uint32_t id = 0; id < 10'000; id++) schedule.Add(id);
  std::vector<uint32_t> called;
  for (int64_t now_ms = 1'000'000'000; now_ms < 1'000'060'000; now_ms += 100) {
    RunDue(schedule, now_ms, [&](Schedule::Member m) { return called.push_back(m), true; });
  }
  size_t together = 0;
  for (size_t i = 1; i < called.size(); i++) together += called[i] == called[i - 1] + 1 ? 1 : 0;
  EXPECT_GT(together, called.size() * 9 / 10);
}

TEST(Schedule, LeavesOutWhatCameAWholeLapTooLate) {
  Schedule schedule(10'000);
  schedule.Add(1);
  int called = 0;
  const auto run = [&](int64_t now_ms) {
    RunDue(schedule, now_ms, [&](Schedule::Member) { return called++, true; });
  };
  run(1'000'000);
  called = 0;
  run(1'000'000 + 100 * 10'000);
  EXPECT_EQ(called, 1);
  EXPECT_GT(schedule.late_slots(), 0);
}

TEST(Schedule, GoesOnAfterTheClockWentBack) {
  Schedule schedule(10'000);
  schedule.Add(1);
  int called = 0;
  const auto run = [&](int64_t now_ms) {
    RunDue(schedule, now_ms, [&](Schedule::Member) { return called++, true; });
  };
  for (int64_t now_ms = 10'000'000; now_ms < 10'030'000; now_ms += 100) run(now_ms);
  called = 0;
  for (int64_t now_ms = 6'400'000; now_ms < 6'430'000; now_ms += 100) run(now_ms);
  EXPECT_EQ(called, 3);
}

TEST(Schedule, ForgetsMembersThatSaySo) {
  Schedule schedule(1000);
  schedule.Add(1);
  int called = 0;
  for (int64_t now_ms = 1'000'000; now_ms < 1'010'000; now_ms += 100) {
    RunDue(schedule, now_ms, [&](Schedule::Member) { return called++, false; });
  }
  EXPECT_EQ(called, 1);
}

}  // namespace
}  // namespace promcast
