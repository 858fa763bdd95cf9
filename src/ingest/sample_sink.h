#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "remote_write/decoder.h"
#include "timeseries/fingerprint.h"
#include "timeseries/labels.h"

namespace promcast {

/// Which number of a request's series a sample carries: the float itself, or a scalar of a native histogram, which is
/// modelled as a series of its own named <metric>_count or <metric>_sum.
enum class SampleKind : uint8_t { kFloat, kHistogramCount, kHistogramSum };

/// A sample on its way to the shard that owns its series.
struct IncomingSample {
  Fingerprint fingerprint;
  int64_t timestamp_ms;
  double value;
  uint32_t series_offset;  ///< where its TimeSeries message stands in the request: for CopySeriesLabels
  uint32_t series_bytes;
  SampleKind kind;
  uint16_t exemplars;  ///< of the whole series, on its first sample
};

/// Why a sample was refused (the sender is told) or left out on purpose (it counts as written). One counter each.
enum class SampleVerdict : uint8_t {
  kAccepted,      ///< in a ring and on a grid
  kNoRule,        ///< no rule wants the series
  kOwnSeries,     ///< promcast's own output: never forecast
  kStaleMarker,   ///< the series ended
  kNotANumber,    ///< NaN or infinite: time passes, nothing is learnt
  kDuplicate,     ///< the newest timestamp again
  kOutOfOrder,    ///< older than the newest
  kLimitReached,  ///< max_series: known series go on, this new one is left out
  // Refused from here on:
  kMissingName,
  kInvalidLabels,  ///< a name twice, an empty or non-UTF-8 name, a non-UTF-8 value
  kTooFarAhead,    ///< stamped too far in the future
  kCount,
};
/// True for what is said of a series, and so of all its samples, whatever they are.
inline bool ConcernsWholeSeries(SampleVerdict verdict) {
  return verdict == SampleVerdict::kNoRule || verdict == SampleVerdict::kOwnSeries ||
         verdict == SampleVerdict::kLimitReached || verdict == SampleVerdict::kMissingName ||
         verdict == SampleVerdict::kInvalidLabels;
}
inline bool IsRefused(SampleVerdict verdict) {
  return verdict >= SampleVerdict::kMissingName;
}

/// Samples of one request for one shard, and what became of them. Owned by the request; the shard fills in the lower
/// half.
struct ShardBatch {
  std::vector<IncomingSample> samples;
  const RequestDecoder* labels = nullptr;  ///< CopyLabels gives a sample's labels; valid until `done`

  std::vector<SampleVerdict> verdicts;  ///< one a sample
  std::string first_refusal;            ///< text for the sender
  std::function<void()> done;           ///< called once, by Submit or from another thread
};

/// Where decoded samples go: the shards. Thread-safe.
class SampleSink {
 public:
  virtual ~SampleSink() = default;
  virtual size_t shard_count() const = 0;
  size_t ShardOf(const Fingerprint& f) const { return ShardOf(f, shard_count()); }
  /// The same for who knows how many shards there are.
  static size_t ShardOf(const Fingerprint& f, size_t shards) {
    return static_cast<size_t>((f.high >> 32) * shards >> 32);
  }
  /// False when the shard's queue is full or the process is stopping: nothing was taken, `done` will not be called.
  /// Otherwise it is, perhaps before this returns.
  virtual bool Submit(size_t shard, ShardBatch& batch) = 0;
  /// Type and unit of a metric family, as the stream tells them.
  virtual void NoteMetadata(const MetadataView& metadata) = 0;
  virtual bool ready() const = 0;
};

}  // namespace promcast
