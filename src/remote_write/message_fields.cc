#include "remote_write/message_fields.h"

namespace promcast {
namespace {

// The numbers are the same in 1.0 and 2.0. An enum on the wire is an int32: what lies above is dropped.
MetricType ToMetricType(uint64_t value) {
  const auto number = static_cast<uint32_t>(value);
  return number <= static_cast<uint32_t>(MetricType::kStateset) ? static_cast<MetricType>(number)
                                                                : MetricType::kUnknown;
}

}  // namespace

bool ReadSampleFields(std::string_view message, Sample& sample) {
  WireReader reader(message);
  while (!reader.done()) {
    uint32_t tag;
    uint64_t value;
    if (!reader.ReadTag(tag)) return false;
    switch (tag) {
      case WireTag(1, WireType::kFixed64):
        if (!reader.ReadDouble(sample.value)) return false;
        break;
      case WireTag(2, WireType::kVarint):
        if (!reader.ReadVarint(value)) return false;
        sample.timestamp_ms = static_cast<int64_t>(value);
        break;
      default:
        if (!reader.Skip(tag)) return false;
    }
  }
  return true;
}

bool ReadLabelFields(std::string_view message, LabelView& label) {
  WireReader reader(message);
  while (!reader.done()) {
    uint32_t tag;
    if (!reader.ReadTag(tag)) return false;
    switch (tag) {
      case WireTag(1, WireType::kBytes):
        if (!reader.ReadBytes(label.name)) return false;
        break;
      case WireTag(2, WireType::kBytes):
        if (!reader.ReadBytes(label.value)) return false;
        break;
      default:
        if (!reader.Skip(tag)) return false;
    }
  }
  return true;
}

bool ReadMetadata(std::string_view message, MetadataView& metadata) {
  WireReader reader(message);
  while (!reader.done()) {
    uint32_t tag;
    uint64_t value;
    bool read = false;
    if (!reader.ReadTag(tag)) return false;
    switch (tag) {
      case WireTag(1, WireType::kVarint):
        read = reader.ReadVarint(value);
        if (read) metadata.type = ToMetricType(value);
        break;
      case WireTag(2, WireType::kBytes):
        read = reader.ReadBytes(metadata.metric_family);
        break;
      case WireTag(4, WireType::kBytes):
        read = reader.ReadBytes(metadata.help);
        break;
      case WireTag(5, WireType::kBytes):
        read = reader.ReadBytes(metadata.unit);
        break;
      default:
        read = reader.Skip(tag);
    }
    if (!read) return false;
  }
  return true;
}

bool ReadMetadataRefs(std::string_view message, MetadataRefs& metadata) {
  WireReader reader(message);
  while (!reader.done()) {
    uint32_t tag;
    uint64_t value;
    if (!reader.ReadTag(tag)) return false;
    switch (tag) {
      case WireTag(1, WireType::kVarint):
        if (!reader.ReadVarint(value)) return false;
        metadata.type = ToMetricType(value);
        break;
      case WireTag(3, WireType::kVarint):
        if (!reader.ReadVarint(value)) return false;
        metadata.help_ref = static_cast<uint32_t>(value);
        break;
      case WireTag(4, WireType::kVarint):
        if (!reader.ReadVarint(value)) return false;
        metadata.unit_ref = static_cast<uint32_t>(value);
        break;
      default:
        if (!reader.Skip(tag)) return false;
    }
  }
  return true;
}

}  // namespace promcast
