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

/// Writes remote write 1.0, which repeats every label of every series, compressed as it is written: what of a frame or
/// a piece the request has had before is a repeat of that place, and so is a label that neighbours share.
class EncoderV1 {
 public:
  void Encode(std::span<const OutgoingSample> samples, ByteBuffer& body);

 private:
  /// A label as it was written, and where in the message.
  struct WrittenLabel {
    const char* field = nullptr;
    uint32_t bytes = 0, position = 0;
  };

  /// The labels of the sample before: no block where there is none of the batch at hand.
  struct WrittenBlock {
    OutputBatch::Block block;
    std::array<uint32_t, OutputBatch::kStretches> starts{};  // of its stretches, in the message
  };

  void Begin(const OutputBatch& batch);
  void WriteBlock(const OutgoingSample& out, SnappyWriter& writer);
  void WriteStretch(const OutputBatch& batch, OutputBatch::Frame frame, size_t part, SnappyWriter& writer);
  void WritePiece(const OutputBatch& batch, OutputBatch::Piece piece, SnappyWriter& writer);
  void WriteLabels(std::string_view fields, SnappyWriter& writer);
  void WriteLabel(std::string_view field, SnappyWriter& writer);
  /// Of a label of the batch.
  static void WriteRest(std::string_view rest, SnappyWriter& writer);

  // In the message; 0: not yet written. By piece, and by frame and stretch, of the batch at hand.
  std::vector<uint32_t> piece_positions_;
  std::vector<std::array<uint32_t, OutputBatch::kStretches>> stretch_positions_;
  std::array<WrittenBlock, 2> blocks_;  // the last one, and the one being written: they take turns
  size_t last_block_ = 0;
  std::array<WrittenLabel, 512> equal_;  // by some bits of a hash of both ends
  std::array<WrittenLabel, 256> alike_;  // by some of the beginning
};

}  // namespace promcast
