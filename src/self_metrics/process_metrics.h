#pragma once

#include "self_metrics/metrics.h"

namespace promcast {

/// What Prometheus's client libraries tell of every process: process_cpu_seconds_total, process_resident_memory_bytes,
/// process_virtual_memory_bytes, process_start_time_seconds, process_open_fds, process_max_fds. Read from /proc at each
/// scrape; NaN where /proc does not say. https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics
void AddProcessMetrics(MetricRegistry& metrics);

/// The process's resident memory; NaN where /proc does not say.
double ResidentBytes();

}  // namespace promcast
