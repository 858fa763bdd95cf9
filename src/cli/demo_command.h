#pragma once

#include "demo/demo_server.h"

namespace promcast {

/// `promcast demo`: serves the sample exporter until SIGINT or SIGTERM. The exit code.
int RunDemoCommand(const DemoOptions& options);

}  // namespace promcast
