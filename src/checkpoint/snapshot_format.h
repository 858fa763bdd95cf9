#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace promcast {

/// The bytes of a snapshot; FORMAT.md describes them. Little-endian throughout.
inline constexpr std::string_view kSnapshotMagic = "PCSTSNAP";
inline constexpr uint32_t kSnapshotFormat = 1;

/// What a block holds.
enum class BlockKind : uint8_t {
  kFamilies = 1,  ///< metric families and their types
  kSeries = 2,
  kEnd = 255,  ///< the footer, last in the file
};

struct SnapshotHeader {
  uint32_t format = kSnapshotFormat;
  int64_t created_ms = 0;
  std::string version;  ///< of the promcast that wrote it; at most 255 bytes
};

/// Stands before each block's payload, which is a snappy block.
struct BlockHeader {
  static constexpr size_t kBytes = 24;
  BlockKind kind = BlockKind::kEnd;
  uint32_t records = 0;
  uint32_t stored_bytes = 0;  ///< of the payload, as it stands in the file
  uint32_t raw_bytes = 0;     ///< inflated
  uint64_t checksum = 0;      ///< XXH3 of the fields above as they stand in the file, and of the payload
};

/// What the footer says of the whole file.
struct SnapshotTotals {
  static constexpr size_t kBytes = 32;
  uint64_t blocks = 0;  ///< the footer is not counted
  uint64_t families = 0;
  uint64_t series = 0;
  uint64_t digest = 0;  ///< XXH3 of the blocks' checksums, in order: the same state gives the same one
  friend bool operator==(const SnapshotTotals&, const SnapshotTotals&) = default;
};

std::string EncodeSnapshotHeader(const SnapshotHeader& header);
/// The longest header there can be, in bytes.
inline constexpr size_t kMaxSnapshotHeaderBytes = 8 + 4 + 8 + 1 + 255 + 8;
/// `bytes`: the beginning of a file. `header_bytes` is where the first block begins. FailedPrecondition for another
/// format's snapshot, whose version it names; DataLoss for damage and for what is no snapshot.
absl::StatusOr<SnapshotHeader> DecodeSnapshotHeader(std::string_view bytes, size_t& header_bytes);

/// `header.checksum` is computed.
std::string EncodeBlockHeader(const BlockHeader& header, std::string_view payload);
/// `bytes` must be BlockHeader::kBytes long. DataLoss for an unknown kind.
absl::StatusOr<BlockHeader> DecodeBlockHeader(std::string_view bytes);
/// What the block's checksum must be.
uint64_t BlockChecksum(const BlockHeader& header, std::string_view payload);

std::string EncodeTotals(const SnapshotTotals& totals);
/// `bytes` must be SnapshotTotals::kBytes long.
SnapshotTotals DecodeTotals(std::string_view bytes);

}  // namespace promcast
