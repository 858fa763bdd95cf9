#include <cstddef>

#include "walk_request.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  promcast::testing::WalkRequest(promcast::WriteProtocol::kV2, {reinterpret_cast<const char*>(data), size});
  return 0;
}
