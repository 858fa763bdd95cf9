#include <cstdint>
#include <cstdlib>
#include <string>

#include "archive/archive.h"
#include "series/cell_grid.h"
#include "series/sample_ring.h"

namespace {

using namespace promcast;

// False when the bytes are refused. What is taken must be saved again as it was.
template <class State>
bool Load(State& state, std::string_view bytes) {
  ArchiveReader reader(bytes);
  state.Load(reader);
  if (!reader.ok()) {
    if (!state.empty()) std::abort();
    return false;
  }
  std::string again;
  ArchiveWriter writer(again);
  state.Save(writer);
  if (again != bytes.substr(0, bytes.size() - reader.left())) std::abort();
  return true;
}

void UseRing(std::string_view bytes) {
  SampleRing ring;
  if (!Load(ring, bytes) || ring.empty()) return;
  int64_t now_ms = ring.newest().timestamp_ms;
  for (int i = 0; i < 40 && now_ms < INT64_MAX - 60'000; i++) {
    now_ms += 15'000 + i % 3;
    ring.Append({now_ms, 1.5 * i}, {0, 1024, 10});
  }
  ring.ForEach(INT64_MIN, INT64_MAX, [](Sample) {});
}

void UseGrid(std::string_view bytes, CellReading reading) {
  CellGrid grid(60'000, reading);
  if (!Load(grid, bytes)) return;
  GridEvents events;
  for (int64_t i = 0; i < 20; i++) {
    const int64_t now_ms = 1'700'000'000'000 + i * 45'000;
    grid.Add({now_ms, 2. * static_cast<double>(i)}, now_ms, {}, events, [](double, int64_t) {});
  }
}

}  // namespace

/// The first byte tells what the others are read as.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 3 == 0) UseRing(bytes);
  if (data[0] % 3 == 1) UseGrid(bytes, CellReading::kLast);
  if (data[0] % 3 == 2) UseGrid(bytes, CellReading::kRate);
  return 0;
}
