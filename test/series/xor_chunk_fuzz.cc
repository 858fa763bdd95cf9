#include <bit>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "series/xor_chunk.h"

/// Whatever could be read from the bytes must be what is read again after it was written.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace promcast;
  std::vector<Sample> samples;
  XorChunkReader reader({data, size});
  XorChunkWriter writer;
  for (Sample sample; reader.Next(sample);) {
    samples.push_back(sample);
    writer.Append(sample);
  }
  XorChunkReader again(writer.bytes());
  for (const Sample& sample : samples) {
    Sample read;
    if (!again.Next(read) || read.timestamp_ms != sample.timestamp_ms ||
        std::bit_cast<uint64_t>(read.value) != std::bit_cast<uint64_t>(sample.value)) {
      std::abort();
    }
  }
  Sample beyond;
  if (again.Next(beyond) || again.corrupt()) std::abort();
  return 0;
}
