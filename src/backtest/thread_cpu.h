#pragma once

#include <cstdint>
#include <ctime>

namespace promcast {

/// Processor time that the calling thread has used.
inline int64_t ThreadCpuNs() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace promcast
