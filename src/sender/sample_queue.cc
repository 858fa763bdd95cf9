#include "sender/sample_queue.h"

#include <utility>

namespace promcast {

using std::chrono::steady_clock;

SampleQueue::Pushed SampleQueue::Push(const OutputBatch& samples, std::span<const size_t> indices) {
  MutexLock lock(mutex_);
  if (stopped_) return {.refused = indices.size()};
  size_t dropped = 0;
  for (const size_t i : indices) {
    if (chunks_.empty() || Full(chunks_.back())) {
      chunks_.push_back({.batch = Spare(), .due = steady_clock::now() + limits_.batch_send_deadline});
    }
    const OutgoingSample sample = samples[i];
    chunks_.back().batch.samples.Append(sample.label_block, sample.sample);
    size_++;
    if (size_ <= limits_.capacity) continue;
    if (++chunks_.front().batch.first == chunks_.front().batch.samples.size()) chunks_.pop_front();
    size_--, dropped++;
  }
  if (BatchIsReady() || size_ == indices.size()) changed_.NotifyAll();
  return {.dropped = dropped};
}

SampleQueue::Batch SampleQueue::Spare() {
  if (spares_.empty()) return {};
  Batch spare = std::move(spares_.back());
  spares_.pop_back();
  spare.samples.Clear();
  spare.first = 0;
  return spare;
}

bool SampleQueue::BatchIsReady() const {
  return !chunks_.empty() && (flushing_ || Full(chunks_.front()) || size_ >= limits_.capacity);
}

bool SampleQueue::Take(Batch& batch) {
  MutexLock lock(mutex_);
  changed_.Wait(mutex_, [this]() PROMCAST_REQUIRES(mutex_) { return stopped_ || !chunks_.empty(); });
  if (stopped_) return false;
  const auto due = chunks_.front().due;
  changed_.WaitUntil(mutex_, due, [this]() PROMCAST_REQUIRES(mutex_) { return stopped_ || BatchIsReady(); });
  if (stopped_) return false;
  if (spares_.size() < kMaxSpares) spares_.push_back(std::move(batch));
  batch = std::move(chunks_.front().batch);
  chunks_.pop_front();
  size_ -= batch.size();
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
