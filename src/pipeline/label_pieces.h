#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "remote_write/output_batch.h"
#include "series/label_store.h"

namespace promcast {

/// Makes the labels of one input series after another pieces of a batch, a piece each, and tells where among them the
/// labels stand that promcast adds. A text that several series share becomes a piece once a batch. One thread at a
/// time.
class LabelPieces {
 public:
  using Piece = OutputBatch::Piece;
  static constexpr size_t kPlaces = OutputBatch::kPlaces;
  /// Of output series: it decides which labels are added, and with it where their places are.
  enum Kind : uint8_t { kForecast, kTimeToThreshold, kKinds };

  /// Pieces are from now on those of `out`, new ones where it has been cleared. `generation`: of the store that the
  /// labels come from.
  void Begin(OutputBatch& out, bool is_new, uint64_t generation);
  /// The labels without the metric name. `labels`: sorted. One that has the name of an added one becomes
  /// exported_<name>, as in Prometheus.
  OutputBatch::Frame Cut(std::span<const StoredLabel> labels, Kind kind);

  /// Asks for the memory that Cut looks at for each of them; only the texts need be known.
  void Fetch(std::span<const StoredLabel> labels) const {
    for (const StoredLabel& label : labels) __builtin_prefetch(&known_[label.text % known_.size()]);
  }

  /// Changes when pieces that were made before are not known any more.
  uint32_t epoch() const { return pieces_epoch_; }

 private:
  /// Of a text: of a name alone or of a whole label.
  struct Known {
    uint32_t text = StoredLabel::kNoText, text_epoch = 0;
    uint32_t piece_epoch = 0;
    Piece piece{};                         ///< of a whole label that has been met
    std::array<uint8_t, kKinds> places{};  ///< before which added label it stands
    uint8_t reserved = 0;                  ///< a bit a kind: it has the name of an added one
    bool is_metric_name = false;
  };

  Known& Know(const StoredLabel& label);
  static void Look(std::string_view name, Known& known);
  Piece PieceOf(const StoredLabel& label, Known& known);
  std::optional<OutputBatch::Frame> TryCut(std::span<const StoredLabel> labels, Kind kind);

  OutputBatch* out_ = nullptr;
  uint64_t generation_ = 0;
  uint32_t texts_epoch_ = 0, pieces_epoch_ = 0;
  std::array<Known, 2048> known_;  // by some bits of the text
  Known unstored_;
  std::vector<Piece> pieces_;
};

}  // namespace promcast
