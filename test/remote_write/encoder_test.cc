#include "remote_write/encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "remote_write/label_block.h"
#include "request_builder.h"

namespace promcast {
namespace {

namespace v1 = testing::v1;
namespace v2 = testing::v2;
using ::testing::ElementsAre;

class EncoderTest : public ::testing::Test {
 protected:
  std::string Encode(WriteProtocol protocol, std::span<const OutgoingSample> samples) {
    encoder_.Encode(protocol, samples, message_);
    return message_;
  }

  const std::string up_ = EncodeLabelBlock(std::vector<LabelView>{{"__name__", "up"}, {"job", "j"}});
  const std::string long_ =
      EncodeLabelBlock(std::vector<LabelView>{{"__name__", "up"}, {"job", std::string(500, 'j')}});
  const std::vector<OutgoingSample> samples_ = {{up_, {1700000000000, 1.5}, MetricType::kGauge},
                                                {long_, {-1, StaleMarker()}, MetricType::kUnknown}};
  RequestEncoder encoder_;
  std::string message_ = "left over";
};

TEST_F(EncoderTest, WritesRemoteWrite1) {
  v1::WriteRequest request;
  ASSERT_TRUE(request.ParseFromString(Encode(WriteProtocol::kV1, samples_)));
  ASSERT_EQ(request.timeseries_size(), 2);
  const auto& first = request.timeseries(0);
  ASSERT_EQ(first.labels_size(), 2);
  EXPECT_EQ(first.labels(1).name(), "job");
  EXPECT_EQ(first.labels(1).value(), "j");
  ASSERT_EQ(first.samples_size(), 1);
  EXPECT_EQ(first.samples(0).timestamp(), 1700000000000);
  EXPECT_EQ(first.samples(0).value(), 1.5);
  EXPECT_EQ(request.timeseries(1).labels(1).value(), std::string(500, 'j'));
  EXPECT_EQ(request.timeseries(1).samples(0).timestamp(), -1);
  EXPECT_TRUE(IsStaleMarker(request.timeseries(1).samples(0).value()));
}

TEST_F(EncoderTest, WhatItWritesIsReadBackWhateverTheTime) {
  std::vector<OutgoingSample> samples;
  for (int bit = 0; bit < 64; bit++) {
    const uint64_t power = uint64_t{1} << bit;
    for (const uint64_t time : {power, ~power, 0 - power, power - 1}) {
      samples.push_back({up_, {static_cast<int64_t>(time), 1. / (bit + 1)}, MetricType::kUnknown});
    }
  }
  for (const WriteProtocol protocol : {WriteProtocol::kV1, WriteProtocol::kV2}) {
    RequestDecoder decoder(DecodeLimits{}, 1);
    const std::string message = Encode(protocol, samples);
    ASSERT_TRUE(decoder.Reset(protocol, message).ok());
    for (const OutgoingSample& sent : samples) {
      SeriesView series;
      Sample read;
      ASSERT_TRUE(decoder.NextSeries(series) && series.NextSample(read));
      EXPECT_EQ(read.timestamp_ms, sent.sample.timestamp_ms);
      EXPECT_EQ(read.value, sent.sample.value);
    }
  }
}

TEST_F(EncoderTest, WritesRemoteWrite2WithEachSymbolOnce) {
  for (int request_number = 0; request_number < 2; request_number++) {  // nothing is left of the former request
    v2::Request request;
    ASSERT_TRUE(request.ParseFromString(Encode(WriteProtocol::kV2, samples_)));
    EXPECT_THAT(request.symbols(), ElementsAre("", "__name__", "up", "job", "j", std::string(500, 'j')));
    ASSERT_EQ(request.timeseries_size(), 2);
    EXPECT_THAT(request.timeseries(0).labels_refs(), ElementsAre(1, 2, 3, 4));
    EXPECT_THAT(request.timeseries(1).labels_refs(), ElementsAre(1, 2, 3, 5));
    EXPECT_EQ(request.timeseries(0).metadata().type(), v2::Metadata::METRIC_TYPE_GAUGE);
    EXPECT_EQ(request.timeseries(0).metadata().unit_ref(), 0u);
    EXPECT_FALSE(request.timeseries(1).has_metadata());
    EXPECT_EQ(request.timeseries(0).samples(0).timestamp(), 1700000000000);
    EXPECT_EQ(request.timeseries(0).samples(0).start_timestamp(), 0);
    EXPECT_TRUE(IsStaleMarker(request.timeseries(1).samples(0).value()));
  }
}

TEST_F(EncoderTest, DecoderReadsWhatItWrote) {
  for (const WriteProtocol protocol : {WriteProtocol::kV1, WriteProtocol::kV2}) {
    const std::string message = Encode(protocol, samples_);
    RequestDecoder decoder(DecodeLimits{}, testing::kSeed);
    ASSERT_TRUE(decoder.Reset(protocol, message).ok());
    SeriesView series;
    std::vector<LabelView> labels, expected;
    for (const OutgoingSample& sent : samples_) {
      ASSERT_TRUE(decoder.NextSeries(series));
      ASSERT_TRUE(decoder.CopyLabels(series.offset(), series.size_bytes(), labels));
      DecodeLabelBlock(sent.label_block, expected);
      EXPECT_EQ(labels, expected);
      Sample sample;
      ASSERT_TRUE(series.NextSample(sample));
      EXPECT_EQ(sample.timestamp_ms, sent.sample.timestamp_ms);
      EXPECT_EQ(std::bit_cast<uint64_t>(sample.value), std::bit_cast<uint64_t>(sent.sample.value));
      EXPECT_FALSE(series.NextSample(sample));
    }
    EXPECT_FALSE(decoder.NextSeries(series));
  }
}

TEST_F(EncoderTest, NoSamplesMakeARequestWithoutSeries) {
  EXPECT_EQ(Encode(WriteProtocol::kV1, {}), "");
  v2::Request request;
  ASSERT_TRUE(request.ParseFromString(Encode(WriteProtocol::kV2, {})));
  EXPECT_EQ(request.timeseries_size(), 0);
}

}  // namespace
}  // namespace promcast
