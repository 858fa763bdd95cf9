#pragma once

#include <string>
#include <vector>

#include "demo/demo_series.h"

namespace promcast {

/// Prometheus's text format 0.0.4. Names, help texts and label values must need no escaping.
std::string RenderText(const std::vector<DemoFamily>& families);

}  // namespace promcast
