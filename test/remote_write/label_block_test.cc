#include "remote_write/label_block.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "prometheus/remote.pb.h"

namespace promcast {
namespace {

using Texts = std::map<std::string, std::string>;

std::vector<LabelView> Views(const Texts& texts) {
  std::vector<LabelView> views;
  for (const auto& [name, value] : texts) views.push_back({name, value});
  return views;
}

TEST(LabelBlockTest, IsTheLabelsFieldOfARemoteWriteSeries) {
  const Texts texts = {{"__name__", "up"}, {"long", std::string(200, 'v')}, {std::string(130, 'n'), "x"}, {"none", ""}};
  prometheus::TimeSeries series;
  ASSERT_TRUE(series.ParseFromString(EncodeLabelBlock(Views(texts))));
  Texts parsed;
  for (const auto& label : series.labels()) parsed[label.name()] = label.value();
  EXPECT_EQ(parsed, texts);
}

TEST(LabelBlockTest, EveryByteOfANameAndAValueStandsInItsPlaceWhateverTheirLengths) {
  std::string text;
  for (int i = 0; i < 150; i++) text += static_cast<char>('!' + i % 90);
  for (size_t name_bytes = 0; name_bytes <= 130; name_bytes += name_bytes < 20 ? 1 : 11) {
    for (size_t value_bytes = 0; value_bytes <= 150; value_bytes++) {
      const std::string name = text.substr(0, name_bytes);
      const std::string value = text.substr(text.size() - value_bytes);
      prometheus::TimeSeries expected;
      expected.add_labels()->set_name(name);
      expected.mutable_labels(0)->set_value(value);
      std::string block;
      AppendLabel(block, name, value);
      prometheus::TimeSeries parsed;
      ASSERT_TRUE(parsed.ParseFromString(block)) << name_bytes << " " << value_bytes;
      ASSERT_EQ(parsed.SerializeAsString(), expected.SerializeAsString()) << name_bytes << " " << value_bytes;
    }
  }
}

TEST(LabelBlockTest, DecodesWhatItEncoded) {
  const Texts texts = {{"__name__", "up"}, {"job", std::string(20000, 'v')}, {"zone", "z"}};
  const std::string block = EncodeLabelBlock(Views(texts));
  std::vector<LabelView> labels = {{"stale", "entry"}};
  DecodeLabelBlock(block, labels);
  EXPECT_EQ(labels, Views(texts));
  DecodeLabelBlock("", labels);
  EXPECT_TRUE(labels.empty());
}

Texts RandomTexts(std::mt19937_64& random, size_t max_labels) {
  Texts texts;
  for (size_t i = random() % (max_labels + 1); i > 0; i--) {
    texts[std::string(1 + random() % 3, static_cast<char>('a' + random() % 6))] =
        std::string(random() % 10 == 0 ? 150 : random() % 5, static_cast<char>('A' + random() % 26));
  }
  return texts;
}

TEST(LabelBlockTest, BlocksAreOrderedAsTheirLabelsAre) {
  const Texts texts[] = {{},
                         {{"a", ""}},
                         {{"a", "1"}},
                         {{"a", "1"}, {"b", "1"}},
                         {{"a", "1"}, {"ba", "0"}},
                         {{"a", std::string(200, '1')}},
                         {{"a", "2"}, {"b", "0"}},
                         {{"aa", "0"}},
                         {{"b", "\xff"}}};
  for (size_t i = 0; i < std::size(texts); i++) {
    for (size_t j = 0; j < std::size(texts); j++) {
      const int order = CompareLabelBlocks(EncodeLabelBlock(Views(texts[i])), EncodeLabelBlock(Views(texts[j])));
      EXPECT_EQ(order < 0, i < j) << i << " " << j;
      EXPECT_EQ(order > 0, i > j) << i << " " << j;
    }
  }
}

TEST(LabelBlockTest, EncodingIntoABlockThatWasUsedBeforeLeavesNothingOfIt) {
  std::mt19937_64 random(8);
  std::string block = "left over";
  for (int i = 0; i < 2000; i++) {
    const Texts texts = RandomTexts(random, 8);
    std::string appended;
    for (const auto& [name, value] : texts) AppendLabel(appended, name, value);
    EncodeLabelBlock(Views(texts), block);
    ASSERT_EQ(block, appended);
  }
}

}  // namespace
}  // namespace promcast
