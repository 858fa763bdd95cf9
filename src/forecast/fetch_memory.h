#pragma once

#include <cstddef>
#include <cstdint>

namespace promcast {

/// Asks for `bytes` bytes at `memory`, and so for all lines that they lie in, to be brought into the cache while
/// something else is done.
inline void FetchMemory(const void* memory, size_t bytes) {
  constexpr uintptr_t kLineBytes = 64;
  const char* const begin = static_cast<const char*>(memory);
  const size_t into_line = reinterpret_cast<uintptr_t>(memory) % kLineBytes;
  for (size_t at = 0; bytes > 0 && at < into_line + bytes; at += kLineBytes) __builtin_prefetch(begin - into_line + at);
  // GCC takes what only asks for memory for a function without effect, and leaves its callers out.
  asm volatile("");
}

}  // namespace promcast
