#include "sender/destination.h"

#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "remote_write/label_block.h"
#include "timeseries/fingerprint.h"

namespace promcast {
namespace {

/// Of each sample's labels, however they are cut into pieces.
std::vector<uint64_t> SeriesHashes(const OutputBatch& batch) {
  std::vector<uint64_t> of_pieces(batch.kept_pieces());
  std::vector<LabelView> labels;
  for (uint32_t i = 0; i < of_pieces.size(); i++) {
    DecodeLabelBlock(batch.text(OutputBatch::Piece{i}), labels);
    for (const LabelView& label : labels) of_pieces[i] += LabelFingerprint(label.name, label.value, 0).low;
  }
  std::vector<uint64_t> hashes(batch.size());
  for (size_t i = 0; i < hashes.size(); i++) {
    batch.ForEachPiece(i, [&](OutputBatch::Piece piece) { hashes[i] += of_pieces[static_cast<uint32_t>(piece)]; });
  }
  return hashes;
}

}  // namespace

Destination::Destination(const DestinationOptions& options, const Clock& clock, MetricRegistry& metrics)
    : state_(options, clock, metrics), stripper_(options.strip_external_labels) {
  for (size_t i = 0; i < options.queue_config.max_shards; i++) shards_.push_back(std::make_unique<Shard>(state_));
}

Destination::~Destination() {
  for (auto& shard : shards_) shard->Stop();  // all of them before the first is waited for
}

void Destination::Enqueue(const std::shared_ptr<const OutputBatch>& unstripped) {
  if (unstripped->empty()) return;
  const auto batch = stripper_.empty() ? unstripped : std::make_shared<const OutputBatch>(stripper_.Strip(*unstripped));
  std::vector<std::vector<uint32_t>> indices(shards_.size());
  if (shards_.size() == 1) {
    indices[0].resize(batch->size());
    std::iota(indices[0].begin(), indices[0].end(), uint32_t{0});
  } else {
    const std::vector<uint64_t> hashes = SeriesHashes(*batch);
    for (uint32_t i = 0; i < hashes.size(); i++) indices[hashes[i] % shards_.size()].push_back(i);
  }
  for (size_t shard = 0; shard < shards_.size(); shard++) {
    if (!indices[shard].empty()) shards_[shard]->Push(batch, std::move(indices[shard]));
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
