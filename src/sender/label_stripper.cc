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

void LabelStripper::Strip(OutputBatch& batch) {
  if (stripped_.empty()) return;
  OutputBatch result;
  for (size_t i = 0; i < batch.size(); i++) {
    const OutgoingSample sample = batch[i];
    // A block without these bytes cannot hold the label; one with them may hold them inside of a value.
    const bool candidate = std::any_of(stripped_.begin(), stripped_.end(), [&](const Stripped& stripped) {
      return sample.label_block.find(stripped.encoded) != std::string_view::npos;
    });
    if (!candidate) {
      result.Append(sample.label_block, sample.sample);
      continue;
    }
    DecodeLabelBlock(sample.label_block, labels_);
    block_.clear();
    for (const LabelView& label : labels_) {
      if (!IsStripped(label)) AppendLabel(block_, label.name, label.value);
    }
    result.Append(block_, sample.sample);
  }
  batch = std::move(result);
}

}  // namespace promcast
