#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace promcast {

/// What series go without while memory is short; each step includes the ones before it.
enum class MemoryRelief : uint8_t {
  kNone,
  kSeasons,   ///< nothing is remembered of a day or a week
  kHorizons,  ///< only the shortest horizon is forecast
};

/// "none", "seasons" or "horizons".
std::string_view MemoryReliefName(MemoryRelief relief);

/// Keeps memory below its limit by asking series to give something up, before any new one has to be refused. From nine
/// tenths of the limit on series are relieved one after the other, as the schedule comes by, until that is enough. When
/// all have given up the one thing, and it was not enough, they give up the next. What was given up comes back with the
/// series that are new once memory is below six tenths. Not thread-safe.
class MemoryWatch {
 public:
  struct Reading {
    double used_bytes = 0;
    double limit_bytes = 0;        ///< 0: none
    uint64_t relieved_series = 0;  ///< how often one gave something up, since the start
    size_t waiting_series = 0;     ///< that cannot give anything up yet
    int64_t now_ms = 0;
    int64_t lap_ms = 0;  ///< within this time every series is asked once
  };

  void Look(const Reading& reading);

  /// No new series until memory is below its limit again.
  bool full() const { return full_; }
  /// Series that have more than `relief` allows are to give it up now.
  bool pressed() const { return pressed_; }
  /// What new series do without.
  MemoryRelief relief() const { return relief_; }

 private:
  bool full_ = false;
  bool pressed_ = false;
  MemoryRelief relief_ = MemoryRelief::kNone;
  uint64_t relieved_series_ = 0;
  int64_t since_ms_ = 0;  // nothing was given up any more, or the step was taken
};

}  // namespace promcast
