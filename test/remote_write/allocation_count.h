#pragma once

#include <cstddef>

namespace promcast::testing {

/// What operator new has handed out in this program, of which allocation_count.cc replaces it.
size_t AllocatedBytes();

}  // namespace promcast::testing
