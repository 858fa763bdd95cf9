#include "pipeline/label_pieces.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "ingest/label_rules.h"

namespace promcast {
namespace {

using Names = std::array<std::string_view, LabelPieces::kPlaces>;

// By kind, sorted.
constexpr std::array<Names, LabelPieces::kKinds> kAdded = {
    {{kMetricNameLabel, "coverage", kForecasterLabel, "horizon", "metric"},
     {kMetricNameLabel, kForecasterLabel, "metric", "quantile", "threshold"}}};

bool IsReserved(std::string_view name, LabelPieces::Kind kind) {
  if (name == kMetricNameLabel) return false;  // it is replaced
  return std::ranges::find(kAdded[kind], name) != kAdded[kind].end() || name == "horizon";
}

}  // namespace

void LabelPieces::Begin(OutputBatch& out, bool is_new, uint64_t generation) {
  const bool new_texts = generation != generation_;
  texts_epoch_ += new_texts ? 1 : 0;
  pieces_epoch_ += new_texts || is_new ? 1 : 0;
  out_ = &out;
  generation_ = generation;
}

LabelPieces::Known& LabelPieces::Know(const StoredLabel& label) {
  const bool is_stored = label.text != StoredLabel::kNoText;
  Known& known = is_stored ? known_[label.text % known_.size()] : unstored_;
  if (!is_stored || known.text != label.text || known.text_epoch != texts_epoch_) {
    known = {.text = label.text, .text_epoch = texts_epoch_};
    Look(label.label.name, known);
  }
  return known;
}

void LabelPieces::Look(std::string_view name, Known& known) {
  known.is_metric_name = name == kMetricNameLabel;
  for (const Kind kind : {kForecast, kTimeToThreshold}) {
    const Names& added = kAdded[kind];
    known.places[kind] = static_cast<uint8_t>(std::ranges::lower_bound(added, name) - added.begin());
    if (IsReserved(name, kind)) known.reserved |= static_cast<uint8_t>(1U << kind);
  }
}

LabelPieces::Piece LabelPieces::PieceOf(const StoredLabel& label, Known& known) {
  const auto& [name, value] = label.label;
  if (!label.is_shared) return out_->KeepLabel(name, value);
  if (known.piece_epoch != pieces_epoch_) {
    known.piece = out_->KeepLabel(name, value);
    known.piece_epoch = pieces_epoch_;
  }
  return known.piece;
}

/// Nothing where a label has a reserved name.
std::optional<OutputBatch::Frame> LabelPieces::TryCut(std::span<const StoredLabel> labels, Kind kind) {
  std::array<size_t, kPlaces> ends;
  pieces_.clear();
  size_t place = 0;
  for (const StoredLabel& label : labels) {
    Known& known = Know(label);
    if ((known.reserved >> kind & 1U) != 0) return std::nullopt;
    if (known.is_metric_name) continue;
    while (place < known.places[kind]) ends[place++] = pieces_.size();
    pieces_.push_back(PieceOf(label, known));
  }
  while (place < kPlaces) ends[place++] = pieces_.size();
  return out_->KeepFrame(pieces_, ends);
}

OutputBatch::Frame LabelPieces::Cut(std::span<const StoredLabel> labels, Kind kind) {
  if (const auto frame = TryCut(labels, kind)) return *frame;
  const auto is_taken = [&](std::string_view name) {
    return std::ranges::any_of(labels, [&](const StoredLabel& stored) { return stored.label.name == name; });
  };
  std::vector<Label> renamed;
  for (const StoredLabel& stored : labels) {
    std::string name(stored.label.name);
    if (IsReserved(name, kind)) {
      do {
        name.insert(0, "exported_");
      } while (is_taken(name));
    }
    renamed.push_back({std::move(name), std::string(stored.label.value)});
  }
  const Labels sorted(std::move(renamed));
  std::vector<StoredLabel> views;
  for (const Label& label : sorted) views.push_back({{label.name, label.value}});
  return TryCut(views, kind).value();
}

}  // namespace promcast
