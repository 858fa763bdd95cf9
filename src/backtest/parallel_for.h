#pragma once

#include <cstddef>
#include <functional>

namespace promcast {

/// Calls work(0) ... work(count - 1), each once, on up to `threads` threads, the lower numbers first; returns when all
/// are done. The first exception that `work` throws ends the others early and is thrown again here.
void ParallelFor(size_t count, size_t threads, const std::function<void(size_t)>& work);

}  // namespace promcast
