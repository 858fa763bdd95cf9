#pragma once

#include <cstddef>
#include <string_view>

namespace promcast {

/// Inflates the elements of a snappy block, which stand behind its length. False when they are broken or yield other
/// than `bytes` bytes; what `to` holds then is of no use. Never writes behind these.
///
/// The library does the same, and costs three times as much where a compiler does not inline its moves of 32 bytes, as
/// Debian's does not. Source: github.com/google/snappy/blob/main/format_description.txt
bool InflateSnappyElements(std::string_view elements, char* to, size_t bytes);

}  // namespace promcast
