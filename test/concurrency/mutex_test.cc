#include "concurrency/mutex.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace promcast {
namespace {

using std::chrono::milliseconds;

TEST(MutexTest, ExcludesOtherThreads) {
  Mutex mutex;
  int count = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10000; ++i) {
        MutexLock lock(mutex);
        ++count;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count, 40000);
}

TEST(MutexTest, TryLockFailsWhileAnotherThreadHoldsIt) {
  Mutex mutex;
  mutex.Lock();
  std::thread([&] { EXPECT_FALSE(mutex.TryLock()); }).join();
  mutex.Unlock();
  std::thread([&] {
    EXPECT_TRUE(mutex.TryLock());
    mutex.Unlock();
  }).join();
}

TEST(CondVarTest, WaitReturnsWithTheMutexHeldOncePredicateHolds) {
  Mutex mutex;
  CondVar changed;
  int turn = 0;
  std::thread other([&] {
    for (int i = 0; i < 1000; ++i) {
      MutexLock lock(mutex);
      changed.Wait(mutex, [&] { return turn % 2 == 1; });
      ++turn;
      changed.NotifyAll();
    }
  });
  for (int i = 0; i < 1000; ++i) {
    MutexLock lock(mutex);
    changed.Wait(mutex, [&] { return turn % 2 == 0; });
    ++turn;
    changed.NotifyAll();
  }
  other.join();
  EXPECT_EQ(turn, 2000);
}

TEST(CondVarTest, WaitForReturnsFalseWhenThePredicateNeverHolds) {
  Mutex mutex;
  CondVar changed;
  MutexLock lock(mutex);
  EXPECT_FALSE(changed.WaitFor(mutex, milliseconds(1), [] { return false; }));
}

TEST(CondVarTest, WaitUntilAPastDeadlineStillAsksThePredicate) {
  Mutex mutex;
  CondVar changed;
  MutexLock lock(mutex);
  EXPECT_TRUE(changed.WaitUntil(mutex, std::chrono::steady_clock::time_point{}, [] { return true; }));
}

TEST(CondVarTest, TheMutexIsHeldAfterATimeout) {
  Mutex mutex;
  CondVar changed;
  mutex.Lock();
  changed.WaitFor(mutex, milliseconds(1), [] { return false; });
  std::thread([&] { EXPECT_FALSE(mutex.TryLock()); }).join();
  mutex.Unlock();
}

}  // namespace
}  // namespace promcast
