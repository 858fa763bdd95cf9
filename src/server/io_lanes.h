#pragma once

// Internal to the HTTP listener.
#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace promcast {

/// Event loops of one thread each. All that a connection does happens in one lane, so it needs no strand, and no thread
/// is woken to go on with what another began. Thread-safe, but for Run and Stop.
class IoLanes {
  struct Lane {
    std::atomic<size_t> seats{0};
    boost::asio::io_context io{1};  // last: what it destroys gives its seat back
  };

 public:
  /// `count` is at least 1.
  explicit IoLanes(size_t count);

  /// Counts as a connection of its lane as long as it lives.
  class Seat {
   public:
    explicit Seat(Lane& lane) : lane_(&lane) { ++lane_->seats; }
    Seat(Seat&& other) noexcept : lane_(std::exchange(other.lane_, nullptr)) {}
    Seat& operator=(Seat&&) = delete;
    ~Seat() {
      if (lane_ != nullptr) --lane_->seats;
    }
    boost::asio::any_io_executor executor() const { return lane_->io.get_executor(); }

   private:
    Lane* lane_;
  };

  /// For acceptors.
  boost::asio::any_io_executor first() const { return lanes_.front()->io.get_executor(); }

  /// In the lane with the fewest connections.
  Seat TakeSeat();

  /// A thread for each lane, that keep `owner`, whose part this is, alive until Stop.
  void Run(const std::shared_ptr<void>& owner);

  /// Ends all lanes, with whatever they still wait for, and joins their threads. Idempotent.
  void Stop();

 private:
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<std::thread> threads_;
};

}  // namespace promcast
