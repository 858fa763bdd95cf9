#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/snapshot_format.h"
#include "remote_write/snappy_block.h"

namespace promcast {

/// Bytes that can be read anywhere. Thread-safe.
class ByteRange {
 public:
  virtual ~ByteRange() = default;
  virtual uint64_t size() const = 0;
  /// `bytes` of them from `offset` on, into `out`; they must lie within size().
  virtual absl::Status Read(uint64_t offset, size_t bytes, char* out) const = 0;
};

/// The bytes of a file; its length is taken once. Errors name the file.
absl::StatusOr<std::unique_ptr<ByteRange>> OpenFileBytes(const std::string& path);
/// Those of `text`, which must outlive them.
std::unique_ptr<ByteRange> TextBytes(std::string_view text);

/// Where a block stands.
struct BlockPlace {
  BlockHeader header;
  uint64_t payload_offset = 0;
};

/// One snapshot, whole: Open() walks all its blocks and compares their sum with the footer, so a file that ends early
/// or has bytes too many is refused. What the blocks hold is checked as they are read. Thread-safe once opened.
///
/// Memory: 32 bytes a block, and in Read() what the block itself takes, which a block's bytes bound.
class SnapshotReader {
 public:
  /// DataLoss for damage, FailedPrecondition for another format; else the error of reading.
  static absl::StatusOr<SnapshotReader> Open(std::unique_ptr<ByteRange> bytes);

  /// Reused between calls of Read().
  struct Buffer {
    ByteBuffer stored, raw;
  };
  /// Reads and checks one block; `buffer.raw` holds its records.
  absl::Status Read(const BlockPlace& block, Buffer& buffer) const;
  /// Reads every block and compares its checksum, with so many threads.
  absl::Status VerifyChecksums(size_t threads) const;

  const SnapshotHeader& header() const { return header_; }
  const SnapshotTotals& totals() const { return totals_; }
  const std::vector<BlockPlace>& blocks() const { return blocks_; }  ///< without the footer
  uint64_t size_bytes() const { return bytes_->size(); }

 private:
  explicit SnapshotReader(std::unique_ptr<ByteRange> bytes) : bytes_(std::move(bytes)) {}
  absl::Status ReadHeader(uint64_t& offset);
  absl::Status WalkBlocks(uint64_t offset);
  absl::Status CheckFooter(const BlockPlace& footer, const SnapshotTotals& walked) const;
  absl::Status ReadStored(const BlockPlace& block, char* out) const;

  std::unique_ptr<ByteRange> bytes_;
  SnapshotHeader header_;
  SnapshotTotals totals_;
  std::vector<BlockPlace> blocks_;
};

}  // namespace promcast
