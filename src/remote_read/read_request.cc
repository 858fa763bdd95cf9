#include "remote_read/read_request.h"

#include <fmt/format.h>

#include <optional>
#include <string>

#include "remote_write/wire.h"

namespace promcast {
namespace {

// Field numbers of prometheus.ReadRequest and the messages in it: prompb/remote.proto, prompb/types.proto.
constexpr uint32_t kQueries = WireTag(1, WireType::kBytes);
constexpr uint32_t kResponseType = WireTag(2, WireType::kVarint);
constexpr uint32_t kPackedResponseTypes = WireTag(2, WireType::kBytes);
constexpr uint32_t kStart = WireTag(1, WireType::kVarint);
constexpr uint32_t kEnd = WireTag(2, WireType::kVarint);
constexpr uint32_t kMatchers = WireTag(3, WireType::kBytes);
constexpr uint32_t kHints = WireTag(4, WireType::kBytes);
constexpr uint32_t kMatcherType = WireTag(1, WireType::kVarint);
constexpr uint32_t kMatcherName = WireTag(2, WireType::kBytes);
constexpr uint32_t kMatcherValue = WireTag(3, WireType::kBytes);
constexpr uint32_t kHintStep = WireTag(1, WireType::kVarint);
constexpr uint32_t kHintRange = WireTag(7, WireType::kVarint);

absl::Status Malformed(std::string_view message_name) {
  return absl::InvalidArgumentError(fmt::format("the {} is not valid protobuf", message_name));
}

bool ReadInt64(WireReader& reader, int64_t& value) {
  uint64_t varint = 0;
  if (!reader.ReadVarint(varint)) return false;
  value = static_cast<int64_t>(varint);
  return true;
}

bool ReadHintFields(std::string_view message, ReadHints& hints) {
  WireReader reader(message);
  uint32_t tag = 0;
  while (!reader.done()) {
    if (!reader.ReadTag(tag)) return false;
    const bool read = tag == kHintStep    ? ReadInt64(reader, hints.step_ms)
                      : tag == kHintRange ? ReadInt64(reader, hints.range_ms)
                                          : reader.Skip(tag);
    if (!read) return false;
  }
  return true;
}

absl::Status ReadMatcher(std::string_view message, size_t& left_bytes, Matcher& matcher) {
  WireReader reader(message);
  uint32_t tag = 0;
  uint64_t type = 0;
  std::string_view name, value;
  while (!reader.done()) {
    if (!reader.ReadTag(tag)) return Malformed("LabelMatcher");
    const bool read = tag == kMatcherType    ? reader.ReadVarint(type)
                      : tag == kMatcherName  ? reader.ReadBytes(name)
                      : tag == kMatcherValue ? reader.ReadBytes(value)
                                             : reader.Skip(tag);
    if (!read) return Malformed("LabelMatcher");
  }
  const auto known_type = static_cast<int32_t>(type);  // as protobuf reads an enum
  if (known_type < 0 || known_type > static_cast<int32_t>(MatchType::kNotRegex)) {
    return absl::InvalidArgumentError(fmt::format("label matcher type {} is unknown", known_type));
  }
  if (name.size() + value.size() > left_bytes) {
    return absl::InvalidArgumentError("the label matchers of one query are too long; shorten the regular expressions");
  }
  left_bytes -= name.size() + value.size();
  matcher = {static_cast<MatchType>(known_type), std::string(name), std::string(value)};
  return absl::OkStatus();
}

absl::Status ReadQueryFields(std::string_view message, const ReadRequestLimits& limits, ReadQuery& query) {
  WireReader reader(message);
  uint32_t tag = 0;
  std::string_view bytes;
  size_t left_bytes = limits.max_matcher_bytes;
  while (!reader.done()) {
    if (!reader.ReadTag(tag)) return Malformed("Query");
    if (tag == kMatchers) {
      if (!reader.ReadBytes(bytes)) return Malformed("Query");
      if (query.matchers.size() == limits.max_matchers) {
        return absl::InvalidArgumentError(fmt::format("a query has more than {} label matchers", limits.max_matchers));
      }
      if (auto read = ReadMatcher(bytes, left_bytes, query.matchers.emplace_back()); !read.ok()) return read;
      continue;
    }
    const bool read = tag == kStart   ? ReadInt64(reader, query.start_ms)
                      : tag == kEnd   ? ReadInt64(reader, query.end_ms)
                      : tag == kHints ? reader.ReadBytes(bytes) && ReadHintFields(bytes, query.hints)
                                      : reader.Skip(tag);
    if (!read) return Malformed("Query");
  }
  return absl::OkStatus();
}

/// The first response type named that is known.
struct ResponseTypeChoice {
  bool any_named = false;
  std::optional<ReadResponseType> chosen;

  bool ReadOne(WireReader& reader) {
    uint64_t type = 0;
    if (!reader.ReadVarint(type)) return false;
    any_named = true;
    const auto known_type = static_cast<int32_t>(type);
    if (!chosen && (known_type == 0 || known_type == 1)) chosen = static_cast<ReadResponseType>(known_type);
    return true;
  }
  bool ReadPacked(std::string_view types) {
    WireReader reader(types);
    while (!reader.done()) {
      if (!ReadOne(reader)) return false;
    }
    return true;
  }
};

}  // namespace

absl::StatusOr<ReadRequest> DecodeReadRequest(std::string_view message, const ReadRequestLimits& limits) {
  ReadRequest request;
  ResponseTypeChoice type;
  WireReader reader(message);
  uint32_t tag = 0;
  std::string_view bytes;
  while (!reader.done()) {
    if (!reader.ReadTag(tag)) return Malformed("ReadRequest");
    if (tag == kQueries) {
      if (!reader.ReadBytes(bytes)) return Malformed("ReadRequest");
      if (request.queries.size() == limits.max_queries) {
        return absl::InvalidArgumentError(
            fmt::format("more than {} queries in one request; send several requests", limits.max_queries));
      }
      if (auto read = ReadQueryFields(bytes, limits, request.queries.emplace_back()); !read.ok()) return read;
      continue;
    }
    const bool read = tag == kResponseType          ? type.ReadOne(reader)
                      : tag == kPackedResponseTypes ? reader.ReadBytes(bytes) && type.ReadPacked(bytes)
                                                    : reader.Skip(tag);
    if (!read) return Malformed("ReadRequest");
  }
  if (type.any_named && !type.chosen) {
    return absl::InvalidArgumentError(
        "none of the accepted response types is known here; SAMPLES and STREAMED_XOR_CHUNKS are");
  }
  request.response_type = type.chosen.value_or(ReadResponseType::kSamples);
  return request;
}

}  // namespace promcast
