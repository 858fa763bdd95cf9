#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "demo/day_shape.h"

namespace promcast {

/// One family of the exposition: what stands under one HELP and TYPE.
struct DemoFamily {
  std::string_view name, help, type;
  struct Sample {
    std::vector<std::pair<std::string_view, std::string>> labels;
    double value;
  };
  std::vector<Sample> samples;
};

/// A small service as its monitoring sees it, with days that last `day_ms` and weeks of seven such days. Every value is
/// a pure function of (time, seed): two scrapes of the same millisecond agree, and a restarted exporter goes on where
/// the old one was. Counters are exact integrals of their rates. Thread-safe: it has no mutable state.
class DemoSeries {
 public:
  static constexpr int kReplicas = 3;

  /// `day_ms` is at least 1000.
  DemoSeries(int64_t day_ms, uint64_t seed);

  /// All families at `now_ms` (milliseconds since the epoch, not negative).
  std::vector<DemoFamily> At(int64_t now_ms) const;

  /// Requests per second: the day's shape, days that differ by some percent, and noise.
  double Load(int replica, int64_t now_ms) const;
  /// Requests since the replica's last restart: the integral of Load, rounded down.
  double Requests(int replica, int64_t now_ms) const;
  /// Load over what the replica can carry, in [0, 1].
  double Saturation(int replica, int64_t now_ms) const;
  /// Seconds; grows like 1 / (1 - saturation), as in a queue.
  double Latency(int replica, int64_t now_ms) const;
  /// In [0, 1]: some failures always, more of them when the replica is close to its limit.
  double ErrorRatio(int replica, int64_t now_ms) const;
  /// Bytes; leaks with the requests served, until the replica restarts.
  double ResidentMemory(int replica, int64_t now_ms) const;
  /// When the replica last started (milliseconds since the epoch): every few days, not at the same time of day.
  int64_t StartMs(int replica, int64_t now_ms) const;
  /// Bytes; fills by day more than by night, and is cleaned every few days.
  double DiskAvailable(int64_t now_ms) const;
  double DiskSize() const;
  /// Bytes; shifts to another level with each deploy.
  double ResponseSize(int64_t now_ms) const;
  int64_t Deploys(int64_t now_ms) const;
  /// Users signed in: day and week, quiet on the last two days of seven.
  double ActiveUsers(int64_t now_ms) const;

 private:
  /// The `index`-th of a row of events that come every `period_days`, each moved by up to a third of the period; `last`
  /// is the index of the newest one that is not after `now_ms`.
  int64_t EventMs(double period_days, uint64_t key, int64_t index) const;
  int64_t LastEvent(double period_days, uint64_t key, int64_t now_ms) const;
  /// Requests since the epoch, not rounded.
  double RequestsSinceEpoch(int replica, int64_t now_ms) const;
  double DaysSinceEpoch(int64_t now_ms) const;
  double Noise(uint64_t key, int64_t now_ms) const;
  uint64_t Key(std::string_view series, int replica = 0) const;

  int64_t day_ms_;
  int64_t noise_cell_ms_;
  uint64_t seed_;
};

}  // namespace promcast
