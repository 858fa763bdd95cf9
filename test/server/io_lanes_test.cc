#include "server/io_lanes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <future>
#include <map>
#include <memory>
#include <set>
#include <thread>
#include <vector>

namespace promcast {
namespace {

using ::testing::SizeIs;

std::thread::id ThreadOf(const boost::asio::any_io_executor& executor) {
  std::promise<std::thread::id> id;
  boost::asio::post(executor, [&id] { id.set_value(std::this_thread::get_id()); });
  return id.get_future().get();
}

class IoLanesTest : public ::testing::Test {
 protected:
  IoLanesTest() { lanes_.Run(nullptr); }
  ~IoLanesTest() override { lanes_.Stop(); }
  IoLanes lanes_{3};
};

TEST_F(IoLanesTest, AllOfASeatHappensOnOneThread) {
  const IoLanes::Seat seat = lanes_.TakeSeat();
  std::set<std::thread::id> threads;
  for (int i = 0; i < 20; i++) threads.insert(ThreadOf(seat.executor()));
  EXPECT_THAT(threads, SizeIs(1));
}

TEST_F(IoLanesTest, SeatsAreSpreadEvenly) {
  std::vector<IoLanes::Seat> seats;
  std::map<std::thread::id, int> by_thread;
  for (int i = 0; i < 12; i++) {
    seats.push_back(lanes_.TakeSeat());
    by_thread[ThreadOf(seats.back().executor())]++;
  }
  EXPECT_THAT(by_thread, SizeIs(3));
  for (const auto& [thread, count] : by_thread) EXPECT_EQ(count, 4);
}

TEST_F(IoLanesTest, ASeatThatWasLeftIsTakenNext) {
  std::vector<IoLanes::Seat> stay;
  stay.push_back(lanes_.TakeSeat());
  auto leaves = std::make_unique<IoLanes::Seat>(lanes_.TakeSeat());
  stay.push_back(lanes_.TakeSeat());
  const std::thread::id left = ThreadOf(leaves->executor());
  leaves.reset();
  EXPECT_EQ(ThreadOf(lanes_.TakeSeat().executor()), left);
}

TEST_F(IoLanesTest, AMovedSeatCountsOnce) {
  std::vector<IoLanes::Seat> seats;
  for (int i = 0; i < 3; i++) {
    IoLanes::Seat seat = lanes_.TakeSeat();
    seats.push_back(std::move(seat));
  }
  std::set<std::thread::id> threads;
  for (const IoLanes::Seat& seat : seats) threads.insert(ThreadOf(seat.executor()));
  EXPECT_THAT(threads, SizeIs(3));
}

TEST(IoLanesStopTest, LetsGoOfTheOwnerAndMayComeTwice) {
  const auto owner = std::make_shared<int>();
  IoLanes lanes(2);
  lanes.Run(owner);
  EXPECT_GT(owner.use_count(), 1);
  lanes.Stop();
  EXPECT_EQ(owner.use_count(), 1);
  lanes.Stop();
}

}  // namespace
}  // namespace promcast
