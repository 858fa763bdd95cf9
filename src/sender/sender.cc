#include "sender/sender.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "concurrency/mutex.h"
#include "sender/destination.h"

namespace promcast {

struct Sender::Impl {
  using Destinations = std::vector<std::shared_ptr<Destination>>;

  Impl(const Clock& system_clock, MetricRegistry& registry) : clock(system_clock), metrics(registry) {}

  Destinations Current() {
    MutexLock lock(mutex);
    return destinations;
  }

  const Clock& clock;
  MetricRegistry& metrics;
  Mutex mutex;
  Destinations destinations PROMCAST_GUARDED_BY(mutex);
};

Sender::Sender(std::vector<DestinationOptions> destinations, const Clock& clock, MetricRegistry& metrics)
    : impl_(std::make_unique<Impl>(clock, metrics)) {
  Reload(std::move(destinations));
}

Sender::~Sender() = default;

void Sender::Enqueue(const std::shared_ptr<const OutputBatch>& batch) {
  for (const auto& destination : impl_->Current()) destination->Enqueue(batch);
}

bool Sender::Drain(int64_t deadline_ms) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(deadline_ms);
  const auto destinations = impl_->Current();
  for (const auto& destination : destinations) destination->SetFlushing(true);
  bool empty = true;
  for (const auto& destination : destinations) empty = destination->WaitUntilEmpty(deadline) && empty;
  for (const auto& destination : destinations) destination->SetFlushing(false);
  return empty;
}

void Sender::Reload(std::vector<DestinationOptions> options) {
  Impl::Destinations previous = impl_->Current();
  Impl::Destinations next;
  for (const DestinationOptions& wanted : options) {
    const auto same = std::find_if(previous.begin(), previous.end(),
                                   [&](const auto& destination) { return destination->options() == wanted; });
    if (same != previous.end()) {
      next.push_back(std::move(*same));
      previous.erase(same);
    } else {
      next.push_back(std::make_shared<Destination>(wanted, impl_->clock, impl_->metrics));
    }
  }
  MutexLock lock(impl_->mutex);
  impl_->destinations.swap(next);
}

}  // namespace promcast
