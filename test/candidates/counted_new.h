#pragma once

#include <cstddef>

namespace promcast {

/// Bytes asked of the global operator new since the program's start. Linking this replaces it. Not for several threads.
size_t AllocatedBytes();

}  // namespace promcast
