#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/persistence.h"
#include "pipeline/pipeline.h"

namespace promcast {

/// What /api/v1/status and the page at / show, as JSON. `persistence`: nothing without a storage path.
std::string StatusDocument(const Pipeline& pipeline, const std::vector<DestinationOptions>& destinations,
                           const std::optional<PersistenceReport>& persistence, int64_t now_ms, int64_t started_ms);

}  // namespace promcast
