#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "remote_write/output_batch.h"
#include "timeseries/labels.h"

namespace promcast {

/// Takes labels off whose name and value are both equal to one of a list. Thread-safe.
class LabelStripper {
 public:
  explicit LabelStripper(const std::vector<std::pair<std::string, std::string>>& labels);

  /// Whether there is no label to take.
  bool empty() const { return stripped_.empty(); }
  /// The same samples without these labels.
  OutputBatch Strip(const OutputBatch& batch) const;

 private:
  struct Stripped {
    std::string name, value;
    std::string encoded;  // as it stands in a label block
  };
  bool IsStripped(const LabelView& label) const;
  std::string StripPiece(std::string_view piece) const;

  std::vector<Stripped> stripped_;
};

}  // namespace promcast
