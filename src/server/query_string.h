#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <string_view>
#include <vector>

namespace promcast {

struct QueryParameter {
  std::string name, value;
  friend bool operator==(const QueryParameter&, const QueryParameter&) = default;
};

/// The parameters of a URL's query, in their order: application/x-www-form-urlencoded, so `+` is a space and `%5B` is
/// `[`. What is empty between two `&` is no parameter; one without `=` has an empty value. Fails, naming it, at a `%`
/// that two hexadecimal digits do not follow. Source: URL Standard, 5.1.
absl::StatusOr<std::vector<QueryParameter>> ParseQueryString(std::string_view query);

}  // namespace promcast
