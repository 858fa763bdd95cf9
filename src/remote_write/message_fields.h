#pragma once

#include <cstdint>
#include <string_view>

#include "remote_write/decoder.h"
#include "remote_write/wire.h"
#include "timeseries/labels.h"
#include "timeseries/sample.h"

namespace promcast {

/// The small messages inside a request. Each returns false when its wire format is broken; a field that is absent keeps
/// what the destination held, and of a field that is there twice the last one stands, as protobuf has it.
bool ReadSample(std::string_view message, Sample& sample);
bool ReadLabelFields(std::string_view message, LabelView& label);
bool ReadMetadata(std::string_view message, MetadataView& metadata);  ///< 1.0: MetricMetadata

/// 2.0's Metadata, its texts still references to symbols.
struct MetadataRefs {
  MetricType type = MetricType::kUnknown;
  uint32_t help_ref = 0;
  uint32_t unit_ref = 0;
};
bool ReadMetadataRefs(std::string_view message, MetadataRefs& metadata);

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
