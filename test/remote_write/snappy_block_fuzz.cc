#include <cstddef>
#include <cstdint>
#include <string>

#include "remote_write/snappy_block.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  promcast::ByteBuffer buffer;
  std::string block;
  (void)promcast::SnappyDecode(bytes, 1 << 20, buffer);
  promcast::SnappyEncode(bytes, block);
  if (!promcast::SnappyDecode(block, size, buffer).ok() || buffer.view() != bytes) __builtin_trap();
  return 0;
}
