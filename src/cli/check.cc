#include "cli/check.h"

#include <fmt/format.h>

#include <cstdio>

#include "config/config.h"

namespace promcast {

int CheckConfig(const std::string& path) {
  const auto options = LoadConfigFile(path);
  if (!options.ok()) {
    fmt::print(stderr, "{}\n", std::string(options.status().message()));
    return 1;
  }
  fmt::print("{}", DescribeConfig(*options));
  for (const std::string& warning : ConfigWarnings(*options)) fmt::print("warning: {}\n", warning);
  fmt::print("{} is valid\n", path);
  return 0;
}

}  // namespace promcast
