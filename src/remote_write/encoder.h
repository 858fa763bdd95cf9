#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "remote_write/decoder.h"
#include "timeseries/sample.h"

namespace promcast {

/// One sample to write, with the label block of its series (see label_block.h; must hold __name__).
struct OutgoingSample {
  std::string_view label_block;
  Sample sample;
  MetricType type = MetricType::kGauge;
};

/// Encodes requests of either version; 2.0 shares label text through a symbol table (symbols[0] = "").
/// Keeps its scratch memory between requests; one thread at a time.
class RequestEncoder {
 public:
  RequestEncoder();
  ~RequestEncoder();
  /// Replaces `message` with a request that holds each sample as a TimeSeries of its own. Not compressed.
  void Encode(WriteProtocol protocol, std::span<const OutgoingSample> samples, std::string& message);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace promcast
