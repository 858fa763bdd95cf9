#include "server/query_string.h"

#include <absl/status/status.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace promcast {
namespace {

/// Appends what `text` means to `out`; the escape that is none when there is one.
std::optional<std::string_view> Decode(std::string_view text, std::string& out) {
  for (size_t i = 0; i < text.size(); i++) {
    if (text[i] != '%') {
      out += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    const std::string_view escape = text.substr(i, 3);
    unsigned char byte = 0;
    const auto [end, error] = std::from_chars(escape.data() + 1, escape.data() + escape.size(), byte, 16);
    if (error != std::errc() || end != escape.data() + 3) return escape;
    out += static_cast<char>(byte);
    i += 2;
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<std::vector<QueryParameter>> ParseQueryString(std::string_view query) {
  std::vector<QueryParameter> parameters;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const size_t equals = std::min(pair.find('='), pair.size());
    QueryParameter& parameter = parameters.emplace_back();
    auto bad = Decode(pair.substr(0, equals), parameter.name);
    if (!bad) bad = Decode(pair.substr(std::min(equals + 1, pair.size())), parameter.value);
    if (bad) return absl::InvalidArgumentError("invalid URL escape \"" + std::string(*bad) + "\"");
  }
  return parameters;
}

}  // namespace promcast
