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

void OutputBatch::Append(std::span<const Piece> pieces, const Sample& sample, MetricType type) {
  Entry entry{sample, static_cast<uint32_t>(pieces_.size()), 0, static_cast<uint16_t>(pieces.size()), type};
  for (const Piece piece : pieces) entry.label_bytes += texts_[static_cast<uint32_t>(piece)].bytes;
  pieces_.insert(pieces_.end(), pieces.begin(), pieces.end());
  entries_.push_back(entry);
}

void OutputBatch::Append(std::string_view label_block, const Sample& sample, MetricType type) {
  const Piece piece = Keep(label_block);
  Append(std::span(&piece, 1), sample, type);
}

void OutputBatch::Clear() {
  chars_.clear();
  texts_.clear();
  pieces_.clear();
  entries_.clear();
}

void OutputBatch::Reserve(const OutputBatch& other) {
  chars_.reserve(other.chars_.size());
  texts_.reserve(other.texts_.size());
  pieces_.reserve(other.pieces_.size());
  entries_.reserve(other.entries_.size());
}

std::string OutputBatch::LabelBlock(size_t i) const {
  std::string block;
  for (const Piece piece : pieces(i)) block += text(piece);
  return block;
}

}  // namespace promcast
