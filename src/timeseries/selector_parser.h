#pragma once

#include <absl/status/status.h>

#include <cstddef>
#include <string_view>
#include <vector>

#include "timeseries/selector.h"

namespace promcast {

/// A matcher as read, with the column (in bytes, from 1) where its value starts.
struct ParsedMatcher {
  Matcher matcher;
  size_t value_column = 0;
};

/// Reads the text of a vector selector; does not look into regular expressions. InvalidArgument names column and
/// expectation.
absl::Status ParseSelectorText(std::string_view text, std::vector<ParsedMatcher>& out);

}  // namespace promcast
