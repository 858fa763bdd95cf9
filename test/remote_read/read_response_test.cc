#include "remote_read/read_response.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <limits>
#include <random>

#include "prometheus/remote_read.pb.h"
#include "remote_write/label_block.h"
#include "remote_write/wire.h"

namespace promcast {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr size_t kNoLimit = std::numeric_limits<size_t>::max();

ReadSeries Series(const std::vector<LabelView>& labels, const std::vector<Sample>& samples) {
  ChunkPacker packer;
  for (const Sample& sample : samples) packer.Append(sample);
  return {EncodeLabelBlock(labels), packer.Take()};
}

std::vector<Sample> RandomSamples(size_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Sample> samples;
  int64_t at_ms = -50'000;
  for (size_t i = 0; i < count; i++) {
    at_ms += 1 + static_cast<int64_t>(random() % 100'000);
    samples.push_back({at_ms, random() % 5 == 0 ? StaleMarker() : static_cast<double>(random() % 1000) / 8});
  }
  return samples;
}

void ExpectSame(const std::vector<Sample>& actual, const std::vector<Sample>& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < expected.size(); i++) {
    EXPECT_EQ(actual[i].timestamp_ms, expected[i].timestamp_ms) << i;
    EXPECT_EQ(std::bit_cast<uint64_t>(actual[i].value), std::bit_cast<uint64_t>(expected[i].value)) << i;
  }
}

struct Frame {
  prometheus::ChunkedReadResponse message;
  size_t bytes;
};

/// As a reader takes a stream apart; a frame that cannot be read fails the test.
std::vector<Frame> ReadFrames(std::string_view stream) {
  std::vector<Frame> frames;
  while (!stream.empty()) {
    WireReader reader(stream);
    uint64_t size = 0;
    EXPECT_TRUE(reader.ReadVarint(size));
    std::string_view rest = reader.rest();
    EXPECT_GE(rest.size(), 4 + size);
    uint32_t crc = 0;
    for (int i = 0; i < 4; i++) crc = crc << 8 | static_cast<uint8_t>(rest[static_cast<size_t>(i)]);
    const std::string_view data = rest.substr(4, size);
    EXPECT_EQ(crc, Crc32c(data));
    Frame frame{{}, data.size()};
    EXPECT_TRUE(frame.message.ParseFromArray(data.data(), static_cast<int>(data.size())));
    frames.push_back(std::move(frame));
    stream = rest.substr(4 + size);
  }
  return frames;
}

std::vector<Sample> SamplesOf(const prometheus::ChunkedSeries& series) {
  std::vector<Sample> samples;
  for (const prometheus::Chunk& chunk : series.chunks()) {
    EXPECT_EQ(chunk.type(), prometheus::Chunk::XOR);
    XorChunkReader reader({reinterpret_cast<const uint8_t*>(chunk.data().data()), chunk.data().size()});
    const size_t first = samples.size();
    for (Sample sample; reader.Next(sample);) samples.push_back(sample);
    EXPECT_FALSE(reader.corrupt());
    EXPECT_EQ(chunk.min_time_ms(), samples[first].timestamp_ms);
    EXPECT_EQ(chunk.max_time_ms(), samples.back().timestamp_ms);
  }
  return samples;
}

std::vector<std::string> LabelsOf(const google::protobuf::RepeatedPtrField<prometheus::Label>& labels) {
  std::vector<std::string> texts;
  for (const prometheus::Label& label : labels) texts.push_back(label.name() + "=" + label.value());
  return texts;
}

// RFC 3720, B.4, and the check value of the catalogue of CRC algorithms.
TEST(Crc32c, IsCastagnolis) {
  EXPECT_EQ(Crc32c("123456789"), 0xE3069283u);
  EXPECT_EQ(Crc32c(""), 0u);
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8A9136AAu);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62A8AB43u);
  std::string rising;
  for (char c = 0; c < 32; c++) rising += c;
  EXPECT_EQ(Crc32c(rising), 0x46DD794Eu);
}

TEST(SamplesResult, IsReadByGeneratedCode) {
  const std::vector<Sample> many = RandomSamples(1000, 1), few = RandomSamples(1, 2);
  std::string message;
  ASSERT_TRUE(AppendSamplesResult(
      std::vector{Series({{"__name__", "a"}, {"job", "x"}}, many), Series({{"__name__", "b"}}, few)}, kNoLimit,
      message));
  ASSERT_TRUE(AppendSamplesResult({}, kNoLimit, message));
  ASSERT_TRUE(AppendSamplesResult(std::vector{Series({{"__name__", "c"}}, few)}, kNoLimit, message));

  prometheus::ReadResponse response;
  ASSERT_TRUE(response.ParseFromString(message));
  ASSERT_EQ(response.results_size(), 3) << "one result a query, also of one that found nothing";
  EXPECT_EQ(response.results(1).timeseries_size(), 0);
  ASSERT_EQ(response.results(0).timeseries_size(), 2);
  const prometheus::TimeSeries& series = response.results(0).timeseries(0);
  EXPECT_THAT(LabelsOf(series.labels()), ElementsAre("__name__=a", "job=x"));
  std::vector<Sample> samples;
  for (const prometheus::Sample& sample : series.samples()) samples.push_back({sample.timestamp(), sample.value()});
  ExpectSame(samples, many);
  EXPECT_EQ(response.results(2).timeseries(0).samples_size(), 1);
}

TEST(ChunkedResult, IsReadByGeneratedCodeOneSeriesAFrame) {
  const std::vector<Sample> many = RandomSamples(1000, 3), few = RandomSamples(1, 4);
  std::string stream;
  ASSERT_TRUE(AppendChunkedResult(std::vector{Series({{"__name__", "a"}}, many), Series({{"__name__", "b"}}, few)}, 0,
                                  1 << 20, kNoLimit, stream));
  ASSERT_TRUE(AppendChunkedResult(std::vector{Series({{"__name__", "c"}}, few)}, 300, 1 << 20, kNoLimit, stream));
  const std::vector<Frame> frames = ReadFrames(stream);
  ASSERT_THAT(frames, SizeIs(3));
  for (const Frame& frame : frames) ASSERT_EQ(frame.message.chunked_series_size(), 1);
  EXPECT_EQ(frames[0].message.query_index(), 0);
  EXPECT_EQ(frames[2].message.query_index(), 300);
  EXPECT_THAT(LabelsOf(frames[1].message.chunked_series(0).labels()), ElementsAre("__name__=b"));
  const prometheus::ChunkedSeries& series = frames[0].message.chunked_series(0);
  EXPECT_EQ(series.chunks_size(), 9) << "120 samples a chunk";
  ExpectSame(SamplesOf(series), many);
}

TEST(ChunkedResult, ALongSeriesGoesOnInFurtherFramesOfBoundedSize) {
  const std::vector<Sample> many = RandomSamples(5000, 5);
  const ReadSeries series = Series({{"__name__", "a"}}, many);
  std::string stream;
  constexpr size_t kFrameBytes = 4000;
  ASSERT_TRUE(AppendChunkedResult(std::span(&series, 1), 0, kFrameBytes, kNoLimit, stream));
  const std::vector<Frame> frames = ReadFrames(stream);
  EXPECT_GT(frames.size(), 5u);
  std::vector<Sample> samples;
  for (const Frame& frame : frames) {
    size_t chunk_bytes = 0;
    for (const prometheus::Chunk& chunk : frame.message.chunked_series(0).chunks()) chunk_bytes += chunk.data().size();
    EXPECT_LE(chunk_bytes, kFrameBytes);
    EXPECT_THAT(LabelsOf(frame.message.chunked_series(0).labels()), ElementsAre("__name__=a"));
    for (const Sample& sample : SamplesOf(frame.message.chunked_series(0))) samples.push_back(sample);
  }
  ExpectSame(samples, many);
  // A chunk larger than a frame goes alone.
  stream.clear();
  ASSERT_TRUE(AppendChunkedResult(std::span(&series, 1), 0, 1, kNoLimit, stream));
  EXPECT_THAT(ReadFrames(stream), SizeIs(series.chunks.size()));
}

TEST(Results, StopAtTheByteLimit) {
  const std::vector<ReadSeries> series{Series({{"__name__", "a"}}, RandomSamples(1000, 6)),
                                       Series({{"__name__", "b"}}, RandomSamples(1000, 7))};
  std::string samples, stream;
  ASSERT_TRUE(AppendSamplesResult(series, kNoLimit, samples));
  ASSERT_TRUE(AppendChunkedResult(series, 0, 1 << 20, kNoLimit, stream));
  for (const size_t less : {size_t{0}, size_t{1}, size_t{5000}}) {
    std::string out;
    EXPECT_EQ(AppendSamplesResult(series, samples.size() - less, out), less == 0) << less;
    out.clear();
    EXPECT_EQ(AppendChunkedResult(series, 0, 1 << 20, stream.size() - less, out), less == 0) << less;
  }
}

}  // namespace
}  // namespace promcast
