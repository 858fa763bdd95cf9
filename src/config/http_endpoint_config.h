#pragma once

#include <absl/status/status.h>

#include <filesystem>
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

/// Places a validator's words, which begin with a key's name, at that key.
void FailAtKey(const YamlValue& value, const absl::Status& status);

}  // namespace promcast
