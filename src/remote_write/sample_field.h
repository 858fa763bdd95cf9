#pragma once

#include "remote_write/wire.h"
#include "timeseries/sample.h"

namespace promcast {

/// Of WriteSample: tag and length, then the value and the time behind their tags.
inline constexpr size_t kMaxSampleFieldBytes = 2 + (1 + sizeof(double) + 1 + kMaxVarintBytes);

/// The `samples` field of a TimeSeries, which is that of both versions. Returns the place behind it.
inline char* WriteSample(char* at, const Sample& sample) {
  constexpr uint32_t kSamples = 2;
  const auto timestamp = static_cast<uint64_t>(sample.timestamp_ms);
  at = WriteTag(at, kSamples, WireType::kBytes);
  at = WriteVarint(at, 1 + sizeof(double) + 1 + VarintBytes(timestamp));
  at = WriteDoubleField(at, 1, sample.value);
  at = WriteTag(at, 2, WireType::kVarint);
  return WriteVarint(at, timestamp);
}

}  // namespace promcast
