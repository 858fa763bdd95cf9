#include "config/config.h"

#include <absl/status/status.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <system_error>

#include "config/config_errors.h"
#include "config/sections.h"
#include "config/yaml_section.h"
#include "config/yaml_tree.h"

namespace promcast {

absl::StatusOr<PipelineOptions> ParseConfig(std::string_view yaml, std::string_view file_name) {
  ConfigErrors errors{std::string(file_name)};
  const std::shared_ptr<const YamlNode> root = ParseYaml(yaml, errors);
  if (root == nullptr) return errors.ToStatus();
  PipelineOptions options;
  YamlSection top(YamlValue(*root, root->position, "", errors));
  ReadRemoteWrite(top, std::filesystem::path(file_name).parent_path(), options);
  ReadRemoteRead(top, std::filesystem::path(file_name).parent_path(), options);
  ReadBackfill(top, options);
  ReadForecasts(top, options);
  ReadLimits(top, options);
  ReadSeries(top, options);
  ReadStorage(top, options);
  ReadShards(top, options);
  top.RefuseOtherKeys();
  if (!errors.empty()) return errors.ToStatus();
  return options;
}

absl::StatusOr<PipelineOptions> LoadConfigFile(const std::string& path) {
  const auto cannot_read = [&path](const std::string& why) {
    return absl::FailedPreconditionError(
        fmt::format("cannot read the configuration file \"{}\": {}; correct its name or its rights", path, why));
  };
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return cannot_read("it is a folder");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return cannot_read(std::generic_category().message(errno));
  std::string yaml(kMaxYamlBytes + 1, '\0');
  file.read(yaml.data(), static_cast<std::streamsize>(yaml.size()));
  if (file.bad()) return cannot_read("reading failed");
  yaml.resize(static_cast<size_t>(file.gcount()));
  return ParseConfig(yaml, path);
}

}  // namespace promcast
