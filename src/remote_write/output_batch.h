#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "remote_write/metric_type.h"
#include "remote_write/run_buffer.h"
#include "timeseries/sample.h"

namespace promcast {

/// Samples on their way out, each with the label block (see label_block.h) of its series. A block is kept in parts, so
/// that what the blocks of several samples have in common is written and read once. Holds up to 4 GiB of text.
class OutputBatch {
 public:
  /// Some whole labels, encoded; of the batch that gave it, until that is cleared.
  enum class Piece : uint32_t {};
  static constexpr Piece kNoPiece{UINT32_MAX};

  /// At so many places a sample can have a piece of its own among those of its frame.
  static constexpr size_t kPlaces = 5;
  using AddedPieces = std::array<Piece, kPlaces>;  ///< by place; kNoPiece where there is none
  static constexpr AddedPieces kNoneAdded{kNoPiece, kNoPiece, kNoPiece, kNoPiece, kNoPiece};

  /// What the label blocks of several samples have in common: pieces, in kStretches stretches with a place after each
  /// but the last; of the batch that gave it, until that is cleared.
  enum class Frame : uint32_t {};
  static constexpr size_t kStretches = kPlaces + 1;

  /// The pieces of a label block, its frame's and those added to it; lives until the next Append or Clear.
  struct Block {
    const AddedPieces* added = nullptr;  ///< null: no block
    Frame frame{};

    /// From which stretch on this is what `other` of the same batch is; kStretches when their frames are not one.
    size_t FirstCommonStretch(const Block& other) const {
      if (added == nullptr || other.added == nullptr || frame != other.frame) return kStretches;
      size_t stretch = kPlaces;
      while (stretch > 0 && (*added)[stretch - 1] == (*other.added)[stretch - 1]) stretch--;
      return stretch;
    }
  };

  /// What is kept must not be this batch's own text.
  Piece Keep(std::string_view encoded_labels);
  Piece KeepLabel(std::string_view name, std::string_view value);
  /// The pieces before ends[i] stand before place i.
  Frame KeepFrame(std::span<const Piece> pieces, const std::array<size_t, kPlaces>& ends);
  void Append(Frame frame, const AddedPieces& added, const Sample& sample, MetricType type = MetricType::kGauge) {
    Entry& entry = entries_.emplace_back();
    entry.sample = sample;
    entry.frame = frame;
    entry.label_bytes = frames_[static_cast<uint32_t>(frame)].all_bytes;
    for (size_t place = 0; place < kPlaces; place++) {
      entry.added[place] = added[place];
      entry.label_bytes += added[place] == kNoPiece ? 0 : Bytes(added[place]);
    }
    entry.type = type;
  }
  void Append(std::string_view label_block, const Sample& sample, MetricType type = MetricType::kGauge);
  void Clear();
  /// Makes room for as much as `other` holds.
  void Reserve(const OutputBatch& other);

  size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }

  const Sample& sample(size_t i) const { return entries_[i].sample; }
  MetricType type(size_t i) const { return entries_[i].type; }
  size_t label_bytes(size_t i) const { return entries_[i].label_bytes; }
  Block block(size_t i) const { return {&entries_[i].added, entries_[i].frame}; }
  Frame frame(size_t i) const { return entries_[i].frame; }
  const AddedPieces& added(size_t i) const { return entries_[i].added; }
  std::string LabelBlock(size_t i) const;
  /// Calls `visit(Piece)` for what the label block consists of, in order.
  template <typename Visit>
  void ForEachPiece(size_t i, const Visit& visit) const {
    for (size_t part = 0; part < kStretches; part++) {
      for (const Piece piece : stretch(frame(i), part)) visit(piece);
      if (part < kPlaces && added(i)[part] != kNoPiece) visit(added(i)[part]);
    }
  }

  size_t kept_pieces() const { return texts_.size(); }
  size_t kept_frames() const { return frames_.size(); }
  /// Lives until the next Keep, Append or Clear; RunBuffer::kSlackBytes behind it may be read.
  std::string_view text(Piece piece) const {
    const Text& text = texts_[static_cast<uint32_t>(piece)];
    return {chars_.at(text.offset), text.bytes};
  }
  std::span<const Piece> stretch(Frame frame, size_t part) const {
    const FramePieces& kept = frames_[static_cast<uint32_t>(frame)];
    const size_t begin = part == 0 ? 0 : kept.ends[part - 1];
    return {pieces_.data() + kept.first_piece + begin, kept.ends[part] - begin};
  }
  size_t stretch_bytes(Frame frame, size_t part) const { return frames_[static_cast<uint32_t>(frame)].bytes[part]; }

  /// The same samples, their pieces as `change` makes them of these.
  template <typename Change>
  OutputBatch WithPieces(const Change& change) const {
    OutputBatch changed;
    for (uint32_t piece = 0; piece < texts_.size(); piece++) changed.Keep(change(text(Piece{piece})));
    for (const FramePieces& kept : frames_) {
      std::array<size_t, kPlaces> ends;
      std::copy_n(kept.ends.begin(), kPlaces, ends.begin());
      changed.KeepFrame(std::span(pieces_).subspan(kept.first_piece, kept.ends.back()), ends);
    }
    for (const Entry& entry : entries_) changed.Append(entry.frame, entry.added, entry.sample, entry.type);
    return changed;
  }

 private:
  struct Text {
    uint32_t offset, bytes;
  };
  struct FramePieces {
    uint32_t first_piece = 0;
    std::array<uint32_t, kStretches> ends{}, bytes{};
    uint32_t all_bytes = 0;
  };
  struct Entry {
    Sample sample;
    Frame frame{};
    AddedPieces added = kNoneAdded;
    uint32_t label_bytes = 0;
    MetricType type{};
  };
  /// What was written behind what was kept before, up to `end`.
  Piece PieceUpTo(const char* end);
  uint32_t Bytes(Piece piece) const { return texts_[static_cast<uint32_t>(piece)].bytes; }

  RunBuffer chars_;
  std::vector<Text> texts_;    // by Piece
  std::vector<Piece> pieces_;  // of all frames
  std::vector<FramePieces> frames_;
  std::vector<Entry> entries_;
};

/// One of a batch, which outlives it.
struct OutgoingSample {
  const OutputBatch* batch;
  uint32_t index;

  const Sample& sample() const { return batch->sample(index); }
};

}  // namespace promcast
