#include "remote_write/decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "request_builder.h"

namespace promcast {
namespace {

using testing::AddSeries;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TextLabels;
namespace v1 = testing::v1;
namespace v2 = testing::v2;

constexpr DecodeLimits kLimits;

template <typename Request>
constexpr WriteProtocol kProtocolOf =
    std::is_same_v<Request, v1::WriteRequest> ? WriteProtocol::kV1 : WriteProtocol::kV2;

// The only series of a request.
class OneSeries {
 public:
  OneSeries(WriteProtocol protocol, std::string message, const DecodeLimits& limits = kLimits)
      : message_(std::move(message)), decoder_(limits, testing::kSeed) {
    const absl::Status status = decoder_.Reset(protocol, message_);
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_TRUE(decoder_.NextSeries(view));
  }
  template <typename Request>
  explicit OneSeries(const Request& request) : OneSeries(kProtocolOf<Request>, request.SerializeAsString()) {}

  std::vector<LabelView> labels() {
    std::vector<LabelView> labels;
    EXPECT_TRUE(decoder_.CopyLabels(view.offset(), view.size_bytes(), labels));
    return labels;
  }
  std::vector<Sample> samples() {
    std::vector<Sample> samples;
    for (Sample sample; view.NextSample(sample);) samples.push_back(sample);
    return samples;
  }

  SeriesView view;

 private:
  std::string message_;
  RequestDecoder decoder_;
};

template <typename Request>
class DecoderTest : public ::testing::Test {};
using Requests = ::testing::Types<v1::WriteRequest, v2::Request>;
TYPED_TEST_SUITE(DecoderTest, Requests);

TYPED_TEST(DecoderTest, GivesLabelsAndSamplesAsSent) {
  TypeParam request;
  auto& series = AddSeries(request, {{"job", "j"}, {"__name__", "up"}});
  for (int i = 0; i < 3; i++) {
    auto& sample = *series.add_samples();
    sample.set_value(i + 0.5);
    sample.set_timestamp(1000 * i - 500);
  }
  OneSeries one(request);
  EXPECT_EQ(one.view.error(), SeriesError::kNone);
  EXPECT_EQ(one.view.metric_name(), "up");
  EXPECT_THAT(one.labels(), ElementsAre(LabelView{"job", "j"}, LabelView{"__name__", "up"}));
  EXPECT_THAT(one.samples(), ElementsAre(Sample{-500, 0.5}, Sample{500, 1.5}, Sample{1500, 2.5}));
}

}  // namespace
}  // namespace promcast
