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

/// Calls every step with 0 to count - 1, each step one number behind the step before it: what one step asks for has
/// come when the next looks at it, and little else has been asked for in between.
template <class... Steps>
void Staggered(size_t count, const Steps&... steps) {
  for (size_t turn = 0; turn + 1 < count + sizeof...(steps); turn++) {
    size_t behind = 0;
    const auto take = [&](const auto& step) {
      if (turn >= behind && turn - behind < count) step(turn - behind);
      behind++;
    };
    (take(steps), ...);
  }
}

}  // namespace promcast
