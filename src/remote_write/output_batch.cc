#include "remote_write/output_batch.h"

#include "remote_write/label_block.h"

namespace promcast {

OutputBatch::Piece OutputBatch::Keep(std::string_view encoded_labels) {
  const size_t offset = chars_.size();
  chars_.append(encoded_labels);
  return PieceFrom(offset);
}

OutputBatch::Piece OutputBatch::KeepLabel(std::string_view name, std::string_view value) {
  const size_t offset = chars_.size();
  AppendLabel(chars_, name, value);
  return PieceFrom(offset);
}

OutputBatch::Piece OutputBatch::PieceFrom(size_t offset) {
  texts_.push_back({static_cast<uint32_t>(offset), static_cast<uint32_t>(chars_.size() - offset)});
  return Piece{static_cast<uint32_t>(texts_.size() - 1)};
}

OutputBatch::Frame OutputBatch::KeepFrame(std::span<const Piece> pieces, const std::array<size_t, kPlaces>& ends) {
  FramePieces kept{static_cast<uint32_t>(pieces_.size()), {}, {}, 0};
  size_t at = 0;
  for (size_t part = 0; part < kStretches; part++) {
    const size_t end = part < kPlaces ? ends[part] : pieces.size();
    for (; at < end; at++) kept.bytes[part] += Bytes(pieces[at]);
    kept.ends[part] = static_cast<uint32_t>(end);
    kept.all_bytes += kept.bytes[part];
  }
  pieces_.insert(pieces_.end(), pieces.begin(), pieces.end());
  frames_.push_back(kept);
  return Frame{static_cast<uint32_t>(frames_.size() - 1)};
}

void OutputBatch::Append(Frame frame, const AddedPieces& added, const Sample& sample, MetricType type) {
  uint32_t bytes = frames_[static_cast<uint32_t>(frame)].all_bytes;
  for (const Piece piece : added) bytes += piece == kNoPiece ? 0 : Bytes(piece);
  entries_.push_back({sample, frame, added, bytes, type});
}

void OutputBatch::Append(std::string_view label_block, const Sample& sample, MetricType type) {
  const Piece piece = Keep(label_block);
  Append(KeepFrame({&piece, 1}, {1, 1, 1, 1, 1}), kNoneAdded, sample, type);
}

void OutputBatch::Clear() {
  chars_.clear();
  texts_.clear();
  pieces_.clear();
  frames_.clear();
  entries_.clear();
}

void OutputBatch::Reserve(const OutputBatch& other) {
  chars_.reserve(other.chars_.size());
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
