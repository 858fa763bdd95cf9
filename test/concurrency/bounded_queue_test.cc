#include "concurrency/bounded_queue.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

namespace promcast {
namespace {

using std::chrono::milliseconds;

TEST(BoundedQueueTest, GivesElementsBackInOrder) {
  BoundedQueue<int> queue(3);
  EXPECT_TRUE(queue.TryPush(1));
  EXPECT_TRUE(queue.TryPush(2));
  EXPECT_EQ(queue.size(), 2u);
  EXPECT_EQ(queue.TryPop(), 1);
  EXPECT_TRUE(queue.TryPush(3));
  EXPECT_EQ(queue.Pop(), 2);
  EXPECT_EQ(queue.PopFor(milliseconds(1)), 3);
  EXPECT_EQ(queue.TryPop(), std::nullopt);
}

TEST(BoundedQueueTest, RefusesWhenFullAndLeavesTheValueUntouched) {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  EXPECT_TRUE(queue.TryPush(std::make_unique<int>(1)));
  auto refused = std::make_unique<int>(2);
  EXPECT_FALSE(queue.TryPush(std::move(refused)));
  ASSERT_NE(refused, nullptr);
  EXPECT_EQ(*refused, 2);
  queue.TryPop();
  EXPECT_TRUE(queue.TryPush(std::move(refused)));
}

TEST(BoundedQueueTest, PopGivesUpAtItsDeadline) {
  BoundedQueue<int> queue(1);
  EXPECT_EQ(queue.PopFor(milliseconds(1)), std::nullopt);
  EXPECT_EQ(queue.Pop(std::chrono::steady_clock::time_point{}), std::nullopt);
}

TEST(BoundedQueueTest, ADeadlineInThePastStillGivesWhatIsThere) {
  BoundedQueue<int> queue(1);
  queue.TryPush(7);
  EXPECT_EQ(queue.Pop(std::chrono::steady_clock::time_point{}), 7);
}

TEST(BoundedQueueTest, AfterCloseNothingGoesInAndTheRestComesOut) {
  BoundedQueue<int> queue(2);
  queue.TryPush(1);
  queue.Close();
  EXPECT_TRUE(queue.closed());
  EXPECT_FALSE(queue.TryPush(2));
  EXPECT_EQ(queue.Pop(), 1);
  EXPECT_EQ(queue.Pop(), std::nullopt);
}

TEST(BoundedQueueTest, CloseWakesAWaitingConsumer) {
  BoundedQueue<int> queue(1);
  std::thread consumer([&] { EXPECT_EQ(queue.Pop(), std::nullopt); });
  queue.Close();
  consumer.join();
}

TEST(BoundedQueueTest, ManyProducersLoseNothingAndKeepTheirOwnOrder) {
  constexpr int kProducers = 4, kEach = 5000;
  struct Item {
    int producer, number;
  };
  BoundedQueue<Item> queue(16);
  std::vector<std::thread> producers;
  for (int p = 0; p < kProducers; ++p) {
    producers.emplace_back([&queue, p] {
      for (int i = 0; i < kEach;) {
        if (queue.TryPush({p, i})) {
          ++i;
        } else {
          std::this_thread::yield();
        }
      }
    });
  }
  std::vector<int> next(kProducers, 0);
  for (int n = 0; n < kProducers * kEach; ++n) {
    std::optional<Item> item = queue.Pop();
    ASSERT_TRUE(item.has_value());
    EXPECT_EQ(item->number, next[item->producer]++);
    EXPECT_LE(queue.size(), queue.capacity());
  }
  for (std::thread& producer : producers) producer.join();
  EXPECT_EQ(queue.size(), 0u);
}

}  // namespace
}  // namespace promcast
