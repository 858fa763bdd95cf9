#pragma once

#include <absl/status/statusor.h>

#include <functional>
#include <span>
#include <string>

namespace promcast {

/// Fills the front of the span with the next bytes and says how many they are; 0 only at the end. Errors name the file.
using ByteSource = std::function<absl::StatusOr<size_t>(std::span<char>)>;

/// The bytes of a file; inflated when it is gzip (RFC 1952, several members allowed), whatever its name. A truncated or
/// damaged gzip file is an error when the damage is reached.
absl::StatusOr<ByteSource> OpenBytes(const std::string& path);

/// The bytes of `text`, which must outlive the source.
ByteSource BytesOf(std::string_view text);

}  // namespace promcast
