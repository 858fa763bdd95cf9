#pragma once

#include <string>

namespace promcast {

/// `promcast check config FILE`: prints what the file makes promcast do, or what is wrong with it. The exit code.
int CheckConfig(const std::string& path);

}  // namespace promcast
