#pragma once

#include <google/protobuf/message_lite.h>

#include <initializer_list>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/prometheus/write/v2/types.pb.h"
#include "prometheus/remote.pb.h"
#include "remote_write/decoder.h"

namespace promcast::testing {

namespace v1 = ::prometheus;
namespace v2 = ::io::prometheus::write::v2;

inline constexpr uint64_t kSeed = 20240229;

using TextLabels = std::vector<std::pair<std::string, std::string>>;

/// The reference of `text` among the request's symbols, which it joins if it is new.
uint32_t Ref(v2::Request& request, std::string_view text);

v1::TimeSeries& AddSeries(v1::WriteRequest& request, const TextLabels& labels);
v2::TimeSeries& AddSeries(v2::Request& request, const TextLabels& labels);

/// A native histogram whose buckets add up to its count.
template <typename Histogram>
Histogram ValidHistogram(int64_t timestamp_ms) {
  Histogram h;
  h.set_count_int(14);
  h.set_sum(18.4);
  h.set_schema(1);
  h.set_zero_threshold(0.001);
  h.set_zero_count_int(2);
  for (auto [offset, length] : {std::pair{-2, 2}, {1, 2}}) {
    auto& span = *h.add_positive_spans();
    span.set_offset(offset);
    span.set_length(static_cast<uint32_t>(length));
  }
  for (int delta : {1, 1, -1, 0}) h.add_positive_deltas(delta);  // 1 2 1 1
  auto& span = *h.add_negative_spans();
  span.set_offset(0);
  span.set_length(2);
  for (int delta : {3, 1}) h.add_negative_deltas(delta);  // 3 4
  h.set_timestamp(timestamp_ms);
  return h;
}

template <typename Histogram>
Histogram ValidFloatHistogram(int64_t timestamp_ms) {
  Histogram h;
  h.set_count_float(7.5);
  h.set_sum(-3.25);
  h.set_schema(-4);
  h.set_zero_count_float(0.5);
  auto& span = *h.add_positive_spans();
  span.set_offset(3);
  span.set_length(2);
  h.add_positive_counts(2.5);
  h.add_positive_counts(4.5);
  h.set_timestamp(timestamp_ms);
  return h;
}

template <typename Histogram>
Histogram ValidCustomBucketsHistogram(int64_t timestamp_ms) {
  Histogram h;
  h.set_count_int(6);
  h.set_sum(9);
  h.set_schema(-53);
  auto& span = *h.add_positive_spans();
  span.set_offset(0);
  span.set_length(3);
  for (int delta : {1, 1, 1}) h.add_positive_deltas(delta);  // 1 2 3
  for (double bound : {0.5, 1.0}) h.add_custom_values(bound);
  h.set_timestamp(timestamp_ms);
  return h;
}

/// A valid request with a little of everything that the protocol has, drawn from `random`.
std::string RandomRequest(WriteProtocol protocol, std::mt19937_64& random);

}  // namespace promcast::testing
