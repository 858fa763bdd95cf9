// The part of Pipeline that moves the shards' series into snapshots and back.
#include <atomic>
#include <future>
#include <memory>
#include <semaphore>
#include <thread>

#include "logging/log.h"
#include "pipeline/pipeline.h"

namespace promcast {
namespace {

constexpr ptrdiff_t kBlocksPerShard = 4;  // that are read and not yet applied

constexpr auto kOutcomes = static_cast<size_t>(RestoreOutcome::kCount);

struct FoundRecord {
  Fingerprint fingerprint;
  std::string_view bytes;
};

/// A block's records by shard. Lives until the last shard has taken its part.
struct BlockParts {
  SnapshotReader::Buffer buffer;
  std::vector<std::vector<FoundRecord>> records;
};

Fingerprint FingerprintOf(const std::vector<LabelView>& labels, uint64_t seed) {
  Fingerprint sum;
  for (const LabelView& label : labels) sum += LabelFingerprint(label.name, label.value, seed);
  return sum;
}

struct Tally {
  std::array<std::atomic<uint64_t>, kOutcomes> series{};
  std::atomic<uint64_t> damaged_blocks{0};
  void Count(RestoreOutcome outcome) { series[static_cast<size_t>(outcome)]++; }
};

}  // namespace

void Pipeline::SaveFamilies(RecordBlock& block) const {
  catalog_.ForEach([&](std::string_view name, MetricType type) {
    block.Add([&](std::string& out) { AppendFamily({name, static_cast<uint8_t>(type)}, out); });
  });
}

std::future<std::optional<uint32_t>> Pipeline::SaveSeries(size_t shard, uint32_t first_slot, RecordBlock& block) const {
  const auto next_slot = std::make_shared<std::promise<std::optional<uint32_t>>>();
  const auto save = [first_slot, &block, next_slot](const ShardEngine& engine) {
    next_slot->set_value(engine.Save(first_slot, block));
  };
  if (!shards_[shard]->Run(save)) return {};
  return next_slot->get_future();
}

void Pipeline::RestoreFamilies(std::string_view records) {
  RecordWalk walk(records);
  StoredFamily family;
  for (std::string_view record; walk.Next(record);) {
    if (!ReadFamily(record, family) || family.type > static_cast<uint8_t>(MetricType::kStateset)) continue;
    MetadataView metadata;
    metadata.type = static_cast<MetricType>(family.type);
    metadata.metric_family = family.name;
    catalog_.Note(metadata);
  }
}

RestoreReport Pipeline::Restore(const SnapshotReader& snapshot, uint64_t hash_seed) {
  Tally tally;
  const auto room = static_cast<ptrdiff_t>(shards_.size()) * kBlocksPerShard;
  std::counting_semaphore<> blocks_free(room);
  const auto restore_block = [&](const BlockPlace& place) {
    blocks_free.acquire();
    const std::shared_ptr<BlockParts> parts(new BlockParts, [&](BlockParts* done) {
      delete done;
      blocks_free.release();
    });
    if (const absl::Status status = snapshot.Read(place, parts->buffer); !status.ok()) {
      Log(LogLevel::kError, "a block of the snapshot is left out", {{"problem", std::string(status.message())}});
      tally.damaged_blocks++;
      return;
    }
    if (place.header.kind == BlockKind::kFamilies) return RestoreFamilies(parts->buffer.raw.view());
    parts->records.resize(shards_.size());
    RecordWalk walk(parts->buffer.raw.view());
    SeriesHead head;
    for (std::string_view record; walk.Next(record);) {
      ArchiveReader archive(record);
      ReadSeriesHead(archive, head);
      const Fingerprint fingerprint = FingerprintOf(head.labels, hash_seed);
      parts->records[ShardOf(fingerprint)].push_back({fingerprint, record});
    }
    for (size_t shard = 0; shard < shards_.size(); shard++) {
      shards_[shard]->Run([&tally, parts, shard](ShardEngine& engine) {
        for (const auto& [fingerprint, bytes] : parts->records[shard]) tally.Count(engine.Restore(fingerprint, bytes));
      });
    }
  };
  std::atomic<size_t> next{0};
  std::vector<std::thread> readers;
  for (size_t i = 0; i < shards_.size(); i++) {
    readers.emplace_back([&] {
      for (size_t block = next++; block < snapshot.blocks().size(); block = next++)
        restore_block(snapshot.blocks()[block]);
    });
  }
  for (std::thread& reader : readers) reader.join();
  for (ptrdiff_t i = 0; i < room; i++) blocks_free.acquire();  // until the shards are through

  RestoreReport report;
  for (size_t i = 0; i < kOutcomes; i++) report.series[i] = tally.series[i];
  report.damaged_blocks = tally.damaged_blocks;
  return report;
}

}  // namespace promcast
