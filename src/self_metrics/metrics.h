#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace promcast {

/// Only rises. Thread-safe, a relaxed atomic.
class Counter {
 public:
  void Increment(double by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

class Gauge {
 public:
  void Set(double value) { value_.store(value, std::memory_order_relaxed); }
  void Add(double by) { value_.fetch_add(by, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

/// Cumulative buckets with the upper bounds given, and +Inf.
class Histogram {
 public:
  explicit Histogram(std::vector<double> upper_bounds);
  void Observe(double value);
  const std::vector<double>& upper_bounds() const { return upper_bounds_; }
  /// Counts per bucket (not cumulative), the last one for +Inf.
  std::vector<uint64_t> counts() const;
  double sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  const std::vector<double> upper_bounds_;
  std::unique_ptr<std::atomic<uint64_t>[]> counts_;
  std::atomic<double> sum_{0};
};

/// The process's own metrics. Metrics are made once, at start, and live as long as the registry; updating them takes no
/// lock. Asking again for the same name and labels returns the same metric. Names follow Prometheus's conventions
/// (`promcast_..._total`, base units, no colons); a name that breaks them, or one name with two types, aborts.
class MetricRegistry {
 public:
  using MetricLabels = std::vector<std::pair<std::string, std::string>>;
  enum class Format { kText, kOpenMetrics };  // text/plain; version=0.0.4, application/openmetrics-text; version=1.0.0

  MetricRegistry();
  ~MetricRegistry();

  Counter& AddCounter(std::string_view name, std::string_view help, MetricLabels labels = {});
  Gauge& AddGauge(std::string_view name, std::string_view help, MetricLabels labels = {});
  Histogram& AddHistogram(std::string_view name, std::string_view help, std::vector<double> upper_bounds,
                          MetricLabels labels = {});
  /// A gauge, or with a name that ends in _total a counter, whose value is asked for at each scrape.
  void AddCallback(std::string_view name, std::string_view help, MetricLabels labels, std::function<double()> value);
  /// Called before each rendering, to set gauges that are cheaper to compute together.
  void AddCollector(std::function<void()> collect);

  std::string Render(Format format) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace promcast
