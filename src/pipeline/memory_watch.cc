#include "pipeline/memory_watch.h"

#include <array>

namespace promcast {
namespace {
constexpr double kPressedAbove = .9;
constexpr double kEnoughBelow = .85;
constexpr double kPlentyBelow = .6;
}  // namespace

std::string_view MemoryReliefName(MemoryRelief relief) {
  static constexpr std::array<std::string_view, 3> kNames = {"none", "seasons", "horizons"};
  return kNames[static_cast<size_t>(relief)];
}

void MemoryWatch::Look(const Reading& reading) {
  const double used = reading.limit_bytes > 0 ? reading.used_bytes / reading.limit_bytes : 0;
  full_ = used > 1;
  pressed_ = used > (pressed_ ? kEnoughBelow : kPressedAbove);
  if (used < kPlentyBelow) relief_ = MemoryRelief::kNone;
  if (reading.relieved_series != relieved_series_ || reading.waiting_series > 0 || !pressed_) {
    relieved_series_ = reading.relieved_series;
    since_ms_ = reading.now_ms;
  }
  if (!pressed_ || relief_ == MemoryRelief::kHorizons) return;
  if (relief_ == MemoryRelief::kSeasons && reading.now_ms - since_ms_ <= reading.lap_ms) return;
  relief_ = relief_ == MemoryRelief::kNone ? MemoryRelief::kSeasons : MemoryRelief::kHorizons;
  since_ms_ = reading.now_ms;
}

}  // namespace promcast
