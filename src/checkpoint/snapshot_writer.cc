#include "checkpoint/snapshot_writer.h"

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

#include <limits>
#include <utility>

#include "remote_write/snappy_block.h"

namespace promcast {

SnapshotWriter::SnapshotWriter(const SnapshotHeader& header, Sink sink)
    : sink_(std::move(sink)), header_(EncodeSnapshotHeader(header)) {}

absl::Status SnapshotWriter::Add(BlockKind kind, const RecordBlock& block) {
  if (block.empty()) return absl::OkStatus();
  SnappyEncode(block.bytes(), payload_);
  if (std::max(block.bytes().size(), payload_.size()) > std::numeric_limits<uint32_t>::max()) {
    return absl::ResourceExhaustedError(fmt::format("a block of {} bytes is longer than 4 GiB", block.bytes().size()));
  }
  const BlockHeader header{.kind = kind,
                           .records = block.records(),
                           .stored_bytes = static_cast<uint32_t>(payload_.size()),
                           .raw_bytes = static_cast<uint32_t>(block.bytes().size())};
  if (absl::Status status = WriteBlock(header, payload_); !status.ok()) return status;
  totals_.blocks++;
  (kind == BlockKind::kFamilies ? totals_.families : totals_.series) += block.records();
  return absl::OkStatus();
}

absl::Status SnapshotWriter::Finish() {
  totals_.digest = XXH3_64bits(checksums_.data(), checksums_.size());
  const std::string payload = EncodeTotals(totals_);
  const auto bytes = static_cast<uint32_t>(payload.size());
  return WriteBlock({.kind = BlockKind::kEnd, .records = 0, .stored_bytes = bytes, .raw_bytes = bytes}, payload);
}

absl::Status SnapshotWriter::WriteBlock(const BlockHeader& header, std::string_view payload) {
  const std::string encoded = std::exchange(header_, {}) + EncodeBlockHeader(header, payload);
  checksums_.append(encoded, encoded.size() - sizeof(uint64_t));
  if (absl::Status status = Write(encoded); !status.ok()) return status;
  return Write(payload);
}

absl::Status SnapshotWriter::Write(std::string_view bytes) {
  written_bytes_ += bytes.size();
  return sink_(bytes);
}

}  // namespace promcast
