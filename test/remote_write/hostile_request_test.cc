// Requests that are small on the wire and huge in elements. Counts what operator new hands out while they are decoded.
#include <gtest/gtest.h>

#include "allocation_count.h"
#include "remote_write/decoder.h"
#include "remote_write/wire.h"

namespace promcast {
namespace {

constexpr size_t kMessageBytes = 32 << 20;
constexpr size_t kElements = kMessageBytes / 2;  // 16 million
constexpr size_t kSlackBytes = 4096;             // messages of a status

std::string Repeated(std::string_view element, size_t count) {
  std::string out;
  out.reserve(element.size() * count);
  for (size_t i = 0; i < count; i++) out += element;
  return out;
}

struct Walked {
  bool taken = false;
  size_t series = 0, samples = 0, errors = 0;
  size_t allocated = 0;
};

Walked Walk(WriteProtocol protocol, const std::string& message, RequestDecoder& decoder) {
  Walked walked;
  const size_t before = testing::AllocatedBytes();
  walked.taken = decoder.Reset(protocol, message).ok();
  for (SeriesView series; decoder.NextSeries(series);) {
    walked.series++;
    if (series.error() != SeriesError::kNone) walked.errors++;
    for (Sample sample; series.NextSample(sample);) walked.samples++;
  }
  walked.allocated = testing::AllocatedBytes() - before;
  return walked;
}

TEST(HostileRequestTest, SixteenMillionEmptySeriesCostNoMemory) {
  for (const auto& [protocol, element] :
       {std::pair{WriteProtocol::kV1, std::string_view("\x0a\x00", 2)}, {WriteProtocol::kV2, {"\x2a\x00", 2}}}) {
    RequestDecoder decoder(DecodeLimits{}, 1);
    const Walked walked = Walk(protocol, Repeated(element, kElements), decoder);
    EXPECT_EQ(walked.series, kElements);
    EXPECT_LT(walked.allocated, kSlackBytes);
  }
}

TEST(HostileRequestTest, SixteenMillionEmptySamplesOfASeriesCostNoMemory) {
  for (const auto& [protocol, field] : {std::pair{WriteProtocol::kV1, 1u}, {WriteProtocol::kV2, 5u}}) {
    std::string message;
    AppendBytesField(message, field, Repeated({"\x12\x00", 2}, kElements));
    RequestDecoder decoder(DecodeLimits{}, 1);
    const Walked walked = Walk(protocol, message, decoder);
    EXPECT_EQ(walked.samples, kElements);
    EXPECT_LT(walked.allocated, kSlackBytes);
  }
}

TEST(HostileRequestTest, SixteenMillionLabelsOfASeriesAreTooMany) {
  for (const auto& [protocol, field] : {std::pair{WriteProtocol::kV1, 1u}, {WriteProtocol::kV2, 5u}}) {
    const bool v1 = protocol == WriteProtocol::kV1;
    std::string message = v1 ? "" : std::string("\x22\x00", 2);
    AppendBytesField(message, field,
                     Repeated(v1 ? std::string_view("\x0a\x00", 2) : std::string_view("\x08\x00", 2), kElements));
    RequestDecoder decoder(DecodeLimits{}, 1);
    const Walked walked = Walk(protocol, message, decoder);
    EXPECT_EQ(walked.errors, 1u);
    EXPECT_LT(walked.allocated, kSlackBytes);
  }
}

TEST(HostileRequestTest, SixteenMillionEmptySymbolsAreRefusedBeforeTheyCostMemory) {
  RequestDecoder decoder(DecodeLimits{}, 1);
  const Walked walked = Walk(WriteProtocol::kV2, Repeated({"\x22\x00", 2}, kElements), decoder);
  EXPECT_FALSE(walked.taken);
  EXPECT_LT(walked.allocated, kSlackBytes);
}

TEST(HostileRequestTest, SymbolCostsSixteenBytesWhichAreGivenBack) {
  const DecodeLimits limits;
  const std::string many = std::string("\x22\x00", 2) + Repeated("\x22\x06symbol", limits.max_symbols - 1),
                    few = Repeated({"\x22\x00", 2}, 1000);
  RequestDecoder decoder(limits, 1);
  EXPECT_LE(Walk(WriteProtocol::kV2, many, decoder).allocated, 16 * limits.max_symbols + kSlackBytes);
  EXPECT_LE(Walk(WriteProtocol::kV2, many, decoder).allocated, kSlackBytes);  // kept as long as it is needed
  EXPECT_GE(Walk(WriteProtocol::kV2, few, decoder).allocated, 16 * 1000u);    // given back, then only a small table
  EXPECT_LE(Walk(WriteProtocol::kV2, few, decoder).allocated, kSlackBytes);   // which is reused
  Walk(WriteProtocol::kV2, many, decoder);
  decoder.Release();
  EXPECT_GE(Walk(WriteProtocol::kV2, few, decoder).allocated, 16 * 1000u);
}

TEST(HostileRequestTest, TableThatGrowsALittleTakesNoMoreThanItsSymbols) {
  const auto symbols = [](size_t count) { return std::string("\x22\x00", 2) + Repeated("\x22\x06symbol", count - 1); };
  RequestDecoder decoder(DecodeLimits{}, 1);
  Walk(WriteProtocol::kV2, symbols(60'000), decoder);
  EXPECT_LE(Walk(WriteProtocol::kV2, symbols(60'001), decoder).allocated, 16 * 60'001u + kSlackBytes);
}

TEST(HostileRequestTest, SymbolTableOfOneHugeSymbolCostsNoMemory) {
  std::string message("\x22\x00", 2);
  AppendBytesField(message, 4, std::string(kMessageBytes, 'x'));
  AppendBytesField(message, 5, "\x08\x01\x08\x01");  // a label whose name and value it is
  RequestDecoder decoder(DecodeLimits{}, 1);
  const Walked walked = Walk(WriteProtocol::kV2, message, decoder);
  EXPECT_EQ(walked.errors, 1u);
  EXPECT_LT(walked.allocated, kSlackBytes);
}

TEST(HostileRequestTest, HistogramOfMillionsOfSpansAndBucketsCostsNoMemory) {
  std::string histogram =
      Repeated("\x5a\x06\x10\xff\xff\xff\xff\x0f", kMessageBytes / 16);  // spans of 2^32 - 1 buckets
  AppendBytesField(histogram, 12, std::string(kMessageBytes / 2, '\x02'));
  std::string series, message;
  AppendBytesField(series, 4, histogram);
  AppendBytesField(message, 1, series);
  RequestDecoder decoder(DecodeLimits{}, 1);
  const size_t before = testing::AllocatedBytes();
  ASSERT_TRUE(decoder.Reset(WriteProtocol::kV1, message).ok());
  SeriesView view;
  HistogramView read;
  ASSERT_TRUE(decoder.NextSeries(view));
  ASSERT_TRUE(view.NextHistogram(read));
  EXPECT_FALSE(read.valid);
  EXPECT_LT(testing::AllocatedBytes() - before, kSlackBytes);
}

}  // namespace
}  // namespace promcast
