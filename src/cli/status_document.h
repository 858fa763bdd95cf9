#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/pipeline.h"

namespace promcast {

/// What /api/v1/status and the page at / show, as JSON.
std::string StatusDocument(const Pipeline& pipeline, const std::vector<DestinationOptions>& destinations,
                           int64_t uptime_ms);

}  // namespace promcast
