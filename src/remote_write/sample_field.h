#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "remote_write/wire.h"
#include "timeseries/sample.h"

namespace promcast {

/// Writes the `samples` field of a TimeSeries, which is that of both versions. The time at its end is encoded once, as
/// long as it is that of the sample before.
class SampleFieldWriter {
 public:
  /// Before the time stand the field's tag and length, and the value behind its tag.
  static constexpr size_t kTimeOffset = 2 + 1 + sizeof(double);
  static constexpr size_t kMaxBytes = kTimeOffset + 1 + kMaxVarintBytes;

  /// What the field of a sample with this time takes.
  size_t Bytes(int64_t timestamp_ms) {
    if (timestamp_ms != timestamp_ms_) EncodeTime(timestamp_ms);
    return kTimeOffset + time_bytes_;
  }

  /// Returns the place behind the field; kMaxBytes from `to` on may be written.
  char* Write(char* to, const Sample& sample) {
    constexpr uint32_t kSamples = 2;
    const size_t bytes = Bytes(sample.timestamp_ms);
    to[0] = WireTag(kSamples, WireType::kBytes);
    to[1] = static_cast<char>(bytes - 2);
    to[2] = WireTag(1, WireType::kFixed64);
    std::memcpy(to + 3, &sample.value, sizeof(sample.value));
    std::memcpy(to + kTimeOffset, time_.data(), time_.size());
    return to + bytes;
  }

 private:
  void EncodeTime(int64_t timestamp_ms) {
    timestamp_ms_ = timestamp_ms;
    char* const end = WriteVarint(WriteTag(time_.data(), 2, WireType::kVarint), static_cast<uint64_t>(timestamp_ms));
    time_bytes_ = static_cast<size_t>(end - time_.data());
  }

  int64_t timestamp_ms_ = 0;
  std::array<char, 1 + kMaxVarintBytes> time_ = {WireTag(2, WireType::kVarint), 0};
  size_t time_bytes_ = 2;
};

}  // namespace promcast
