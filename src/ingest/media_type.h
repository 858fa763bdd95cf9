#pragma once

#include <optional>
#include <string_view>

#include "remote_write/decoder.h"

namespace promcast {

/// The message that a Content-Type announces; the schema is chosen by nothing else. No type at all, or no `proto`
/// parameter, means 1.0; anything that is not application/x-protobuf, or an unknown message, means nothing (415).
/// Source: remote-write specification 2.0, "Required headers".
std::optional<WriteProtocol> ProtocolOfContentType(std::string_view content_type);

/// True for snappy, and for no encoding named.
bool IsSnappyEncoding(std::string_view content_encoding);

}  // namespace promcast
