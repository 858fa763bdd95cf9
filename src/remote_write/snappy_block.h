#pragma once

#include <absl/status/status.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace promcast {

/// A growing byte buffer that is not zeroed and gives large memory back: what decoding reuses between requests.
class ByteBuffer {
 public:
  char* Resize(size_t bytes);  ///< contents are lost, but stay where it does not grow
  /// Frees what is above `keep_bytes` of capacity.
  void Shrink(size_t keep_bytes);
  std::string_view view() const { return {data_.get(), size_}; }
  size_t capacity_bytes() const { return capacity_; }

 private:
  std::unique_ptr<char[]> data_;
  size_t size_ = 0, capacity_ = 0;
};

/// The declared length of a snappy block, before anything is allocated. InvalidArgument when there is none, when it is
/// above `max_decoded_bytes`, or more than 22 times the block's own size (what the format can reach).
absl::Status SnappyDecodedLength(std::string_view block, size_t max_decoded_bytes, size_t& length);

/// Inflates into `out`; InvalidArgument on a broken block.
absl::Status SnappyDecode(std::string_view block, size_t max_decoded_bytes, ByteBuffer& out);

void SnappyEncode(std::string_view bytes, std::string& block);
/// The same into memory that is not cleared first.
void SnappyEncode(std::string_view bytes, ByteBuffer& block);

}  // namespace promcast
