#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "remote_write/decoder.h"
#include "remote_write/wire.h"
#include "timeseries/labels.h"
#include "timeseries/sample.h"

namespace promcast {

/// The small messages inside a request. Each returns false when its wire format is broken; a field that is absent keeps
/// what the destination held, and of a field that is there twice the last one stands, as protobuf has it.
bool ReadSampleFields(std::string_view message, Sample& sample);
bool ReadLabelFields(std::string_view message, LabelView& label);
bool ReadMetadata(std::string_view message, MetadataView& metadata);  ///< 1.0: MetricMetadata

/// 2.0's Metadata, its texts still references to symbols.
struct MetadataRefs {
  MetricType type = MetricType::kUnknown;
  uint32_t help_ref = 0;
  uint32_t unit_ref = 0;
};
bool ReadMetadataRefs(std::string_view message, MetadataRefs& metadata);

/// A Sample message; the layout that every sender writes (value, then a time after the epoch) is taken at once.
inline bool ReadSample(std::string_view message, Sample& sample) {
  constexpr size_t kTimeAt = 10;
  const size_t time_bytes = message.size() - kTimeAt;
  if (std::endian::native == std::endian::little && time_bytes - 1 < sizeof(uint64_t) &&
      message[0] == WireTag(1, WireType::kFixed64) && message[kTimeAt - 1] == WireTag(2, WireType::kVarint)) {
    uint64_t last_bytes;
    std::memcpy(&last_bytes, message.data() + message.size() - sizeof(last_bytes), sizeof(last_bytes));
    uint64_t time = last_bytes >> (64 - 8 * time_bytes);
    if ((time & kVarintContinued) == kVarintContinued >> (64 - 8 * time_bytes) >> 8) {
      std::memcpy(&sample.value, message.data() + 1, sizeof(sample.value));
      sample.timestamp_ms = static_cast<int64_t>(JoinVarint(time));
      return true;
    }
  }
  return ReadSampleFields(message, sample);
}

/// A Label message; the layout that every sender writes (name, value, both shorter than 128 bytes) is taken at once.
inline bool ReadLabel(std::string_view message, LabelView& label) {
  const auto byte = [message](size_t i) { return static_cast<uint8_t>(message[i]); };
  const size_t size = message.size();
  if (size >= 4 && byte(0) == WireTag(1, WireType::kBytes) && byte(1) < 0x80) {
    const size_t value_tag = 2u + byte(1);
    if (value_tag + 2 <= size && byte(value_tag) == WireTag(2, WireType::kBytes) && byte(value_tag + 1) < 0x80 &&
        value_tag + 2 + byte(value_tag + 1) == size) {
      label.name = std::string_view(message.data() + 2, byte(1));
      label.value = std::string_view(message.data() + value_tag + 2, byte(value_tag + 1));
      return true;
    }
  }
  return ReadLabelFields(message, label);
}

}  // namespace promcast
