#pragma once

#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/shard_engine.h"
#include "remote_write/decoder.h"
#include "remote_write/snappy_block.h"
#include "self_metrics/metrics.h"
#include "timeseries/clock.h"

namespace promcast::testing {

inline constexpr int64_t kStart = 1'700'000'000'000;

/// The series of tests that need but one, and values that are worth a forecast.
inline const Labels kLoad = {{"__name__", "load"}, {"job", "a"}};
inline double Wave(int second) {
  return 100 + 10 * std::sin(second / 7.0);
}

struct SentSample {
  Labels labels;
  Sample sample;
  SampleKind kind = SampleKind::kFloat;
};

/// A rule for everything that `match` selects: a step of 1 s, horizons 5 s and 30 s, predictions each second.
RuleOptions TestRule(const std::string& match);

/// The same, but for the step, which each series shows: no model is started for a single sample.
RuleOptions RuleOfAnyStep(const std::string& match);

/// What output came, by series as Prometheus prints it.
using Written = std::map<std::string, std::vector<Sample>>;

/// A batch for one shard with the request it points into, as the ingest module makes them.
class TestBatch {
 public:
  explicit TestBatch(const std::vector<SentSample>& samples);
  ShardBatch batch;

 private:
  ByteBuffer message_;
  RequestDecoder decoder_;
};

/// An engine on a clock that stands still, with what it wrote.
class EngineFixture {
 public:
  explicit EngineFixture(std::vector<RuleOptions> rules);

  std::vector<SampleVerdict> Apply(const std::vector<SentSample>& samples);
  SampleVerdict Apply(const Labels& labels, int64_t timestamp_ms, double value);
  /// One sample of each of so many series load{i="0"}, load{i="1"}, ...
  void ApplyOneOfEach(int series);
  /// One sample a second, value(i), the clock moving along, all that is due served after each.
  void Stream(const Labels& labels, int seconds, const std::function<double(int)>& value);
  void RunDue();
  void Reconfigure(std::vector<RuleOptions> rules);

  size_t Count(SeriesStatus status) { return engine->Report().status[static_cast<size_t>(status)]; }

  PipelineOptions options;
  ManualClock clock{kStart};
  MetricRegistry registry;
  PipelineMetrics metrics{registry};
  MetricCatalog catalog;
  Admission admission;
  Lineage lineage;
  Cohorts cohorts;
  Written written;
  std::unique_ptr<ShardEngine> engine;
};

void Record(const OutputBatch& batch, Written& written);

}  // namespace promcast::testing
