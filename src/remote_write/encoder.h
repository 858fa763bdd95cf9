#pragma once

#include <memory>
#include <span>

#include "remote_write/decoder.h"
#include "remote_write/output_batch.h"
#include "remote_write/snappy_block.h"

namespace promcast {

/// Encodes the bodies of requests of either version; 2.0 shares label text through a symbol table (symbols[0] = "").
/// Keeps its scratch memory between requests; one thread at a time.
class RequestEncoder {
 public:
  RequestEncoder();
  ~RequestEncoder();
  /// Replaces `body` with a compressed request that holds each sample as a TimeSeries of its own. Samples of one batch
  /// stand together.
  void Encode(WriteProtocol protocol, std::span<const OutgoingSample> samples, ByteBuffer& body);
  void Encode(WriteProtocol protocol, const OutputBatch& batch, ByteBuffer& body);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace promcast
