#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "backtest/m4.h"
#include "backtest/panel.h"
#include "backtest/replay_plan.h"

namespace {

void Require(bool promise) {
  if (!promise) std::abort();
}

void RequirePlan(const promcast::Panel& panel) {
  const auto plan = promcast::PlanReplay(panel, {});
  if (!plan.ok()) return;
  Require(plan->step_ms >= 1000 && plan->every_cells >= 1);
  for (const int64_t time_ms : panel.times_ms) {
    const int64_t cell = plan->CellOf(time_ms);
    Require(plan->TimeOf(cell) >= time_ms && plan->TimeOf(cell - 1) < time_ms);
  }
}

}  // namespace

/// A panel that is accepted keeps the promises of its type; what is refused says where. No more cells than allowed.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kMaxCells = 10'000;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  promcast::ReadM4(promcast::BytesOf(text), "fuzz.csv").IgnoreError();
  const auto panel = promcast::ReadPanel(promcast::BytesOf(text), "fuzz.csv", kMaxCells);
  if (!panel.ok()) {
    Require(panel.status().message().substr(0, 9) == "fuzz.csv:");
    return 0;
  }
  Require(!panel->names.empty() && panel->values.size() == panel->names.size());
  Require((panel->names.size() + 1) * panel->times_ms.size() <= kMaxCells);
  for (size_t i = 1; i < panel->times_ms.size(); i++) Require(panel->times_ms[i - 1] <= panel->times_ms[i]);
  for (const auto& column : panel->values) {
    Require(column.size() == panel->times_ms.size());
    for (const double value : column) Require(!std::isinf(value));
  }
  RequirePlan(*panel);
  return 0;
}
