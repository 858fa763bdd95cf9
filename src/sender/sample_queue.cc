#include "sender/sample_queue.h"

#include <algorithm>
#include <utility>

namespace promcast {

using std::chrono::steady_clock;

SampleQueue::Pushed SampleQueue::Push(std::shared_ptr<const OutputBatch> batch, std::vector<uint32_t> indices) {
  const size_t pushed = indices.size();
  MutexLock lock(mutex_);
  if (stopped_) return {.refused = pushed};
  if (pushed == 0) return {};
  slices_.push_back({std::move(batch), std::move(indices), steady_clock::now() + limits_.batch_send_deadline});
  size_ += pushed;
  const size_t dropped = DropOldest();
  if (IsReady() || size_ == pushed) changed_.NotifyAll();
  return {.dropped = dropped};
}

size_t SampleQueue::DropOldest() {
  size_t dropped = 0;
  while (size_ > limits_.capacity) {
    Slice& oldest = slices_.front();
    const size_t leave = std::min(size_ - limits_.capacity, oldest.indices.size() - oldest.first);
    oldest.first += leave;
    size_ -= leave, dropped += leave;
    if (oldest.first == oldest.indices.size()) slices_.pop_front();
  }
  return dropped;
}

bool SampleQueue::IsReady() const {
  return size_ > 0 && (flushing_ || size_ >= limits_.max_samples_per_send || size_ >= limits_.capacity);
}

bool SampleQueue::Take(Taken& taken) {
  taken.batches.clear();
  taken.samples.clear();
  MutexLock lock(mutex_);
  changed_.Wait(mutex_, [this]() PROMCAST_REQUIRES(mutex_) { return stopped_ || size_ > 0; });
  if (stopped_) return false;
  const auto due = slices_.front().due;
  changed_.WaitUntil(mutex_, due, [this]() PROMCAST_REQUIRES(mutex_) { return stopped_ || IsReady(); });
  if (stopped_) return false;
  while (size_ > 0 && taken.samples.size() < limits_.max_samples_per_send) {
    Slice& slice = slices_.front();
    const size_t count =
        std::min(limits_.max_samples_per_send - taken.samples.size(), slice.indices.size() - slice.first);
    taken.batches.push_back(slice.batch);
    for (size_t i = slice.first; i < slice.first + count; i++)
      taken.samples.push_back({slice.batch.get(), slice.indices[i]});
    slice.first += count;
    size_ -= count;
    if (slice.first == slice.indices.size()) slices_.pop_front();
  }
  taken_ = true;
  return true;
}

void SampleQueue::Done() {
  MutexLock lock(mutex_);
  taken_ = false;
  changed_.NotifyAll();
}

bool SampleQueue::Pause(std::chrono::milliseconds duration) {
  MutexLock lock(mutex_);
  return !changed_.WaitFor(mutex_, duration, [this]() PROMCAST_REQUIRES(mutex_) { return stopped_; });
}

void SampleQueue::SetFlushing(bool flushing) {
  MutexLock lock(mutex_);
  flushing_ = flushing;
  changed_.NotifyAll();
}

bool SampleQueue::WaitUntilEmpty(steady_clock::time_point deadline) {
  MutexLock lock(mutex_);
  const auto empty = [this]() PROMCAST_REQUIRES(mutex_) { return !taken_ && size_ == 0; };
  changed_.WaitUntil(mutex_, deadline, [&]() PROMCAST_REQUIRES(mutex_) { return stopped_ || empty(); });
  return empty();
}

void SampleQueue::Stop() {
  MutexLock lock(mutex_);
  stopped_ = true;
  changed_.NotifyAll();
}

size_t SampleQueue::size() const {
  MutexLock lock(mutex_);
  return size_;
}

}  // namespace promcast
