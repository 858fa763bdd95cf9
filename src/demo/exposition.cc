#include "demo/exposition.h"

#include <fmt/format.h>

#include <iterator>

namespace promcast {

std::string RenderText(const std::vector<DemoFamily>& families) {
  std::string text;
  auto out = std::back_inserter(text);
  for (const DemoFamily& family : families) {
    fmt::format_to(out, "# HELP {} {}\n# TYPE {} {}\n", family.name, family.help, family.name, family.type);
    for (const DemoFamily::Sample& sample : family.samples) {
      text += family.name;
      char before = '{';
      for (const auto& [name, value] : sample.labels) {
        fmt::format_to(out, "{}{}=\"{}\"", before, name, value);
        before = ',';
      }
      if (!sample.labels.empty()) text += '}';
      fmt::format_to(out, " {}\n", sample.value);
    }
  }
  return text;
}

}  // namespace promcast
