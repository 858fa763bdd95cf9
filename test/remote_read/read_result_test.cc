#include "remote_read/read_result.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "remote_write/label_block.h"

namespace promcast {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

ReadSeries Series(const std::vector<LabelView>& labels, int samples = 1) {
  ChunkPacker packer;
  for (int i = 0; i < samples; i++) packer.Append({i, 1.0});
  return {EncodeLabelBlock(labels), packer.Take()};
}

TEST(ChunkPacker, CutsChunksAt120Samples) {
  for (const auto& [samples, chunks] : {std::pair{0, 0}, {1, 1}, {119, 1}, {120, 1}, {121, 2}, {240, 2}, {241, 3}}) {
    const ReadSeries series = Series({{"__name__", "a"}}, samples);
    ASSERT_THAT(series.chunks, SizeIs(static_cast<size_t>(chunks))) << samples;
    int64_t next_ms = 0;
    for (const XorChunk& chunk : series.chunks) {
      EXPECT_LE(chunk.samples(), 120u);
      EXPECT_EQ(chunk.min_ms, next_ms);
      next_ms = chunk.max_ms + 1;
      EXPECT_EQ(chunk.samples(), static_cast<size_t>(next_ms - chunk.min_ms));
    }
    EXPECT_EQ(next_ms, samples);
  }
}

TEST(ReadResult, OrdersSeriesByTheirLabelsAsPrometheusDoes) {
  ReadResult result({});
  for (const auto& labels : std::vector<std::vector<LabelView>>{{{"__name__", "b"}},
                                                                {{"__name__", "a"}, {"job", "y"}},
                                                                {{"__name__", "a"}},
                                                                {{"__name__", "a"}, {"job", "x"}, {"z", "1"}},
                                                                {{"__name__", "a"}, {"a_long_label_name", "y"}},
                                                                {{"__name__", "aa"}},
                                                                {{"__name__", "a"}, {"job", "y"}}}) {
    ASSERT_TRUE(result.Add(Series(labels)));
  }
  std::vector<std::string> texts;
  for (const ReadSeries& series : result.TakeSorted()) {
    std::vector<LabelView> labels;
    DecodeLabelBlock(series.label_block, labels);
    std::string& text = texts.emplace_back();
    for (const LabelView& label : labels) text += std::string(label.value) + " ";
  }
  EXPECT_THAT(texts, ElementsAre("a ", "a y ", "a x 1 ", "a y ", "aa ", "b ")) << "each once";
}

TEST(ReadResult, LeavesSeriesWithoutSamplesOut) {
  ReadResult result({});
  EXPECT_TRUE(result.Add(Series({{"__name__", "a"}}, 0)));
  EXPECT_THAT(result.TakeSorted(), IsEmpty());
}

TEST(ReadResult, RefusesWhatExceedsABoundAndAllThatFollows) {
  ReadResult by_samples({.max_samples = 300});
  EXPECT_TRUE(by_samples.Add(Series({{"__name__", "a"}}, 299)));
  EXPECT_TRUE(by_samples.Add(Series({{"__name__", "b"}}, 1)));
  EXPECT_EQ(by_samples.problem(), "");
  EXPECT_FALSE(by_samples.Add(Series({{"__name__", "c"}}, 1)));
  EXPECT_THAT(by_samples.problem(), HasSubstr("exceeded sample limit (300)"));
  EXPECT_FALSE(by_samples.Add(Series({{"__name__", "d"}}, 0)));

  ReadResult by_bytes({.max_bytes = 2000});
  int taken = 0;
  while (by_bytes.Add(Series({{"__name__", std::string(100, 'a')}, {"i", std::to_string(taken)}}))) taken++;
  EXPECT_GT(taken, 3);
  EXPECT_LT(taken, 20);
  EXPECT_THAT(by_bytes.problem(), HasSubstr("2000 bytes"));
}

}  // namespace
}  // namespace promcast
