#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "remote_read/read_result.h"

namespace promcast {

/// Appends one QueryResult, its series in the order given, to `message`, a prometheus.ReadResponse: one call a query,
/// in the request's order. False, with the message cut off in the middle, when that would grow beyond `max_bytes`.
bool AppendSamplesResult(std::span<const ReadSeries> series, size_t max_bytes, std::string& message);

/// Appends one query's series as frames of a chunked stream: a series begins a frame, and one with more than
/// `max_frame_bytes` of chunks goes on in the next. A frame is the length of its message as a varint, the message's
/// CRC-32C, big-endian, and the message, a prometheus.ChunkedReadResponse. False as above.
bool AppendChunkedResult(std::span<const ReadSeries> series, size_t query_index, size_t max_frame_bytes,
                         size_t max_bytes, std::string& stream);

/// CRC-32 with Castagnoli's polynomial (RFC 3720, B.4).
uint32_t Crc32c(std::string_view bytes);

}  // namespace promcast
