#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "remote_write/metric_type.h"
#include "timeseries/sample.h"

namespace promcast {

/// Samples on their way out, each with the label block (see label_block.h) of its series. A block is kept as pieces, so
/// that what the blocks of several samples have in common is written and read once. Holds up to 4 GiB of text.
class OutputBatch {
 public:
  /// Some whole labels, encoded; of the batch that gave it, until that is cleared.
  enum class Piece : uint32_t {};

  Piece Keep(std::string_view encoded_labels);
  Piece KeepLabel(std::string_view name, std::string_view value);
  /// The label block is these pieces, one behind the other; empty ones may be left out.
  void Append(std::span<const Piece> pieces, const Sample& sample, MetricType type = MetricType::kGauge);
  void Append(std::string_view label_block, const Sample& sample, MetricType type = MetricType::kGauge);
  void Clear();
  /// Makes room for as much as `other` holds.
  void Reserve(const OutputBatch& other);

  size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }

  const Sample& sample(size_t i) const { return entries_[i].sample; }
  MetricType type(size_t i) const { return entries_[i].type; }
  size_t label_bytes(size_t i) const { return entries_[i].label_bytes; }
  std::span<const Piece> pieces(size_t i) const {
    return std::span(pieces_).subspan(entries_[i].first_piece, entries_[i].pieces);
  }
  std::string LabelBlock(size_t i) const;

  size_t kept_pieces() const { return texts_.size(); }
  /// Lives until the next Keep, Append or Clear.
  std::string_view text(Piece piece) const {
    const Text& text = texts_[static_cast<uint32_t>(piece)];
    return {chars_.data() + text.offset, text.bytes};
  }

  /// The same samples, their pieces as `change` makes them of these.
  template <typename Change>
  OutputBatch WithPieces(const Change& change) const {
    OutputBatch changed;
    for (uint32_t piece = 0; piece < texts_.size(); piece++) changed.Keep(change(text(Piece{piece})));
    for (size_t i = 0; i < size(); i++) changed.Append(pieces(i), sample(i), type(i));
    return changed;
  }

 private:
  struct Text {
    uint32_t offset, bytes;
  };
  struct Entry {
    Sample sample;
    uint32_t first_piece, label_bytes;
    uint16_t pieces;
    MetricType type;
  };
  /// All characters from `offset` on.
  Piece PieceFrom(size_t offset);

  std::string chars_;
  std::vector<Text> texts_;    // by Piece
  std::vector<Piece> pieces_;  // of all entries
  std::vector<Entry> entries_;
};

/// One of a batch, which outlives it.
struct OutgoingSample {
  const OutputBatch* batch;
  uint32_t index;

  const Sample& sample() const { return batch->sample(index); }
};

}  // namespace promcast
