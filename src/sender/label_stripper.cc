#include "sender/label_stripper.h"

#include <algorithm>

#include "remote_write/label_block.h"

namespace promcast {

LabelStripper::LabelStripper(const std::vector<std::pair<std::string, std::string>>& labels) {
  for (const auto& [name, value] : labels) {
    stripped_.push_back({name, value, {}});
    AppendLabel(stripped_.back().encoded, name, value);
  }
}

bool LabelStripper::IsStripped(const LabelView& label) const {
  return std::any_of(stripped_.begin(), stripped_.end(), [&](const Stripped& stripped) {
    return stripped.name == label.name && stripped.value == label.value;
  });
}

OutputBatch LabelStripper::Strip(const OutputBatch& batch) const {
  return batch.WithPieces([this](std::string_view piece) { return StripPiece(piece); });
}

std::string LabelStripper::StripPiece(std::string_view piece) const {
  // A piece without these bytes cannot hold the label; one with them may hold them inside of a value.
  const bool candidate = std::any_of(stripped_.begin(), stripped_.end(), [&](const Stripped& stripped) {
    return piece.find(stripped.encoded) != std::string_view::npos;
  });
  if (!candidate) return std::string(piece);
  std::vector<LabelView> labels;
  DecodeLabelBlock(piece, labels);
  std::string left;
  for (const LabelView& label : labels) {
    if (!IsStripped(label)) AppendLabel(left, label.name, label.value);
  }
  return left;
}

}  // namespace promcast
