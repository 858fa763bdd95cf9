#include "sender/output_batch.h"

namespace promcast {

void OutputBatch::Append(std::string_view label_block, Sample sample) {
  const auto offset = static_cast<uint32_t>(labels_.size());
  labels_.append(label_block);
  entries_.push_back({offset, static_cast<uint32_t>(label_block.size()), sample});
}

void OutputBatch::Clear() {
  labels_.clear();
  entries_.clear();
}

OutgoingSample OutputBatch::operator[](size_t i) const {
  const Entry& entry = entries_[i];
  return {.label_block = std::string_view(labels_).substr(entry.label_offset, entry.label_bytes),
          .sample = entry.sample};
}

}  // namespace promcast
