#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "timeseries/labels.h"
#include "timeseries/selector.h"

/// Any text is either refused or selects at least one matcher that refuses a series without labels.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto selector = promcast::Selector::Parse(text);
  if (selector.ok() && selector->Matches(promcast::Labels())) std::abort();
  return 0;
}
