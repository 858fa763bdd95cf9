#include "remote_write/output_batch.h"

#include <algorithm>

#include "remote_write/label_block.h"

namespace promcast {

inline OutputBatch::Piece OutputBatch::PieceUpTo(const char* end) {
  const size_t offset = chars_.size();
  chars_.EndAt(end);
  texts_.push_back({static_cast<uint32_t>(offset), static_cast<uint32_t>(chars_.size() - offset)});
  return Piece{static_cast<uint32_t>(texts_.size() - 1)};
}

OutputBatch::Piece OutputBatch::Keep(std::string_view encoded_labels) {
  return PieceUpTo(std::ranges::copy(encoded_labels, chars_.Room(encoded_labels.size())).out);
}

OutputBatch::Piece OutputBatch::KeepLabel(std::string_view name, std::string_view value) {
  const LabelView label{name, value};
  return PieceUpTo(WriteLabel(chars_.Room(MaxLabelBytes(label)), label));
}

// What is kept is made where it stays: it would be read again in wider words than it was written in, which waits.
OutputBatch::Frame OutputBatch::KeepFrame(std::span<const Piece> pieces, const std::array<size_t, kPlaces>& ends) {
  FramePieces& kept = frames_.emplace_back();
  kept.first_piece = static_cast<uint32_t>(pieces_.size());
  size_t at = 0;
  for (size_t part = 0; part < kStretches; part++) {
    const size_t end = part < kPlaces ? ends[part] : pieces.size();
    uint32_t bytes = 0;
    for (; at < end; at++) bytes += Bytes(pieces[at]);
    kept.ends[part] = static_cast<uint32_t>(end);
    kept.bytes[part] = bytes;
    kept.all_bytes += bytes;
  }
  pieces_.insert(pieces_.end(), pieces.begin(), pieces.end());
  return Frame{static_cast<uint32_t>(frames_.size() - 1)};
}

void OutputBatch::Append(std::string_view label_block, const Sample& sample, MetricType type) {
  const Piece piece = Keep(label_block);
  Append(KeepFrame({&piece, 1}, {1, 1, 1, 1, 1}), kNoneAdded, sample, type);
}

void OutputBatch::Clear() {
  chars_.Clear();
  texts_.clear();
  pieces_.clear();
  frames_.clear();
  entries_.clear();
}

void OutputBatch::Reserve(const OutputBatch& other) {
  chars_.Reserve(other.chars_.size());
  texts_.reserve(other.texts_.size());
  pieces_.reserve(other.pieces_.size());
  frames_.reserve(other.frames_.size());
  entries_.reserve(other.entries_.size());
}

std::string OutputBatch::LabelBlock(size_t i) const {
  std::string block;
  ForEachPiece(i, [&](Piece piece) { block += text(piece); });
  return block;
}

}  // namespace promcast
