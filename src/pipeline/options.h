#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "capacity/time_to_threshold.h"
#include "checkpoint/options.h"
#include "ingest/options.h"
#include "promcast/model_bank.h"
#include "remote_read/history_client.h"
#include "sender/options.h"
#include "series/sample_ring.h"
#include "timeseries/selector.h"

namespace promcast {

/// A level whose crossing is forecast: `below` or `above` it, as the rule says.
struct ThresholdOptions {
  std::string name;
  double level = 0;
  ThresholdSide side = ThresholdSide::kBelow;
  friend bool operator==(const ThresholdOptions&, const ThresholdOptions&) = default;
};

/// One entry of `forecasts:`; a series follows the first rule whose selector matches it.
struct RuleOptions {
  std::string name;  ///< default: the text of `match`
  std::string match_text;
  std::vector<Selector> match;  ///< any of them
  int64_t step_ms = 0;          ///< the time grid; 0: auto, the scrape interval seen
  std::vector<int64_t> seasons_ms{86'400'000, 604'800'000};
  bool detect_seasons = false;  ///< each series' own are found while it runs; `seasons_ms` is empty then
  Profile profile = Profile::kStandard;
  std::vector<std::string> extra_models;  ///< beside the profile's
  std::vector<int64_t> horizons_ms{3'600'000};
  std::vector<double> coverages{0.95};
  int64_t interval_ms = 60'000;          ///< how often predictions are written
  std::optional<double> floor, ceiling;  ///< natural bounds of the values
  bool anomaly_score = true;
  /// Labels in which a series may differ from one that has ended to inherit its models; empty: none does.
  std::vector<std::string> inherit_across;
  bool cohort_start = false;  ///< new series begin with the season's shape that others of their metric have
  bool hold_back = false;     ///< leaves out a horizon's forecasts while they do no better than the naive baselines
  std::vector<ThresholdOptions> thresholds;  ///< at most kMaxThresholds
  static constexpr size_t kMaxThresholds = 8;
  friend bool operator==(const RuleOptions& a, const RuleOptions& b);
};

struct LimitOptions {
  size_t max_series = 2'000'000;         ///< with a model
  size_t max_known_series = 10'000'000;  ///< seen, with or without a rule; beyond it new series are left out
  size_t max_output_series = 8'000'000;
  size_t max_memory_bytes =
      0;  ///< resident; near it series give up seasons and horizons, above it new ones are left out; 0: no limit
  int64_t max_ahead_ms = 600'000;  ///< samples stamped further ahead are refused
  friend bool operator==(const LimitOptions&, const LimitOptions&) = default;
};

struct SeriesOptions {
  int64_t idle_timeout_ms = 900'000;  ///< a series ends this long after its last sample
  RingOptions ring;
};

/// How history is read for series that are new, or were away.
struct BackfillOptions {
  int64_t max_range_ms = 21 * int64_t{86'400'000};  ///< at most so far back; less where a rule's models need less
  size_t concurrency = 2;                           ///< requests at once
  int64_t patience_ms = 600'000;                    ///< without any success for so long, series go on without history
  int64_t settle_ms = 3'000;                        ///< so long new series are gathered, to be asked for together
  friend bool operator==(const BackfillOptions&, const BackfillOptions&) = default;
};

/// What the configuration file says, validated.
struct PipelineOptions {
  std::vector<DestinationOptions> remote_write;
  std::vector<HistorySourceOptions> remote_read;  ///< where history is read from; of several the first that answers
  BackfillOptions backfill;
  std::vector<RuleOptions> forecasts;
  LimitOptions limits;
  SeriesOptions series;
  StorageOptions storage;
  IngestOptions ingest;  ///< taken at start; a reload does not change it
  size_t shards = 0;     ///< 0: one a core; taken at start
};

}  // namespace promcast
