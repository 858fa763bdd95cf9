#include <snappy.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "remote_write/snappy_block.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  promcast::ByteBuffer buffer;
  std::string block;
  size_t length = 0;
  if (promcast::SnappyDecodedLength(bytes, 1 << 20, length).ok()) {
    std::string expected(length, '\0');
    const bool whole = snappy::RawUncompress(bytes.data(), bytes.size(), expected.data());
    if (promcast::SnappyDecode(bytes, 1 << 20, buffer).ok() != whole) __builtin_trap();
    if (whole && buffer.view() != expected) __builtin_trap();
  }
  promcast::SnappyEncode(bytes, block);
  if (!promcast::SnappyDecode(block, size, buffer).ok() || buffer.view() != bytes) __builtin_trap();
  return 0;
}
