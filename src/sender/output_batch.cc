#include "sender/output_batch.h"

namespace promcast {

void OutputBatch::Append(std::span<const std::string_view> label_pieces, Sample sample) {
  const size_t offset = labels_.size();
  for (const std::string_view piece : label_pieces) labels_.append(piece);
  entries_.push_back({static_cast<uint32_t>(offset), static_cast<uint32_t>(labels_.size() - offset), sample});
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
