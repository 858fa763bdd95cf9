#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sender/output_batch.h"
#include "timeseries/labels.h"

namespace promcast {

/// Takes labels off whose name and value are both equal to one of a list. One thread at a time.
class LabelStripper {
 public:
  explicit LabelStripper(const std::vector<std::pair<std::string, std::string>>& labels);

  /// Rewrites all samples of `batch`; costs nothing where no label is to be stripped.
  void Strip(OutputBatch& batch);

 private:
  struct Stripped {
    std::string name, value;
    std::string encoded;  // as it stands in a label block
  };
  bool IsStripped(const LabelView& label) const;

  std::vector<Stripped> stripped_;
  std::vector<LabelView> labels_;
  std::string block_;
};

}  // namespace promcast
