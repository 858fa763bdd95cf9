#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "remote_write/encoder.h"
#include "timeseries/sample.h"

namespace promcast {

/// Samples on their way out, one block of memory for many: label blocks and samples. Holds up to 4 GiB of label blocks.
class OutputBatch {
 public:
  void Append(std::string_view label_block, Sample sample) { Append({&label_block, 1}, sample); }
  /// The label block is these pieces, one behind the other.
  void Append(std::span<const std::string_view> label_pieces, Sample sample);
  size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  size_t bytes() const { return labels_.size() + entries_.size() * sizeof(Entry); }
  void Clear();
  /// Its label block points into this batch and dies with the next Append or Clear.
  OutgoingSample operator[](size_t i) const;

 private:
  struct Entry {
    uint32_t label_offset, label_bytes;
    Sample sample;
  };
  std::string labels_;
  std::vector<Entry> entries_;
};

}  // namespace promcast
