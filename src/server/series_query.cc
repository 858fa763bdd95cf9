#include "server/series_query.h"

#include <absl/status/status.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "server/query_string.h"

namespace promcast {
namespace {

/// Nothing when `text` is no positive whole number.
std::optional<size_t> ParseLimit(const std::string& text) {
  size_t limit = 0;
  const char* const text_end = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), text_end, limit);
  if (end != text_end) return std::nullopt;
  if (error == std::errc::result_out_of_range) return SeriesQuery::kMaxLimit;
  if (error != std::errc() || limit == 0) return std::nullopt;
  return std::min(limit, SeriesQuery::kMaxLimit);
}

}  // namespace

absl::StatusOr<SeriesQuery> ParseSeriesQuery(std::string_view query) {
  const auto parameters = ParseQueryString(query);
  if (!parameters.ok()) return parameters.status();
  SeriesQuery parsed;
  bool has_limit = false;
  for (const auto& [name, value] : *parameters) {
    if (name == "match[]") {
      auto selector = Selector::Parse(value);
      if (!selector.ok()) {
        return absl::InvalidArgumentError("invalid parameter \"match[]\": " + std::string(selector.status().message()));
      }
      parsed.match.push_back(*std::move(selector));
    } else if (name == "limit" && !has_limit) {
      const auto limit = ParseLimit(value);
      if (!limit)
        return absl::InvalidArgumentError("invalid parameter \"limit\": \"" + value + "\" is no positive whole number");
      parsed.limit = *limit;
      has_limit = true;
    }
  }
  if (parsed.match.empty()) return absl::InvalidArgumentError("no match[] parameter provided");
  return parsed;
}

}  // namespace promcast
