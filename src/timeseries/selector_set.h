#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "timeseries/labels.h"
#include "timeseries/selector.h"

namespace promcast {

/// Many selectors, of which the first that matches is wanted. Looks for the metric name in all of them at once, so that
/// a thousand cost little more than those that ask for this name. Immutable; thread-safe.
class SelectorSet {
 public:
  explicit SelectorSet(std::span<const Selector> selectors);
  ~SelectorSet();

  /// The index of the first selector that matches (labels in any order), or nothing.
  std::optional<size_t> FirstMatch(std::span<const LabelView> labels) const;

 private:
  struct Names;

  bool ByName(std::string_view name, std::vector<size_t>& candidates) const;

  std::vector<Selector> selectors_;
  std::vector<size_t> of_any_name_;     // selectors that do not tell which names they want
  std::unique_ptr<const Names> names_;  // null where looking at all selectors is as good
};

}  // namespace promcast
