#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "concurrency/mutex.h"
#include "ingest/sample_sink.h"
#include "remote_write/decoder.h"
#include "series/cell_grid.h"

namespace promcast {

/// What the stream says of metric families. Decides how a series is read: counters become rates. Bounded: families
/// beyond `kMaxFamilies`, or beyond `kMaxNameBytes` of names, are judged by their names alone. A family that targets
/// export with different types changes at most `kMaxChanges` times, then keeps its type. Thread-safe; noting what is
/// known already takes no lock.
class MetricCatalog {
 public:
  static constexpr size_t kMaxFamilies = 200'000;
  static constexpr size_t kMaxNameBytes = 16 << 20;
  static constexpr int kMaxChanges = 4;

  /// True when the type of a known family changed or a new family's type contradicts what its name suggests, so that
  /// series of the family may have to be read otherwise from now on.
  bool Note(const MetadataView& metadata);
  MetricType TypeOf(std::string_view metric) const;
  size_t size() const;
  /// Calls `visit` for each family whose type is known, in no order, holding the lock.
  void ForEach(const std::function<void(std::string_view name, MetricType type)>& visit) const;

  /// How to read a series, by its family's type, else by the conventions of metric names.
  CellReading ReadingOf(std::string_view metric, SampleKind kind) const;

 private:
  struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  struct Family {
    MetricType type;
    int changes = 0;
  };
  mutable Mutex mutex_;
  size_t name_bytes_ PROMCAST_GUARDED_BY(mutex_) = 0;
  std::unordered_map<std::string, Family, TextHash, std::equal_to<>> families_ PROMCAST_GUARDED_BY(mutex_);
  std::array<std::atomic<uint64_t>, 4096> recent_{};  // hashes of what was noted last, to skip it without the lock
};

}  // namespace promcast
