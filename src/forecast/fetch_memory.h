#pragma once

#include <cstddef>

namespace promcast {

/// Asks for `bytes` bytes at `memory` to be brought into the cache, while something else is done.
inline void FetchMemory(const void* memory, size_t bytes) {
  constexpr size_t kLineBytes = 64;
  const char* const begin = static_cast<const char*>(memory);
  for (size_t at = 0; at < bytes; at += kLineBytes) __builtin_prefetch(begin + at);
}

}  // namespace promcast
