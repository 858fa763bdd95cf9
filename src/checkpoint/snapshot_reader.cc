#include "checkpoint/snapshot_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <thread>

#include "checkpoint/record_block.h"

namespace promcast {
namespace {

class FileBytes final : public ByteRange {
 public:
  FileBytes(std::string path, int descriptor, uint64_t size)
      : path_(std::move(path)), descriptor_(descriptor), size_(size) {}
  ~FileBytes() override { close(descriptor_); }
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;

  uint64_t size() const override { return size_; }
  absl::Status Read(uint64_t offset, size_t bytes, char* out) const override {
    while (bytes > 0) {
      const ssize_t got = pread(descriptor_, out, bytes, static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) {
        return absl::UnavailableError(
            fmt::format("{}: cannot be read at byte {}: {}", path_, offset,
                        got == 0 ? "it has become shorter" : std::generic_category().message(errno)));
      }
      offset += static_cast<uint64_t>(got);
      out += got;
      bytes -= static_cast<size_t>(got);
    }
    return absl::OkStatus();
  }

 private:
  const std::string path_;
  const int descriptor_;
  const uint64_t size_;
};

class ViewedBytes final : public ByteRange {
 public:
  explicit ViewedBytes(std::string_view text) : text_(text) {}
  uint64_t size() const override { return text_.size(); }
  absl::Status Read(uint64_t offset, size_t bytes, char* out) const override {
    if (bytes > 0) std::memcpy(out, text_.data() + offset, bytes);
    return absl::OkStatus();
  }

 private:
  const std::string_view text_;
};

absl::Status Damaged(const BlockPlace& block, std::string_view problem) {
  return absl::DataLossError(
      fmt::format("the block at byte {}: {}", block.payload_offset - BlockHeader::kBytes, problem));
}

}  // namespace

absl::StatusOr<std::unique_ptr<ByteRange>> OpenFileBytes(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (descriptor < 0 || fstat(descriptor, &status) != 0) {
    const int error = errno;
    if (descriptor >= 0) close(descriptor);
    return absl::UnavailableError(fmt::format("{}: {}", path, std::generic_category().message(error)));
  }
  if (!S_ISREG(status.st_mode)) {
    close(descriptor);
    return absl::UnavailableError(fmt::format("{}: is no regular file", path));
  }
  return std::make_unique<FileBytes>(path, descriptor, static_cast<uint64_t>(status.st_size));
}

std::unique_ptr<ByteRange> TextBytes(std::string_view text) {
  return std::make_unique<ViewedBytes>(text);
}

absl::StatusOr<SnapshotReader> SnapshotReader::Open(std::unique_ptr<ByteRange> bytes) {
  SnapshotReader reader(std::move(bytes));
  uint64_t offset = 0;
  if (absl::Status status = reader.ReadHeader(offset); !status.ok()) return status;
  if (absl::Status status = reader.WalkBlocks(offset); !status.ok()) return status;
  return reader;
}

absl::Status SnapshotReader::ReadHeader(uint64_t& offset) {
  std::array<char, kMaxSnapshotHeaderBytes> start;
  const size_t bytes = std::min<uint64_t>(start.size(), bytes_->size());
  if (absl::Status status = bytes_->Read(0, bytes, start.data()); !status.ok()) return status;
  size_t header_bytes = 0;
  auto header = DecodeSnapshotHeader({start.data(), bytes}, header_bytes);
  if (!header.ok()) return header.status();
  header_ = *std::move(header);
  offset = header_bytes;
  return absl::OkStatus();
}

absl::Status SnapshotReader::WalkBlocks(uint64_t offset) {
  std::string checksums;
  SnapshotTotals walked;
  for (;;) {
    if (bytes_->size() - offset < BlockHeader::kBytes) {
      return absl::DataLossError(fmt::format("ends at byte {} without a footer", bytes_->size()));
    }
    std::array<char, BlockHeader::kBytes> encoded;
    if (absl::Status status = bytes_->Read(offset, encoded.size(), encoded.data()); !status.ok()) return status;
    const auto header = DecodeBlockHeader({encoded.data(), encoded.size()});
    if (!header.ok())
      return absl::DataLossError(fmt::format("byte {}: {}", offset, std::string(header.status().message())));
    offset += BlockHeader::kBytes;
    const BlockPlace place{*header, offset};
    if (bytes_->size() - offset < header->stored_bytes) return Damaged(place, "reaches beyond the end of the file");
    offset += header->stored_bytes;
    if (header->kind == BlockKind::kEnd) {
      if (offset != bytes_->size()) return Damaged(place, "bytes follow the footer");
      walked.digest = XXH3_64bits(checksums.data(), checksums.size());
      totals_ = walked;
      return CheckFooter(place, walked);
    }
    walked.blocks++;
    (header->kind == BlockKind::kFamilies ? walked.families : walked.series) += header->records;
    checksums.append(encoded.data() + encoded.size() - sizeof(header->checksum), sizeof(header->checksum));
    blocks_.push_back(place);
  }
}

absl::Status SnapshotReader::CheckFooter(const BlockPlace& footer, const SnapshotTotals& walked) const {
  if (footer.header.stored_bytes != SnapshotTotals::kBytes) return Damaged(footer, "the footer has a wrong length");
  std::array<char, SnapshotTotals::kBytes> payload;
  if (absl::Status status = ReadStored(footer, payload.data()); !status.ok()) return status;
  if (DecodeTotals({payload.data(), payload.size()}) == walked) return absl::OkStatus();
  return Damaged(footer, "the footer contradicts the blocks");
}

absl::Status SnapshotReader::ReadStored(const BlockPlace& block, char* out) const {
  const size_t bytes = block.header.stored_bytes;
  if (absl::Status status = bytes_->Read(block.payload_offset, bytes, out); !status.ok()) return status;
  if (BlockChecksum(block.header, {out, bytes}) == block.header.checksum) return absl::OkStatus();
  return Damaged(block, "the checksum differs");
}

absl::Status SnapshotReader::Read(const BlockPlace& block, Buffer& buffer) const {
  if (absl::Status status = ReadStored(block, buffer.stored.Resize(block.header.stored_bytes)); !status.ok())
    return status;
  const absl::Status inflated = SnappyDecode(buffer.stored.view(), block.header.raw_bytes, buffer.raw);
  if (!inflated.ok() || buffer.raw.view().size() != block.header.raw_bytes) {
    return Damaged(block, "does not inflate to the length that it tells");
  }
  RecordWalk walk(buffer.raw.view());
  uint64_t records = 0;
  for (std::string_view record; walk.Next(record);) records++;
  if (walk.broken() || records != block.header.records)
    return Damaged(block, "does not hold the records that it tells");
  return absl::OkStatus();
}

absl::Status SnapshotReader::VerifyChecksums(size_t threads) const {
  std::atomic<size_t> next{0};
  std::vector<absl::Status> results(std::clamp<size_t>(blocks_.size(), 1, std::max<size_t>(threads, 1)));
  const auto verify = [&](absl::Status& result) {
    ByteBuffer stored;
    for (size_t i = next++; i < blocks_.size() && result.ok(); i = next++) {
      result = ReadStored(blocks_[i], stored.Resize(blocks_[i].header.stored_bytes));
    }
  };
  std::vector<std::thread> workers;
  for (size_t i = 1; i < results.size(); i++) workers.emplace_back([&, i] { verify(results[i]); });
  verify(results[0]);
  for (std::thread& worker : workers) worker.join();
  for (const absl::Status& result : results) {
    if (!result.ok()) return result;
  }
  return absl::OkStatus();
}

}  // namespace promcast
