#include "remote_write/histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "remote_write/wire.h"

namespace promcast {
namespace {

constexpr int32_t kMinExponentialSchema = -4;
constexpr int32_t kMaxExponentialSchema = 8;
constexpr int32_t kCustomBucketsSchema = -53;
constexpr double kFloatCountTolerance = 1e-6;

using Wide = __int128;  // sums of 64-bit counts: a request holds too few of them to overflow it

// The buckets above or below zero, reduced while they are read to what validation asks.
struct BucketSide {
  uint64_t spans = 0;
  uint64_t span_lengths = 0;
  uint64_t span_offsets = 0;  // the sum, as long as none is negative
  bool first_offset_negative = false;
  bool later_offset_negative = false;

  uint64_t deltas = 0;
  Wide bucket = 0;  // the running count that the deltas describe
  Wide bucket_sum = 0;
  bool bucket_out_of_range = false;

  uint64_t float_buckets = 0;
  double float_bucket_sum = 0;
  bool float_bucket_negative = false;

  bool AddSpan(std::string_view message);
  void AddDelta(int64_t delta);
  void AddFloatBucket(double count);
  bool empty() const { return spans == 0 && deltas == 0 && float_buckets == 0; }
};

bool BucketSide::AddSpan(std::string_view message) {
  int32_t offset = 0;
  uint32_t length = 0;
  WireReader reader(message);
  while (!reader.done()) {
    uint32_t tag;
    uint64_t value;
    if (!reader.ReadTag(tag)) return false;
    switch (tag) {
      case WireTag(1, WireType::kVarint):
        if (!reader.ReadVarint(value)) return false;
        offset = static_cast<int32_t>(DecodeZigzag(static_cast<uint32_t>(value)));
        break;
      case WireTag(2, WireType::kVarint):
        if (!reader.ReadVarint(value)) return false;
        length = static_cast<uint32_t>(value);
        break;
      default:
        if (!reader.Skip(tag)) return false;
    }
  }
  if (offset < 0) {
    (spans == 0 ? first_offset_negative : later_offset_negative) = true;
  } else {
    span_offsets += static_cast<uint64_t>(offset);
  }
  span_lengths += length;
  spans++;
  return true;
}

void BucketSide::AddDelta(int64_t delta) {
  deltas++;
  bucket += delta;
  bucket_sum += bucket;
  if (bucket < 0 || bucket > std::numeric_limits<int64_t>::max()) bucket_out_of_range = true;
}

void BucketSide::AddFloatBucket(double count) {
  float_buckets++;
  float_bucket_sum += count;
  if (count < 0) float_bucket_negative = true;
}

struct Histogram {
  bool float_count = false;
  uint64_t count_int = 0;
  double count_float = 0;
  bool float_zero_count = false;
  uint64_t zero_count_int = 0;
  double zero_count_float = 0;
  double sum = 0;
  double zero_threshold = 0;
  int32_t schema = 0;
  int64_t timestamp_ms = 0;
  BucketSide negative, positive;
  uint64_t custom_values = 0;
  double last_custom_value = -std::numeric_limits<double>::infinity();
  bool custom_values_ascend = true;

  void AddCustomValue(double bound) {
    custom_values++;
    if (!(bound > last_custom_value)) custom_values_ascend = false;  // NaN too
    last_custom_value = bound;
  }
};

bool ReadDelta(WireReader& reader, BucketSide& side) {
  uint64_t value;
  if (!reader.ReadVarint(value)) return false;
  side.AddDelta(DecodeZigzag(value));
  return true;
}

bool ReadPackedDeltas(WireReader& reader, BucketSide& side) {
  std::string_view packed;
  if (!reader.ReadBytes(packed)) return false;
  for (WireReader deltas(packed); !deltas.done();) {
    if (!ReadDelta(deltas, side)) return false;
  }
  return true;
}

template <typename Add>
bool ReadDouble(WireReader& reader, Add add) {
  double value;
  if (!reader.ReadDouble(value)) return false;
  add(value);
  return true;
}

template <typename Add>
bool ReadPackedDoubles(WireReader& reader, Add add) {
  std::string_view packed;
  if (!reader.ReadBytes(packed)) return false;
  for (WireReader doubles(packed); !doubles.done();) {
    if (!ReadDouble(doubles, add)) return false;
  }
  return true;
}

bool ReadRepeatedField(WireReader& reader, uint32_t tag, Histogram& h) {
  const auto add_negative = [&h](double count) { h.negative.AddFloatBucket(count); };
  const auto add_positive = [&h](double count) { h.positive.AddFloatBucket(count); };
  const auto add_custom_value = [&h](double bound) { h.AddCustomValue(bound); };
  std::string_view span;
  switch (tag) {
    case WireTag(8, WireType::kBytes):
      return reader.ReadBytes(span) && h.negative.AddSpan(span);
    case WireTag(9, WireType::kBytes):
      return ReadPackedDeltas(reader, h.negative);
    case WireTag(9, WireType::kVarint):
      return ReadDelta(reader, h.negative);
    case WireTag(10, WireType::kBytes):
      return ReadPackedDoubles(reader, add_negative);
    case WireTag(10, WireType::kFixed64):
      return ReadDouble(reader, add_negative);
    case WireTag(11, WireType::kBytes):
      return reader.ReadBytes(span) && h.positive.AddSpan(span);
    case WireTag(12, WireType::kBytes):
      return ReadPackedDeltas(reader, h.positive);
    case WireTag(12, WireType::kVarint):
      return ReadDelta(reader, h.positive);
    case WireTag(13, WireType::kBytes):
      return ReadPackedDoubles(reader, add_positive);
    case WireTag(13, WireType::kFixed64):
      return ReadDouble(reader, add_positive);
    case WireTag(16, WireType::kBytes):
      return ReadPackedDoubles(reader, add_custom_value);
    case WireTag(16, WireType::kFixed64):
      return ReadDouble(reader, add_custom_value);
    default:
      return reader.Skip(tag);
  }
}

bool ReadField(WireReader& reader, uint32_t tag, Histogram& h) {
  uint64_t value;
  switch (tag) {
    case WireTag(1, WireType::kVarint):
      h.float_count = false;
      return reader.ReadVarint(h.count_int);
    case WireTag(2, WireType::kFixed64):
      h.float_count = true;
      return reader.ReadDouble(h.count_float);
    case WireTag(3, WireType::kFixed64):
      return reader.ReadDouble(h.sum);
    case WireTag(4, WireType::kVarint):
      if (!reader.ReadVarint(value)) return false;
      h.schema = static_cast<int32_t>(DecodeZigzag(static_cast<uint32_t>(value)));
      return true;
    case WireTag(5, WireType::kFixed64):
      return reader.ReadDouble(h.zero_threshold);
    case WireTag(6, WireType::kVarint):
      h.float_zero_count = false;
      return reader.ReadVarint(h.zero_count_int);
    case WireTag(7, WireType::kFixed64):
      h.float_zero_count = true;
      return reader.ReadDouble(h.zero_count_float);
    case WireTag(15, WireType::kVarint):
      if (!reader.ReadVarint(value)) return false;
      h.timestamp_ms = static_cast<int64_t>(value);
      return true;
    default:
      return ReadRepeatedField(reader, tag, h);
  }
}

bool BucketsValid(const BucketSide& side, bool floats) {
  if (side.later_offset_negative) return false;
  if (floats) return side.span_lengths == side.float_buckets && !side.float_bucket_negative;
  return side.span_lengths == side.deltas && !side.bucket_out_of_range;
}

bool ShapeValid(const Histogram& h) {
  if (!BucketsValid(h.positive, h.float_count)) return false;
  if (h.schema == kCustomBucketsSchema) {
    const bool zero_bucket =
        h.zero_threshold != 0 || (h.float_zero_count ? h.zero_count_float != 0 : h.zero_count_int != 0);
    return h.custom_values_ascend && h.last_custom_value != std::numeric_limits<double>::infinity() &&
           !h.positive.first_offset_negative &&
           h.positive.span_lengths + h.positive.span_offsets <= h.custom_values + 1 && h.negative.empty() &&
           !zero_bucket;
  }
  return h.schema >= kMinExponentialSchema && h.schema <= kMaxExponentialSchema && h.custom_values == 0 &&
         BucketsValid(h.negative, h.float_count);
}

bool CountValid(const Histogram& h) {
  if (!h.float_count) {
    const Wide buckets = h.negative.bucket_sum + h.positive.bucket_sum + (h.float_zero_count ? 0 : h.zero_count_int);
    return std::isnan(h.sum) ? buckets <= h.count_int : buckets == h.count_int;
  }
  const double zero_count = h.float_zero_count ? h.zero_count_float : 0;
  const double buckets = h.negative.float_bucket_sum + h.positive.float_bucket_sum + zero_count;
  if (!std::isfinite(h.count_float) || !std::isfinite(buckets) || h.count_float < 0 || zero_count < 0) return false;
  const double tolerance = kFloatCountTolerance * std::max(h.count_float, buckets);
  const double missing = h.count_float - buckets;
  return std::isnan(h.sum) ? missing >= -tolerance : std::abs(missing) <= tolerance;
}

}  // namespace

bool ReadHistogram(std::string_view message, HistogramView& histogram) {
  Histogram h;
  WireReader reader(message);
  while (!reader.done()) {
    uint32_t tag;
    if (!reader.ReadTag(tag) || !ReadField(reader, tag, h)) return false;
  }
  histogram.timestamp_ms = h.timestamp_ms;
  histogram.count = h.float_count ? h.count_float : static_cast<double>(h.count_int);
  histogram.sum = h.sum;
  histogram.valid = IsStaleMarker(h.sum) || (ShapeValid(h) && CountValid(h));
  return true;
}

}  // namespace promcast
