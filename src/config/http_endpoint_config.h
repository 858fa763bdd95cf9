#pragma once

#include <absl/status/status.h>
#include <fmt/format.h>

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/yaml_section.h"
#include "http_client/options.h"

namespace promcast {

/// Reads the keys that entries of remote_write and remote_read share, `name` among them, which defaults to the URL
/// without user info. `advice` goes with a url that is missing.
void ReadHttpEndpoint(YamlSection& section, const std::filesystem::path& folder, std::string_view advice,
                      HttpEndpointOptions& out, std::string& name);

/// A map of free names to texts.
void ReadTextMap(YamlSection& section, std::string_view key, std::vector<std::pair<std::string, std::string>>& out);

/// Places a validator's words, which begin with a key's name, at that key, and an error at a name that is in `names`.
void CheckHttpEndpoint(const YamlValue& value, const std::string& name, std::string_view kind,
                       const absl::Status& validity, std::map<std::string, FilePosition>& names);

/// Reads the list `key` of endpoints with a `name`, each by `read`; those that were read without an error are given to
/// `validate`, and no two may have the same name. `kind`: what an endpoint is called in errors.
template <typename Endpoint>
void ReadHttpEndpoints(YamlSection& top, std::string_view key, std::string_view kind,
                       const std::function<void(const YamlValue&, Endpoint&)>& read,
                       const std::function<absl::Status(const Endpoint&)>& validate, std::vector<Endpoint>& out) {
  const auto entry = top.Take(key);
  std::vector<YamlValue> items;
  if (!entry || entry->IsNull() || !entry->ReadList(items, fmt::format("a list of {}s", kind))) return;
  std::map<std::string, FilePosition> names;
  for (const YamlValue& item : items) {
    Endpoint endpoint;
    const size_t errors_before = item.errors().size();
    read(item, endpoint);
    if (item.errors().size() == errors_before) CheckHttpEndpoint(item, endpoint.name, kind, validate(endpoint), names);
    out.push_back(std::move(endpoint));
  }
}

}  // namespace promcast
