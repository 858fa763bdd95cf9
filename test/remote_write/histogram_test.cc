#include "remote_write/histogram.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "request_builder.h"

namespace promcast {
namespace {

using Histogram = testing::v2::Histogram;

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

HistogramView Read(const Histogram& histogram) {
  HistogramView view;
  EXPECT_TRUE(ReadHistogram(histogram.SerializeAsString(), view));
  return view;
}

void AddSpan(google::protobuf::RepeatedPtrField<testing::v2::BucketSpan>* spans, int32_t offset, uint32_t length) {
  auto& span = *spans->Add();
  span.set_offset(offset);
  span.set_length(length);
}

struct Case {
  const char* name;
  std::function<void(Histogram&)> change;
  bool valid;
};

void Check(const Histogram& base, const std::vector<Case>& cases) {
  ASSERT_TRUE(Read(base).valid);
  for (const Case& c : cases) {
    Histogram histogram = base;
    c.change(histogram);
    EXPECT_EQ(Read(histogram).valid, c.valid) << c.name;
  }
}

TEST(HistogramTest, IntegerHistogramIsHeldAgainstPrometheusRules) {
  Check(testing::ValidHistogram<Histogram>(1),
        {{"count too large", [](auto& h) { h.set_count_int(15); }, false},
         {"count too small", [](auto& h) { h.set_count_int(13); }, false},
         {"zero count left out of count", [](auto& h) { h.set_zero_count_int(3); }, false},
         {"NaN sum, count above the buckets", [](auto& h) { h.set_sum(kNan), h.set_count_int(15); }, true},
         {"NaN sum, count below the buckets", [](auto& h) { h.set_sum(kNan), h.set_count_int(13); }, false},
         {"negative bucket", [](auto& h) { h.set_positive_deltas(0, -1), h.set_count_int(6); }, false},
         {"overflowing buckets", [](auto& h) { h.set_positive_deltas(0, INT64_MAX); }, false},
         {"span longer than the buckets", [](auto& h) { h.mutable_positive_spans(1)->set_length(3); }, false},
         {"span shorter than the buckets", [](auto& h) { h.mutable_negative_spans(0)->set_length(1); }, false},
         {"huge span", [](auto& h) { h.mutable_positive_spans(1)->set_length(UINT32_MAX); }, false},
         {"empty span", [](auto& h) { AddSpan(h.mutable_positive_spans(), 7, 0); }, true},
         {"first offset negative", [](auto& h) { h.mutable_positive_spans(0)->set_offset(-100); }, true},
         {"later offset negative", [](auto& h) { h.mutable_positive_spans(1)->set_offset(-1); }, false},
         {"schema -4", [](auto& h) { h.set_schema(-4); }, true},
         {"schema -5", [](auto& h) { h.set_schema(-5); }, false},
         {"schema 8", [](auto& h) { h.set_schema(8); }, true},
         {"schema 9", [](auto& h) { h.set_schema(9); }, false},
         {"custom values", [](auto& h) { h.add_custom_values(1); }, false},
         {"float buckets are not an integer histogram's", [](auto& h) { h.add_positive_counts(3); }, true},
         {"stale", [](auto& h) { h.set_sum(StaleMarker()), h.set_count_int(99); }, true}});
}

TEST(HistogramTest, FloatHistogramIsHeldAgainstPrometheusRulesAndItsCount) {
  Check(testing::ValidFloatHistogram<Histogram>(1),
        {{"count off", [](auto& h) { h.set_count_float(7.6); }, false},
         {"count off by rounding", [](auto& h) { h.set_count_float(7.5 + 1e-9); }, true},
         {"count NaN", [](auto& h) { h.set_count_float(kNan); }, false},
         {"count infinite", [](auto& h) { h.set_count_float(kInf); }, false},
         {"bucket negative", [](auto& h) { h.set_positive_counts(0, -1), h.set_count_float(4); }, false},
         {"bucket NaN", [](auto& h) { h.set_positive_counts(0, kNan); }, false},
         {"zero count negative", [](auto& h) { h.set_zero_count_float(-1), h.set_count_float(6); }, false},
         {"NaN sum, count above the buckets", [](auto& h) { h.set_sum(kNan), h.set_count_float(9); }, true},
         {"NaN sum, count below the buckets", [](auto& h) { h.set_sum(kNan), h.set_count_float(7); }, false},
         {"bucket missing", [](auto& h) { h.mutable_positive_counts()->RemoveLast(); }, false}});
}

TEST(HistogramTest, CustomBucketsAreHeldAgainstPrometheusRules) {
  Check(testing::ValidCustomBucketsHistogram<Histogram>(1),
        {{"bounds equal", [](auto& h) { h.set_custom_values(1, 0.5); }, false},
         {"bounds falling", [](auto& h) { h.set_custom_values(1, 0.4); }, false},
         {"bound NaN", [](auto& h) { h.set_custom_values(1, kNan); }, false},
         {"last bound infinite", [](auto& h) { h.set_custom_values(1, kInf); }, false},
         {"first bound infinite", [](auto& h) { h.set_custom_values(0, -kInf); }, false},
         {"a bound more than buckets", [](auto& h) { h.add_custom_values(2); }, true},
         {"a bound missing", [](auto& h) { h.mutable_custom_values()->RemoveLast(); }, false},
         {"offset beyond the bounds", [](auto& h) { h.mutable_positive_spans(0)->set_offset(1); }, false},
         {"offset negative", [](auto& h) { h.mutable_positive_spans(0)->set_offset(-1); }, false},
         {"zero count", [](auto& h) { h.set_zero_count_int(1), h.set_count_int(7); }, false},
         {"zero threshold", [](auto& h) { h.set_zero_threshold(0.1); }, false},
         {"negative span", [](auto& h) { AddSpan(h.mutable_negative_spans(), 0, 0); }, false}});
}

TEST(HistogramTest, EmptyHistogramIsValid) {
  const HistogramView view = Read(Histogram());
  EXPECT_TRUE(view.valid);
  EXPECT_EQ(view.count, 0);
}

}  // namespace
}  // namespace promcast
