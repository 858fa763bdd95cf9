#include "demo/demo_series.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace promcast {
namespace {

constexpr double kNightLoad = 0.25;  // of a replica's scale, at midnight
constexpr double kDayToDay = 0.03;   // standard deviation of one day's peak against the next
constexpr double kLoadNoise = 0.03;  // standard deviation, of the scale
constexpr double kCapacity = 1.45;   // of the scale
constexpr double kRestartDays = 6.3;
constexpr double kCleanupDays = 4.6;
constexpr double kDeployDays = 8.7;
constexpr double kDiskSize = 100e9;
constexpr double kLeakAtEnd = 900e6;  // bytes lost over kRestartDays of mean load
constexpr int kDaysAWeek = 7;

double Scale(int replica) {
  return 120.0 + 35.0 * replica;
}

}  // namespace

DemoSeries::DemoSeries(int64_t day_ms, uint64_t seed)
    : day_ms_(std::max<int64_t>(day_ms, 1000)), noise_cell_ms_(std::max<int64_t>(day_ms_ / 240, 1)), seed_(seed) {}

uint64_t DemoSeries::Key(std::string_view series, int replica) const {
  uint64_t key = 0xcbf29ce484222325 ^ seed_;
  for (const char c : series) key = (key ^ static_cast<uint8_t>(c)) * 0x100000001b3;  // FNV-1a
  return (key ^ static_cast<uint64_t>(replica)) * 0x100000001b3;
}

double DemoSeries::DaysSinceEpoch(int64_t now_ms) const {
  return static_cast<double>(now_ms / day_ms_) + static_cast<double>(now_ms % day_ms_) / static_cast<double>(day_ms_);
}

double DemoSeries::Noise(uint64_t key, int64_t now_ms) const {
  return BlockNoise(key).At(now_ms / noise_cell_ms_);
}

double DemoSeries::Load(int replica, int64_t now_ms) const {
  const double days = DaysSinceEpoch(now_ms);
  const double day = std::floor(days);
  const double peak = 1 + kDayToDay * BlockNoise(Key("peak", replica)).At(static_cast<int64_t>(day));
  const double noise = kLoadNoise * Noise(Key("load", replica), now_ms);
  return Scale(replica) * (kNightLoad + peak * DayShape(days - day) + noise);
}

double DemoSeries::RequestsSinceEpoch(int replica, int64_t now_ms) const {
  const double days = DaysSinceEpoch(now_ms);
  const double day = std::floor(days);
  const auto whole_days = static_cast<int64_t>(day);
  const BlockNoise peaks(Key("peak", replica));
  const double shape = DayShapeIntegral(1) * (day + kDayToDay * peaks.SumBefore(whole_days)) +
                       DayShapeIntegral(days - day) * (1 + kDayToDay * peaks.At(whole_days));
  const BlockNoise noise(Key("load", replica));
  const int64_t cell = now_ms / noise_cell_ms_;
  const double into_cell = static_cast<double>(now_ms % noise_cell_ms_) / static_cast<double>(noise_cell_ms_);
  const double noise_cells = noise.SumBefore(cell) + into_cell * noise.At(cell);
  const double day_seconds = static_cast<double>(day_ms_) / 1000;
  const double cell_seconds = static_cast<double>(noise_cell_ms_) / 1000;
  return Scale(replica) * (day_seconds * (kNightLoad * days + shape) + cell_seconds * kLoadNoise * noise_cells);
}

int64_t DemoSeries::EventMs(double period_days, uint64_t key, int64_t index) const {
  const double moved = (static_cast<double>(index) + HashUnit(key, index) / 3) * period_days;
  return static_cast<int64_t>(moved * static_cast<double>(day_ms_));
}

int64_t DemoSeries::LastEvent(double period_days, uint64_t key, int64_t now_ms) const {
  const auto index = static_cast<int64_t>(DaysSinceEpoch(now_ms) / period_days);
  return EventMs(period_days, key, index) <= now_ms ? index : index - 1;
}

int64_t DemoSeries::StartMs(int replica, int64_t now_ms) const {
  const uint64_t key = Key("restart", replica);
  return std::max<int64_t>(EventMs(kRestartDays, key, LastEvent(kRestartDays, key, now_ms)), 0);
}

double DemoSeries::Requests(int replica, int64_t now_ms) const {
  return std::floor(RequestsSinceEpoch(replica, now_ms) - RequestsSinceEpoch(replica, StartMs(replica, now_ms)));
}

double DemoSeries::Saturation(int replica, int64_t now_ms) const {
  return std::clamp(Load(replica, now_ms) / (kCapacity * Scale(replica)), 0.0, 1.0);
}

double DemoSeries::Latency(int replica, int64_t now_ms) const {
  const double noise = 1 + 0.05 * Noise(Key("latency", replica), now_ms);
  return 0.020 * noise / (1 - 0.95 * Saturation(replica, now_ms));
}

double DemoSeries::ErrorRatio(int replica, int64_t now_ms) const {
  const double overload = std::max(0.0, Saturation(replica, now_ms) - 0.6) / 0.4;
  const double noise = 1 + 0.2 * Noise(Key("errors", replica), now_ms);
  return std::clamp((0.004 + 0.08 * overload * overload) * noise, 0.0, 1.0);
}

double DemoSeries::ResidentMemory(int replica, int64_t now_ms) const {
  const double mean_load = Scale(replica) * (kNightLoad + DayShapeIntegral(1));
  const double requests_at_end = mean_load * kRestartDays * static_cast<double>(day_ms_) / 1000;
  const double leaked = kLeakAtEnd * Requests(replica, now_ms) / requests_at_end;
  return std::floor(180e6 + leaked + 3e6 * Noise(Key("memory", replica), now_ms));
}

double DemoSeries::DiskSize() const {
  return kDiskSize;
}

double DemoSeries::DiskAvailable(int64_t now_ms) const {
  const uint64_t key = Key("cleanup");
  const int64_t cleanup = LastEvent(kCleanupDays, key, now_ms);
  const double since = DaysSinceEpoch(std::max<int64_t>(EventMs(kCleanupDays, key, cleanup), 0));
  // Days of writing, where the night writes less than the day.
  const auto written = [](double days) {
    const double day = std::floor(days);
    return 0.6 * days + 0.4 * (day + DayShapeIntegral(days - day) / DayShapeIntegral(1));
  };
  const double kept = 0.20 + 0.10 * HashUnit(Key("kept"), cleanup);
  // The longest stretch between two cleanups is 4/3 of the period; it ends below a full disk.
  const double a_day = 0.68 / (kCleanupDays * 4 / 3);
  const double used = kept + a_day * (written(DaysSinceEpoch(now_ms)) - written(since));
  return std::floor(kDiskSize * (1 - used) / 4096) * 4096;
}

int64_t DemoSeries::Deploys(int64_t now_ms) const {
  return std::max<int64_t>(LastEvent(kDeployDays, Key("deploy"), now_ms), 0);
}

double DemoSeries::ResponseSize(int64_t now_ms) const {
  const int64_t deploy = Deploys(now_ms);
  // Neighbouring versions always differ: even ones are small, odd ones large.
  const double level = 18e3 + 14e3 * static_cast<double>(deploy % 2) + 6e3 * HashUnit(Key("response"), deploy);
  return std::floor(level * (1 + 0.02 * Noise(Key("response"), now_ms)));
}

double DemoSeries::ActiveUsers(int64_t now_ms) const {
  const double days = DaysSinceEpoch(now_ms);
  const double day = std::floor(days);
  const bool weekend = static_cast<int64_t>(day) % kDaysAWeek >= kDaysAWeek - 2;
  const double peak = weekend ? 900 : 2600;
  return std::floor(300 + peak * DayShape(days - day) + 25 * Noise(Key("users"), now_ms));
}

std::vector<DemoFamily> DemoSeries::At(int64_t now_ms) const {
  using Method = double (DemoSeries::*)(int, int64_t) const;
  struct PerReplica {
    std::string_view name, help, type;
    Method value;
  };
  static constexpr PerReplica kPerReplica[] = {
      {"demo_load_requests_per_second", "Requests arriving now.", "gauge", &DemoSeries::Load},
      {"demo_requests_total", "Requests served since the replica started.", "counter", &DemoSeries::Requests},
      {"demo_saturation_ratio", "Load over what the replica can carry.", "gauge", &DemoSeries::Saturation},
      {"demo_latency_seconds", "Mean time to answer a request.", "gauge", &DemoSeries::Latency},
      {"demo_error_ratio", "Share of requests that fail.", "gauge", &DemoSeries::ErrorRatio},
      {"demo_resident_memory_bytes", "Memory held; leaks until the replica restarts.", "gauge",
       &DemoSeries::ResidentMemory},
  };
  std::vector<DemoFamily> families;
  for (const PerReplica& row : kPerReplica) {
    DemoFamily family{row.name, row.help, row.type, {}};
    for (int replica = 0; replica < kReplicas; ++replica) {
      family.samples.push_back({{{"replica", fmt::format("{}", replica)}}, (this->*row.value)(replica, now_ms)});
    }
    families.push_back(std::move(family));
  }
  families.push_back({"demo_disk_avail_bytes",
                      "Free space; cleaned every few days.",
                      "gauge",
                      {{{{"mountpoint", "/data"}}, DiskAvailable(now_ms)}}});
  families.push_back({"demo_disk_size_bytes", "Size of the disk.", "gauge", {{{{"mountpoint", "/data"}}, DiskSize()}}});
  families.push_back({"demo_response_size_bytes",
                      "Mean size of a response; shifts with each deploy.",
                      "gauge",
                      {{{}, ResponseSize(now_ms)}}});
  families.push_back(
      {"demo_deploys_total", "Deploys so far.", "counter", {{{}, static_cast<double>(Deploys(now_ms))}}});
  families.push_back(
      {"demo_active_users", "Users signed in; quiet on two days of seven.", "gauge", {{{}, ActiveUsers(now_ms)}}});
  return families;
}

}  // namespace promcast
