#pragma once

#include <cstddef>

namespace promcast {

/// Bytes asked of the global operator new and not given back. Linking this replaces it. Not for several threads.
size_t AllocatedBytes();
/// How often it was asked since the program's start.
size_t Allocations();

}  // namespace promcast
