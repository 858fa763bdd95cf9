// Prints an exposition with every kind of metric, for promtool to judge.
#include <iostream>
#include <limits>

#include "self_metrics/metrics.h"
#include "self_metrics/process_metrics.h"

int main() {
  promcast::MetricRegistry metrics;
  promcast::AddProcessMetrics(metrics);
  metrics.AddGauge("promcast_build_info", "What was built.", {{"version", "0.1.0"}}).Set(1);
  metrics.AddCounter("promcast_lines_total", "Help with a \\ and a\nline feed.", {{"path", "C:\\a \"b\"\nc"}})
      .Increment();
  metrics.AddGauge("promcast_lag_seconds", "A gauge without a value.").Set(std::numeric_limits<double>::infinity());
  auto& latency =
      metrics.AddHistogram("promcast_request_duration_seconds", "A histogram.", {0.005, 1, 10}, {{"h", "w"}});
  for (double seconds : {0.001, 0.5, 100.0}) latency.Observe(seconds);
  std::cout << metrics.Render(promcast::MetricRegistry::Format::kText);
}
