#pragma once

#include <string>
#include <string_view>

namespace promcast {

/// `text` as one gzip member (RFC 1952), at zlib's fastest level.
std::string GzipCompress(std::string_view text);

}  // namespace promcast
