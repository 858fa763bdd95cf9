#include "remote_read/history_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

#include "prometheus/remote_read.pb.h"
#include "remote_read/read_response.h"
#include "remote_read/read_result.h"
#include "remote_write/label_block.h"

namespace promcast {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr int64_t kLatest = std::numeric_limits<int64_t>::max();

/// What was read, by series.
struct Collected {
  std::map<std::string, std::vector<Sample>> series;
  size_t pieces = 0;
  HistorySink sink = [this](const HistoryPiece& piece) {
    std::string name;
    for (const LabelView& label : piece.labels) name += std::string(label.name) + "=" + std::string(label.value) + ";";
    auto& samples = series[name];
    samples.insert(samples.end(), piece.samples.begin(), piece.samples.end());
    pieces++;
    return absl::OkStatus();
  };
};

std::vector<Sample> Ramp(int count, int64_t step_ms = 1000) {
  std::vector<Sample> samples;
  for (int i = 0; i < count; i++) samples.push_back({1'700'000'000'000 + i * step_ms, i * 0.1});
  return samples;
}

ReadSeries Packed(const std::vector<LabelView>& labels, const std::vector<Sample>& samples) {
  ChunkPacker packer;
  for (const Sample& sample : samples) packer.Append(sample);
  return {EncodeLabelBlock(labels), packer.Take()};
}

std::string ChunkedAnswer(const std::vector<ReadSeries>& series) {
  std::string stream;
  EXPECT_TRUE(AppendChunkedResult(series, 0, 1000, 1 << 30, stream));
  return stream;
}

absl::Status ReadChunked(std::string_view stream, size_t piece_bytes, Collected& collected, int64_t start_ms = 0,
                         int64_t end_ms = kLatest) {
  ChunkedAnswerReader reader(start_ms, end_ms, {}, collected.sink);
  for (size_t at = 0; at < stream.size(); at += piece_bytes) {
    if (auto status = reader.Feed(stream.substr(at, piece_bytes)); !status.ok()) return status;
  }
  return reader.Finish();
}

TEST(ChunkedAnswer, IsReadTheSameHoweverItIsCut) {
  const auto long_one = Ramp(20'000), short_one = Ramp(3, 60'000);
  const std::string stream =
      ChunkedAnswer({Packed({{"__name__", "a"}, {"job", "x"}}, long_one), Packed({{"__name__", "b"}}, short_one)});
  for (const size_t piece_bytes : {size_t{1}, size_t{7}, size_t{4096}, stream.size()}) {
    Collected collected;
    ASSERT_TRUE(ReadChunked(stream, piece_bytes, collected).ok());
    EXPECT_EQ(collected.series.size(), 2u);
    EXPECT_EQ(collected.series["__name__=a;job=x;"], long_one);
    EXPECT_EQ(collected.series["__name__=b;"], short_one);
  }
}

TEST(ChunkedAnswer, SamplesOutsideOfTheTimeAskedForAreLeftOut) {
  const auto samples = Ramp(500);
  Collected collected;
  const std::string stream = ChunkedAnswer({Packed({{"__name__", "a"}}, samples)});
  ASSERT_TRUE(ReadChunked(stream, 100, collected, samples[10].timestamp_ms, samples[12].timestamp_ms).ok());
  EXPECT_THAT(collected.series["__name__=a;"], ElementsAre(samples[10], samples[11], samples[12]));
}

TEST(ChunkedAnswer, ABrokenByteOrACutIsNoticedWhereverItIs) {
  const std::string stream = ChunkedAnswer({Packed({{"__name__", "a"}}, Ramp(40))});
  for (size_t i = 0; i < stream.size(); i++) {
    std::string broken = stream;
    broken[i] = static_cast<char>(broken[i] ^ 0x10);
    Collected collected;
    EXPECT_FALSE(ReadChunked(broken, 64, collected).ok()) << "byte " << i;
    if (i == 0) continue;
    EXPECT_FALSE(ReadChunked(stream.substr(0, i), 64, collected).ok()) << "cut at " << i;
  }
}

std::string FrameOf(const prometheus::ChunkedReadResponse& message) {
  const std::string bytes = message.SerializeAsString();
  std::string frame;
  frame += static_cast<char>(bytes.size());
  for (int shift = 24; shift >= 0; shift -= 8) frame += static_cast<char>(Crc32c(bytes) >> shift);
  return frame + bytes;
}

TEST(ChunkedAnswer, ChunksOfHistogramsArePassedOverAndUnknownOnesAreToldApart) {
  const ReadSeries packed = Packed({}, Ramp(2));
  for (const int type : {0, 2, 3, 4, 5}) {
    prometheus::ChunkedReadResponse message;
    auto* series = message.add_chunked_series();
    auto* label = series->add_labels();
    label->set_name("__name__");
    label->set_value("a");
    auto* chunk = series->add_chunks();
    chunk->set_type(static_cast<prometheus::Chunk::Encoding>(type));
    chunk->set_data("not looked at");
    chunk = series->add_chunks();
    chunk->set_type(prometheus::Chunk::XOR);
    chunk->set_data(packed.chunks[0].bytes.data(), packed.chunks[0].bytes.size());
    Collected collected;
    const absl::Status status = ReadChunked(FrameOf(message), 1000, collected);
    if (type == 2 || type == 3) {
      EXPECT_TRUE(status.ok()) << status;
      EXPECT_EQ(collected.series["__name__=a;"], Ramp(2));
    } else {
      EXPECT_TRUE(absl::IsUnimplemented(status)) << type << ": " << status;
    }
  }
}

TEST(ChunkedAnswer, AFrameThatClaimsTooMuchIsRefusedBeforeItComes) {
  Collected collected;
  EXPECT_THAT(std::string(ReadChunked("\xff\xff\xff\xff\x0f", 5, collected).message()),
              HasSubstr("read-max-bytes-in-frame"));
}

TEST(SamplesAnswer, IsReadAsGeneratedCodeWritesIt) {
  prometheus::ReadResponse response;
  for (const char* name : {"a", "b"}) {
    auto* series = response.add_results()->add_timeseries();
    auto* label = series->add_labels();
    label->set_name("job");
    label->set_value("x");
    label = series->add_labels();
    label->set_name("__name__");
    label->set_value(name);
    for (const Sample& expected : Ramp(10'000)) {
      auto* sample = series->add_samples();
      sample->set_timestamp(expected.timestamp_ms);
      sample->set_value(expected.value);
    }
    series->add_samples()->set_value(1);  // at the epoch: outside of what is asked for
  }
  Collected collected;
  ASSERT_TRUE(ReadSamplesAnswer(response.SerializeAsString(), 1, kLatest, {}, collected.sink).ok());
  EXPECT_EQ(collected.series["__name__=a;job=x;"], Ramp(10'000));
  EXPECT_EQ(collected.series["__name__=b;job=x;"], Ramp(10'000));
  EXPECT_GT(collected.pieces, 2u) << "a long series comes in pieces";
}

TEST(SamplesAnswer, BrokenOnesAreRefused) {
  prometheus::ReadResponse response;
  auto* series = response.add_results()->add_timeseries();
  for (int i = 0; i < 2; i++) series->add_labels()->set_name("twice");
  Collected collected;
  const std::string bytes = response.SerializeAsString();
  EXPECT_FALSE(ReadSamplesAnswer(bytes, 0, kLatest, {}, collected.sink).ok());
  EXPECT_FALSE(ReadSamplesAnswer(bytes.substr(0, bytes.size() - 1), 0, kLatest, {}, collected.sink).ok());
  EXPECT_FALSE(ReadSamplesAnswer(bytes, 0, kLatest, {.max_labels = 1}, collected.sink).ok());
}

absl::Status ReadExport(std::string_view text, size_t piece_bytes, Collected& collected,
                        const HistoryAnswerLimits& limits = {}) {
  ExportLineReader reader(limits, collected.sink);
  for (size_t at = 0; at < text.size(); at += piece_bytes) {
    if (auto status = reader.Feed(text.substr(at, piece_bytes)); !status.ok()) return status;
  }
  return reader.Finish();
}

TEST(ExportLines, AreReadTheSameHoweverTheyAreCut) {
  const std::string text =
      R"({"metric":{"__name__":"a","job":"x\ny"},"values":[1,2.5,1e-9,-0.1],"timestamps":[1700000000000,1700000001000,1700000002000,1700000003000]})"
      "\n"
      R"({"metric":{"__name__":"a","job":"x\ny"},"values":[123456789012345678],"timestamps":[1700000004000],"more":[{"a":null}]})"
      "\n";
  for (const size_t piece_bytes : {size_t{1}, size_t{13}, text.size()}) {
    Collected collected;
    ASSERT_TRUE(ReadExport(text, piece_bytes, collected).ok());
    EXPECT_THAT(collected.series["__name__=a;job=x\ny;"],
                ElementsAre(Sample{1700000000000, 1}, Sample{1700000001000, 2.5}, Sample{1700000002000, 1e-9},
                            Sample{1700000003000, -0.1}, Sample{1700000004000, 123456789012345678.}));
  }
}

TEST(ExportLines, WhatIsNoNumberComesAsSuch) {
  Collected collected;
  ASSERT_TRUE(ReadExport(R"({"metric":{"__name__":"a"},"values":[null,"Infinity","-Infinity"],"timestamps":[1,2,3]})"
                         "\n",
                         10, collected)
                  .ok());
  const auto& samples = collected.series["__name__=a;"];
  ASSERT_EQ(samples.size(), 3u);
  EXPECT_TRUE(std::isnan(samples[0].value));
  EXPECT_EQ(samples[1].value, std::numeric_limits<double>::infinity());
  EXPECT_EQ(samples[2].value, -std::numeric_limits<double>::infinity());
}

TEST(ExportLines, BrokenOnesAreRefused) {
  for (const char* text : {"{}x\n", "[1]\n", "nonsense\n",
                           R"({"metric":{"a":"b"},"values":[1],"timestamps":[]})"
                           "\n",
                           R"({"metric":{"a":"b","a":"c"},"values":[1],"timestamps":[1]})"
                           "\n",
                           R"({"metric":{"a":"b"},"values":[1],"timestamps":[1.5]})"
                           "\n",
                           R"({"metric":{"a":"b"},"values":["x"],"timestamps":[1]})"
                           "\n",
                           R"({"metric":{"a":"b"},"values":[1],"timestamps":[1]})"}) {
    Collected collected;
    EXPECT_FALSE(ReadExport(text, 1000, collected).ok()) << text;
    EXPECT_TRUE(collected.series.empty()) << text;
  }
  Collected collected;
  EXPECT_FALSE(ReadExport(std::string(100, ' '), 10, collected, {.max_frame_bytes = 50}).ok());
}

}  // namespace
}  // namespace promcast
