#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "ingest/sample_sink.h"
#include "pipeline/patient_bank.h"
#include "pipeline/rule_set.h"
#include "series/cell_grid.h"
#include "series/label_store.h"
#include "series/sample_ring.h"

namespace promcast {

/// Where a selected series stands. A series that gets no prediction is counted under its reason.
enum class SeriesStatus : uint8_t { kWarmingUp, kPredicted, kConstant, kStale, kOutputLimit, kCount };

/// The word for `status` in metrics and answers.
inline std::string_view SeriesStatusName(SeriesStatus status) {
  static constexpr std::array<std::string_view, static_cast<size_t>(SeriesStatus::kCount)> kNames = {
      "warming_up", "predicted", "constant", "stale", "output_limit"};
  return kNames[static_cast<size_t>(status)];
}

/// Grid and models of a series whose step is known.
struct SeriesModel {
  SeriesModel(std::shared_ptr<const RulePlan> p, CellReading reading)
      : plan(std::move(p)), grid(plan->step_ms, reading), bank(ModelBank(plan->bank)) {}
  SeriesModel(std::shared_ptr<const RulePlan> p, const CellGrid& g, ModelBank b)
      : plan(std::move(p)), grid(g), bank(std::move(b)) {}
  std::shared_ptr<const RulePlan> plan;
  CellGrid grid;
  PatientBank bank;
};

/// What promcast keeps of one selected series. Touched by who runs its shard alone.
struct SeriesState {
  StoredLabels labels;  ///< all of them, sorted, __name__ among them; in the engine's LabelStore
  const Rule* rule = nullptr;
  SampleRing ring;
  std::unique_ptr<SeriesModel> model;  ///< null while the series is young, and while it is to start again
  int64_t received_ms = 0;             ///< when the last sample came in, by our clock
  uint32_t step_ms = 0;                ///< 0 until it is known
  uint16_t threshold_output = 0;       ///< two bits a threshold: its median and its edge are being written
  CellReading reading = CellReading::kLast;
  SampleKind kind = SampleKind::kFloat;
  SeriesStatus status = SeriesStatus::kWarmingUp;
  bool was_modelled = false;    ///< what happened to the samples of the ring has been counted
  bool has_output = false;      ///< something was written and has not been ended
  bool awaits_history = false;  ///< samples go to the ring alone, the model waits for what came before them
};

static_assert(sizeof(SeriesState) <= 80);

}  // namespace promcast
