#pragma once

#include <string>

#include "pipeline/memory_watch.h"
#include "self_metrics/metrics.h"

namespace promcast {

/// Counters of what happens to series and predictions, shared by all shards.
struct PipelineMetrics {
  explicit PipelineMetrics(MetricRegistry& metrics)
      : series_created(metrics.AddCounter("promcast_series_created_total", "Series taken up by a rule.")),
        series_expired(
            metrics.AddCounter("promcast_series_expired_total", "Series given up because no sample came any more.")),
        series_stale(metrics.AddCounter("promcast_series_stale_total", "Series that ended with a staleness marker.")),
        series_inherited(metrics.AddCounter("promcast_series_inherited_total",
                                            "Series that took over the models of one that had ended.")),
        series_borrowed(metrics.AddCounter("promcast_series_borrowed_total",
                                           "Models that began with the season of a series' siblings.")),
        counter_resets(metrics.AddCounter("promcast_series_resets_total", "Counter resets seen.")),
        gaps(metrics.AddCounter("promcast_series_gaps_total", "Gaps of at least one empty grid cell.")),
        clock_jumps(metrics.AddCounter("promcast_series_clock_jumps_total",
                                       "Jumps of a series' timestamps too long to be a gap.")),
        cells(metrics.AddCounter("promcast_model_updates_total", "Grid cells fed to models.")),
        predictions(metrics.AddCounter("promcast_predictions_total",
                                       "Times that a series was asked for its predictions and gave them.")),
        held_back(metrics.AddCounter("promcast_predictions_held_back_total",
                                     "Forecasts of one horizon left out by hold_back, for want of skill.")),
        history_samples(metrics.AddCounter("promcast_backfill_samples_total", "Samples of history fed to models.")),
        history_complete(HistoryRead(metrics, "complete")),
        history_given_up(HistoryRead(metrics, "given_up")),
        gave_up_seasons(GaveUp(metrics, MemoryRelief::kSeasons)),
        gave_up_horizons(GaveUp(metrics, MemoryRelief::kHorizons)),
        output_samples(metrics.AddCounter("promcast_output_samples_total", "Samples handed to the writer.")) {}

  Counter& series_created;
  Counter& series_expired;
  Counter& series_stale;
  Counter& series_inherited;
  Counter& series_borrowed;
  Counter& counter_resets;
  Counter& gaps;
  Counter& clock_jumps;
  Counter& cells;
  Counter& predictions;
  Counter& held_back;
  Counter& history_samples;
  Counter& history_complete;
  Counter& history_given_up;
  Counter& gave_up_seasons;
  Counter& gave_up_horizons;
  Counter& output_samples;

 private:
  static Counter& HistoryRead(MetricRegistry& metrics, const std::string& result) {
    return metrics.AddCounter("promcast_backfill_series_total",
                              "Series that went live after waiting for their history, by what came of it.",
                              {{"result", result}});
  }
  static Counter& GaveUp(MetricRegistry& metrics, MemoryRelief relief) {
    return metrics.AddCounter("promcast_series_relieved_total",
                              "Series that gave something up because memory came near its limit.",
                              {{"gave_up", std::string(MemoryReliefName(relief))}});
  }
};

}  // namespace promcast
