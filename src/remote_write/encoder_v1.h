#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "remote_write/output_batch.h"
#include "remote_write/snappy_block.h"
#include "remote_write/snappy_writer.h"

namespace promcast {

/// Writes remote write 1.0, which repeats every label of every series, compressed as it is written: a piece that the
/// request has had before is a repeat of that place, and so is a label that neighbours share.
class EncoderV1 {
 public:
  void Encode(std::span<const OutgoingSample> samples, ByteBuffer& body);

 private:
  /// A label as it was written, and where in the message.
  struct WrittenLabel {
    const char* field = nullptr;
    uint32_t bytes = 0, position = 0;
  };

  void WriteBlock(const OutgoingSample& out, SnappyWriter& writer);
  void WriteLabels(std::string_view fields, SnappyWriter& writer);
  void WriteLabel(std::string_view field, SnappyWriter& writer);

  std::vector<uint32_t> piece_positions_;  // in the message, by piece of the batch at hand; 0: not yet written
  std::array<WrittenLabel, 512> equal_;    // by some bits of a hash of both ends
  std::array<WrittenLabel, 256> alike_;    // by some of the beginning
};

}  // namespace promcast
