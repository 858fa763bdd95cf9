#include "remote_write/snappy_block.h"

#include <fmt/format.h>
#include <snappy.h>

namespace promcast {
namespace {

// A copy element of three bytes yields at most 64: 21.3 times its size.
constexpr size_t kMaxExpansion = 22;

// So that slowly growing bodies do not each cost an allocation.
constexpr size_t kCapacityStepBytes = 64 << 10;

}  // namespace

char* ByteBuffer::Resize(size_t bytes) {
  if (bytes > capacity_) {
    data_.reset();
    capacity_ = 0;
    const size_t capacity = (bytes + kCapacityStepBytes - 1) / kCapacityStepBytes * kCapacityStepBytes;
    data_ = std::make_unique_for_overwrite<char[]>(capacity);
    capacity_ = capacity;
  }
  size_ = bytes;
  return data_.get();
}

void ByteBuffer::Shrink(size_t keep_bytes) {
  if (capacity_ <= keep_bytes) return;
  data_.reset();
  size_ = capacity_ = 0;
  if (keep_bytes > 0) {
    data_ = std::make_unique_for_overwrite<char[]>(keep_bytes);
    capacity_ = keep_bytes;
  }
}

absl::Status SnappyDecodedLength(std::string_view block, size_t max_decoded_bytes, size_t& length) {
  if (!snappy::GetUncompressedLength(block.data(), block.size(), &length)) {
    return absl::InvalidArgumentError(
        fmt::format("snappy: the body of {} bytes does not begin with a decoded length", block.size()));
  }
  if (length > max_decoded_bytes) {
    return absl::InvalidArgumentError(
        fmt::format("snappy: the body declares {} decoded bytes, at most {} are taken", length, max_decoded_bytes));
  }
  if (length > kMaxExpansion * block.size()) {
    return absl::InvalidArgumentError(
        fmt::format("snappy: the body declares {} decoded bytes, which {} bytes in the block format cannot hold",
                    length, block.size()));
  }
  return absl::OkStatus();
}

absl::Status SnappyDecode(std::string_view block, size_t max_decoded_bytes, ByteBuffer& out) {
  size_t length = 0;
  if (auto status = SnappyDecodedLength(block, max_decoded_bytes, length); !status.ok()) return status;
  if (!snappy::RawUncompress(block.data(), block.size(), out.Resize(length))) {
    out.Resize(0);
    return absl::InvalidArgumentError(
        "snappy: the body is not a valid snappy block (the framed format is another one, and is not taken)");
  }
  return absl::OkStatus();
}

void SnappyEncode(std::string_view bytes, std::string& block) {
  snappy::Compress(bytes.data(), bytes.size(), &block);
}

void SnappyEncode(std::string_view bytes, ByteBuffer& block) {
  size_t compressed = 0;
  snappy::RawCompress(bytes.data(), bytes.size(), block.Resize(snappy::MaxCompressedLength(bytes.size())), &compressed);
  block.Resize(compressed);
}

}  // namespace promcast
