#include "server/io_lanes.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>

namespace promcast {

IoLanes::IoLanes(size_t count) : lanes_(std::max<size_t>(count, 1)) {
  for (auto& lane : lanes_) lane = std::make_unique<Lane>();
}

IoLanes::Seat IoLanes::TakeSeat() {
  const auto seats = [](const std::unique_ptr<Lane>& lane) { return lane->seats.load(); };
  return Seat(**std::ranges::min_element(lanes_, {}, seats));
}

void IoLanes::Run(const std::shared_ptr<void>& owner) {
  try {
    for (auto& lane : lanes_) {
      threads_.emplace_back([owner, &io = lane->io] {
        const auto work = boost::asio::make_work_guard(io);
        io.run();
      });
    }
  } catch (...) {  // the system has no more threads
    Stop();
    throw;
  }
}

void IoLanes::Stop() {
  for (auto& lane : lanes_) lane->io.stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace promcast
