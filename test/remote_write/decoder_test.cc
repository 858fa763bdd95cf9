#include "remote_write/decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "remote_write/wire.h"
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
  explicit OneSeries(const Request& request, const DecodeLimits& limits = kLimits)
      : OneSeries(kProtocolOf<Request>, request.SerializeAsString(), limits) {}

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

 private:
  std::string message_;
  RequestDecoder decoder_;

 public:
  SeriesView view;
};

template <typename Request>
Fingerprint FingerprintOf(const TextLabels& labels) {
  Request request;
  AddSeries(request, labels);
  return OneSeries(request).view.fingerprint();
}

template <typename Request>
SeriesError ErrorOf(const TextLabels& labels, const DecodeLimits& limits) {
  Request request;
  AddSeries(request, labels).add_samples();
  OneSeries one(request, limits);
  EXPECT_EQ(one.samples().size(), one.view.error() == SeriesError::kNone ? 1u : 0u);
  return one.view.error();
}

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

TYPED_TEST(DecoderTest, KeepsTheBitsOfTheStaleMarker) {
  TypeParam request;
  AddSeries(request, {{"__name__", "up"}}).add_samples()->set_value(StaleMarker());
  EXPECT_TRUE(IsStaleMarker(OneSeries(request).samples().at(0).value));
}

TYPED_TEST(DecoderTest, FingerprintDoesNotDependOnTheOrderOfLabels) {
  const TextLabels sorted = {{"__name__", "up"}, {"instance", "a:1"}, {"job", "j"}};
  const TextLabels shuffled = {{"job", "j"}, {"__name__", "up"}, {"instance", "a:1"}};
  EXPECT_EQ(FingerprintOf<TypeParam>(sorted), FingerprintOf<TypeParam>(shuffled));
}

TYPED_TEST(DecoderTest, FingerprintIsTheSameInBothProtocols) {
  const TextLabels labels = {{"__name__", "up"}, {"job", std::string(300, 'j')}};
  EXPECT_EQ(FingerprintOf<TypeParam>(labels), FingerprintOf<v1::WriteRequest>(labels));
  Fingerprint sum;
  for (const auto& [name, value] : labels) sum += LabelFingerprint(name, value, testing::kSeed);
  EXPECT_EQ(FingerprintOf<TypeParam>(labels), sum);
}

TYPED_TEST(DecoderTest, FingerprintTellsDifferentSeriesApart) {
  const TextLabels labels = {{"a", "x"}, {"b", "y"}};
  EXPECT_NE(FingerprintOf<TypeParam>(labels), FingerprintOf<TypeParam>({{"a", "y"}, {"b", "x"}}));
  EXPECT_NE(FingerprintOf<TypeParam>(labels), FingerprintOf<TypeParam>({{"b", "x"}, {"a", "y"}}));
  EXPECT_NE(FingerprintOf<TypeParam>(labels), FingerprintOf<TypeParam>({{"x", "a"}, {"y", "b"}}));
  EXPECT_NE(FingerprintOf<TypeParam>(labels), FingerprintOf<TypeParam>({{"a", "x"}}));
}

TYPED_TEST(DecoderTest, LabelWithoutValueIsAnAbsentLabel) {
  const TextLabels with = {{"__name__", "up"}, {"zone", ""}};
  EXPECT_EQ(FingerprintOf<TypeParam>(with), FingerprintOf<TypeParam>({{"__name__", "up"}}));
  TypeParam request;
  AddSeries(request, with);
  EXPECT_THAT(OneSeries(request).labels(), ElementsAre(LabelView{"__name__", "up"}));
}

TYPED_TEST(DecoderTest, NamesTheLimitThatASeriesExceeds) {
  const DecodeLimits limits = {.max_labels_per_series = 2, .max_label_name_bytes = 3, .max_label_value_bytes = 4};
  EXPECT_EQ(ErrorOf<TypeParam>({{"a", "1"}, {"b", "2"}}, limits), SeriesError::kNone);
  EXPECT_EQ(ErrorOf<TypeParam>({{"a", "1"}, {"b", "2"}, {"c", "3"}}, limits), SeriesError::kTooManyLabels);
  EXPECT_EQ(ErrorOf<TypeParam>({{"abc", "1"}}, limits), SeriesError::kNone);
  EXPECT_EQ(ErrorOf<TypeParam>({{"abcd", "1"}}, limits), SeriesError::kLabelNameTooLong);
  EXPECT_EQ(ErrorOf<TypeParam>({{"a", "1234"}}, limits), SeriesError::kNone);
  EXPECT_EQ(ErrorOf<TypeParam>({{"a", "12345"}}, limits), SeriesError::kLabelValueTooLong);
}

TYPED_TEST(DecoderTest, GoesOnBehindABrokenSeries) {
  TypeParam request;
  AddSeries(request, {{"__name__", "first"}});
  AddSeries(request, {{"__name__", "second"}, {std::string(2000, 'n'), "v"}});
  AddSeries(request, {{"__name__", "third"}});
  const std::string message = request.SerializeAsString();
  RequestDecoder decoder(kLimits, testing::kSeed);
  ASSERT_TRUE(decoder.Reset(kProtocolOf<TypeParam>, message).ok());
  SeriesView series;
  std::vector<LabelView> labels;
  ASSERT_TRUE(decoder.NextSeries(series));
  EXPECT_EQ(series.error(), SeriesError::kNone);
  ASSERT_TRUE(decoder.NextSeries(series));
  EXPECT_EQ(series.error(), SeriesError::kLabelNameTooLong);
  EXPECT_FALSE(decoder.CopyLabels(series.offset(), series.size_bytes(), labels));
  EXPECT_TRUE(labels.empty());
  ASSERT_TRUE(decoder.NextSeries(series));
  EXPECT_EQ(series.metric_name(), "third");
  EXPECT_FALSE(decoder.NextSeries(series));
  EXPECT_FALSE(decoder.NextSeries(series));
}

TYPED_TEST(DecoderTest, CountsExemplarsAndGivesHistograms) {
  TypeParam request;
  auto& series = AddSeries(request, {{"__name__", "latency"}});
  using Histogram = std::decay_t<decltype(series.histograms(0))>;
  *series.add_histograms() = testing::ValidHistogram<Histogram>(1000);
  *series.add_histograms() = testing::ValidFloatHistogram<Histogram>(2000);
  series.add_exemplars()->set_value(1);
  series.add_exemplars()->set_value(2);
  OneSeries one(request);
  EXPECT_EQ(one.view.exemplar_count(), 2u);
  HistogramView histogram;
  ASSERT_TRUE(one.view.NextHistogram(histogram));
  EXPECT_EQ(histogram.timestamp_ms, 1000);
  EXPECT_EQ(histogram.count, 14);
  EXPECT_EQ(histogram.sum, 18.4);
  EXPECT_TRUE(histogram.valid);
  ASSERT_TRUE(one.view.NextHistogram(histogram));
  EXPECT_EQ(histogram.timestamp_ms, 2000);
  EXPECT_EQ(histogram.count, 7.5);
  EXPECT_FALSE(one.view.NextHistogram(histogram));
}

TYPED_TEST(DecoderTest, RefusesWhatIsCutOffAtAnyByteOfTheTopLevel) {
  TypeParam request;
  AddSeries(request, {{"__name__", "up"}}).add_samples()->set_value(1);
  const std::string message = request.SerializeAsString();
  RequestDecoder decoder(kLimits, testing::kSeed);
  int taken = 0;
  for (size_t size = 1; size < message.size(); size++) {
    if (decoder.Reset(kProtocolOf<TypeParam>, message.substr(0, size)).ok()) taken++;
  }
  // Only where one field ends and the next begins is the rest missing without a trace: behind each symbol.
  EXPECT_EQ(taken, kProtocolOf<TypeParam> == WriteProtocol::kV1 ? 0 : 3);
}

TYPED_TEST(DecoderTest, ForgetsTheFormerRequestWhenTheNextIsRefused) {
  TypeParam request;
  AddSeries(request, {{"__name__", "up"}});
  const std::string message = request.SerializeAsString();
  RequestDecoder decoder(kLimits, testing::kSeed);
  ASSERT_TRUE(decoder.Reset(kProtocolOf<TypeParam>, message).ok());
  ASSERT_FALSE(decoder.Reset(kProtocolOf<TypeParam>, "\x0a\x7f").ok());
  SeriesView series;
  EXPECT_FALSE(decoder.NextSeries(series));
}

TEST(DecoderV1Test, GivesTopLevelMetadata) {
  v1::WriteRequest request;
  auto& metadata = *request.add_metadata();
  metadata.set_type(v1::MetricMetadata::GAUGEHISTOGRAM);
  metadata.set_metric_family_name("sizes");
  metadata.set_help("How large.");
  metadata.set_unit("bytes");
  request.add_metadata()->set_type(static_cast<v1::MetricMetadata::MetricType>(77));
  const std::string message = request.SerializeAsString();
  RequestDecoder decoder(kLimits, testing::kSeed);
  ASSERT_TRUE(decoder.Reset(WriteProtocol::kV1, message).ok());
  MetadataView view;
  ASSERT_TRUE(decoder.NextMetadata(view));
  EXPECT_EQ(view.type, MetricType::kGaugeHistogram);
  EXPECT_EQ(view.metric_family, "sizes");
  EXPECT_EQ(view.help, "How large.");
  EXPECT_EQ(view.unit, "bytes");
  ASSERT_TRUE(decoder.NextMetadata(view));
  EXPECT_EQ(view.type, MetricType::kUnknown);
  EXPECT_FALSE(decoder.NextMetadata(view));
}

TEST(DecoderV2Test, GivesTheMetadataOfASeries) {
  v2::Request request;
  auto& series = AddSeries(request, {{"__name__", "sizes"}});
  series.mutable_metadata()->set_type(v2::Metadata::METRIC_TYPE_SUMMARY);
  series.mutable_metadata()->set_help_ref(testing::Ref(request, "How large."));
  series.mutable_metadata()->set_unit_ref(testing::Ref(request, "bytes"));
  const auto metadata = OneSeries(request).view.metadata();
  ASSERT_TRUE(metadata.has_value());
  EXPECT_EQ(metadata->type, MetricType::kSummary);
  v2::Request without;
  AddSeries(without, {{"__name__", "sizes"}});
  EXPECT_FALSE(OneSeries(without).view.metadata().has_value());
}

SeriesError ErrorOfRefs(std::vector<uint32_t> refs, uint32_t help_ref = 0) {
  v2::Request request;
  for (const char* symbol : {"", "__name__", "up"}) request.add_symbols(symbol);
  auto& series = *request.add_timeseries();
  for (const uint32_t ref : refs) series.add_labels_refs(ref);
  series.mutable_metadata()->set_help_ref(help_ref);
  return OneSeries(request).view.error();
}

TEST(DecoderV2Test, RefusesASeriesWithBrokenReferences) {
  EXPECT_EQ(ErrorOfRefs({1, 2}), SeriesError::kNone);
  EXPECT_EQ(ErrorOfRefs({1}), SeriesError::kOddLabelRefs);
  EXPECT_EQ(ErrorOfRefs({1, 2, 1}), SeriesError::kOddLabelRefs);
  EXPECT_EQ(ErrorOfRefs({1, 3}), SeriesError::kSymbolOutOfRange);
  EXPECT_EQ(ErrorOfRefs({0xffffffff, 2}), SeriesError::kSymbolOutOfRange);
  EXPECT_EQ(ErrorOfRefs({1, 2}, 3), SeriesError::kSymbolOutOfRange);
}

TEST(DecoderV2Test, TakesReferencesThatAreNotPacked) {
  v2::Request symbols;
  for (const char* symbol : {"", "__name__", "up"}) symbols.add_symbols(symbol);
  std::string series("\x08\x01\x0a\x01\x02\x08\x01\x08\x02", 9);  // 1, packed 2, 1, 2
  std::string message = symbols.SerializeAsString();
  AppendBytesField(message, 5, series);
  OneSeries one(WriteProtocol::kV2, message);
  EXPECT_THAT(one.labels(), ElementsAre(LabelView{"__name__", "up"}, LabelView{"__name__", "up"}));
}

TEST(DecoderV2Test, TakesSymbolsThatStandBehindTheSeries) {
  v2::Request request;
  AddSeries(request, {{"__name__", "up"}});
  v2::Request symbols = request;
  symbols.clear_timeseries();
  request.clear_symbols();
  OneSeries one(WriteProtocol::kV2, request.SerializeAsString() + symbols.SerializeAsString());
  EXPECT_EQ(one.view.metric_name(), "up");
}

TEST(DecoderV2Test, SkipsTheFieldOfReleaseCandidate3) {
  v2::Request request;
  AddSeries(request, {{"__name__", "up"}}).add_samples()->set_value(3);
  std::string series = request.timeseries(0).SerializeAsString() + "\x30\xd0\x0f";  // created_timestamp = 2000
  request.clear_timeseries();
  std::string message = request.SerializeAsString();
  AppendBytesField(message, 5, series);
  OneSeries one(WriteProtocol::kV2, message);
  EXPECT_EQ(one.view.error(), SeriesError::kNone);
  EXPECT_THAT(one.samples(), ElementsAre(Sample{0, 3}));
}

TEST(DecoderV2Test, DoesNotCountExemplarsWithBrokenReferences) {
  v2::Request request;
  auto& series = AddSeries(request, {{"__name__", "up"}});
  series.add_exemplars();
  series.add_exemplars()->add_labels_refs(1);  // odd
  auto& out_of_range = *series.add_exemplars();
  out_of_range.add_labels_refs(1);
  out_of_range.add_labels_refs(3);
  OneSeries one(request);
  EXPECT_EQ(one.view.error(), SeriesError::kNone);
  EXPECT_EQ(one.view.exemplar_count(), 1u);
}

std::string Message(WriteProtocol protocol, std::string_view bytes, const DecodeLimits& limits = kLimits) {
  RequestDecoder decoder(limits, testing::kSeed);
  return std::string(decoder.Reset(protocol, bytes).message());
}

TEST(DecoderV2Test, RefusesAFirstSymbolThatIsNotEmpty) {
  EXPECT_THAT(Message(WriteProtocol::kV2, "\x22\x01x"), HasSubstr("first symbol is not empty at byte 0"));
  EXPECT_EQ(Message(WriteProtocol::kV2, std::string("\x22\x00\x22\x01x", 5)), "");
}

TEST(DecoderV2Test, RefusesMoreSymbolsThanTheLimit) {
  const DecodeLimits limits = {.max_symbols = 2};
  EXPECT_EQ(Message(WriteProtocol::kV2, std::string("\x22\x00\x22\x00", 4), limits), "");
  EXPECT_THAT(Message(WriteProtocol::kV2, std::string("\x22\x00\x22\x00\x22\x00", 6), limits),
              HasSubstr("more than 2 symbols at byte 4"));
}

struct WireError {
  const char* name;
  std::string bytes;
};

std::vector<WireError> WireErrors() {
  const auto bytes = [](std::initializer_list<int> values) { return std::string(values.begin(), values.end()); };
  std::string long_varint = bytes({0x38});
  long_varint += std::string(10, '\xff');
  long_varint += '\x01';
  return {{"field number 0", bytes({0x00, 0x00})},
          {"field number 0, a length", bytes({0x02, 0x00})},
          {"start of a group", bytes({0x3b, 0x3c})},
          {"end of a group", bytes({0x3c})},
          {"wire type 6", bytes({0x3e, 0x00})},
          {"wire type 7", bytes({0x3f, 0x00})},
          {"length past the end", bytes({0x3a, 0x02, 0x00})},
          {"length of 2^31", bytes({0x3a, 0x80, 0x80, 0x80, 0x80, 0x08})},
          {"length of six bytes", bytes({0x3a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00})},
          {"no length", bytes({0x3a})},
          {"varint of eleven bytes", long_varint},
          {"varint cut off", bytes({0x38, 0x80})},
          {"no varint", bytes({0x38})},
          {"tag cut off", bytes({0xb8})},
          {"tag of six bytes", bytes({0xb8, 0x80, 0x80, 0x80, 0x80, 0x00, 0x00})},
          {"fixed64 cut off", bytes({0x39, 1, 2, 3, 4, 5, 6, 7})},
          {"fixed32 cut off", bytes({0x3d, 1, 2, 3})}};
}

TYPED_TEST(DecoderTest, RefusesBrokenWireFormatAtTheTopLevel) {
  RequestDecoder decoder(kLimits, testing::kSeed);
  for (const WireError& error : WireErrors()) {
    const absl::Status status = decoder.Reset(kProtocolOf<TypeParam>, error.bytes);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << error.name;
    EXPECT_THAT(std::string(status.message()), HasSubstr("at byte 0")) << error.name;
  }
}

TYPED_TEST(DecoderTest, BrokenWireFormatInsideASeriesIsThatSeriesError) {
  constexpr uint32_t field = kProtocolOf<TypeParam> == WriteProtocol::kV1 ? 1 : 5;
  constexpr uint32_t histograms = kProtocolOf<TypeParam> == WriteProtocol::kV1 ? 4 : 3;
  for (const WireError& error : WireErrors()) {
    std::string in_sample, in_histogram;
    AppendBytesField(in_sample, 2, error.bytes);
    AppendBytesField(in_histogram, histograms, error.bytes);
    for (const std::string& body : {error.bytes, in_sample, in_histogram}) {
      std::string message;
      AppendBytesField(message, field, body);
      OneSeries one(kProtocolOf<TypeParam>, message);
      EXPECT_EQ(one.view.error(), SeriesError::kMalformed) << error.name;
    }
  }
}

TEST(DecoderV1Test, RefusesBrokenMetadata) {
  for (const WireError& error : WireErrors()) {
    std::string message;
    AppendBytesField(message, 3, error.bytes);
    EXPECT_THAT(Message(WriteProtocol::kV1, message), HasSubstr("broken metadata at byte 0")) << error.name;
  }
}

}  // namespace
}  // namespace promcast
