#include "sender/destination.h"

#include <functional>
#include <numeric>
#include <string_view>

namespace promcast {

Destination::Destination(const DestinationOptions& options, const Clock& clock, MetricRegistry& metrics)
    : state_(options, clock, metrics) {
  for (size_t i = 0; i < options.queue_config.max_shards; i++) shards_.push_back(std::make_unique<Shard>(state_));
}

Destination::~Destination() {
  for (auto& shard : shards_) shard->Stop();  // all of them before the first is waited for
}

void Destination::Enqueue(const OutputBatch& batch) {
  if (batch.empty()) return;
  std::vector<std::vector<size_t>> indices(shards_.size());
  if (shards_.size() == 1) {
    indices[0].resize(batch.size());
    std::iota(indices[0].begin(), indices[0].end(), size_t{0});
  } else {
    for (size_t i = 0; i < batch.size(); i++) {
      indices[std::hash<std::string_view>()(batch[i].label_block) % shards_.size()].push_back(i);
    }
  }
  for (size_t shard = 0; shard < shards_.size(); shard++) {
    if (!indices[shard].empty()) shards_[shard]->Push(batch, indices[shard]);
  }
}

void Destination::SetFlushing(bool flushing) {
  for (auto& shard : shards_) shard->SetFlushing(flushing);
}

bool Destination::WaitUntilEmpty(std::chrono::steady_clock::time_point deadline) {
  bool empty = true;
  for (auto& shard : shards_) empty = shard->WaitUntilEmpty(deadline) && empty;
  return empty;
}

}  // namespace promcast
