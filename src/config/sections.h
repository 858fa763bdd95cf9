#pragma once

#include <filesystem>

#include "config/yaml_section.h"
#include "pipeline/options.h"

namespace promcast {

/// Each reads the top-level keys that it is named after. What is wrong goes to the errors of `top`; absent keys leave
/// the defaults. `folder`: what relative file names are relative to.
void ReadRemoteWrite(YamlSection& top, const std::filesystem::path& folder, PipelineOptions& options);
void ReadRemoteRead(YamlSection& top, const std::filesystem::path& folder, PipelineOptions& options);
void ReadBackfill(YamlSection& top, PipelineOptions& options);
void ReadForecasts(YamlSection& top, PipelineOptions& options);
void ReadLimits(YamlSection& top, PipelineOptions& options);
void ReadSeries(YamlSection& top, PipelineOptions& options);
void ReadStorage(YamlSection& top, PipelineOptions& options);
void ReadShards(YamlSection& top, PipelineOptions& options);

}  // namespace promcast
