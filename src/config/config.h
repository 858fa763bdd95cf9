#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <string_view>
#include <vector>

#include "pipeline/options.h"

namespace promcast {

/// Reads promcast's configuration, YAML of at most 1 MiB, and validates it whole. `file_name` is what errors call the
/// file, and relative file names inside are taken from its folder; those files must be readable. Environment variables
/// are not expanded. InvalidArgument lists all that is wrong, one a line in the file's order:
///   promcast.yml:7:3: unknown key "horizon" in forecasts[0]; did you mean "horizons"?
/// Secrets are never repeated in errors. Thread-safe; throws nothing.
absl::StatusOr<PipelineOptions> ParseConfig(std::string_view yaml, std::string_view file_name);

/// As ParseConfig for the file at `path`. FailedPrecondition when it cannot be read.
absl::StatusOr<PipelineOptions> LoadConfigFile(const std::string& path);

/// What is legal but probably not meant, a sentence each.
std::vector<std::string> ConfigWarnings(const PipelineOptions& options);

/// What `options` make promcast do, for people: a line for each rule, each destination and the limits. Secrets, user
/// info in URLs and the values of headers are left out.
std::string DescribeConfig(const PipelineOptions& options);

}  // namespace promcast
