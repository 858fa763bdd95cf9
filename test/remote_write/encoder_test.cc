#include "remote_write/encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>
#include <tuple>
#include <utility>
#include <vector>

#include "remote_write/decoder.h"
#include "remote_write/label_block.h"
#include "remote_write/snappy_block.h"
#include "request_builder.h"

namespace promcast {
namespace {

namespace v1 = testing::v1;
namespace v2 = testing::v2;
using ::testing::ElementsAre;

class EncoderTest : public ::testing::Test {
 protected:
  EncoderTest() {
    samples_.Append(EncodeLabelBlock(std::vector<LabelView>{{"__name__", "up"}, {"job", "j"}}), {1700000000000, 1.5});
    samples_.Append(EncodeLabelBlock(std::vector<LabelView>{{"__name__", "up"}, {"job", std::string(500, 'j')}}),
                    {-1, StaleMarker()}, MetricType::kUnknown);
  }

  /// The message, inflated by the library.
  std::string Encode(WriteProtocol protocol, const OutputBatch& batch) {
    encoder_.Encode(protocol, batch, body_);
    return Inflated();
  }

  std::string Inflated() const {
    ByteBuffer message;
    EXPECT_TRUE(SnappyDecode(body_.view(), SIZE_MAX, message).ok());
    return std::string(message.view());
  }

  OutputBatch samples_;
  RequestEncoder encoder_;
  ByteBuffer body_;
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
  OutputBatch samples;
  for (int bit = 0; bit < 64; bit++) {
    const uint64_t power = uint64_t{1} << bit;
    for (const uint64_t time : {power, ~power, 0 - power, power - 1}) {
      samples.Append(samples_.LabelBlock(0), {static_cast<int64_t>(time), 1. / (bit + 1)});
    }
  }
  for (const WriteProtocol protocol : {WriteProtocol::kV1, WriteProtocol::kV2}) {
    RequestDecoder decoder(DecodeLimits{}, 1);
    const std::string message = Encode(protocol, samples);
    ASSERT_TRUE(decoder.Reset(protocol, message).ok());
    for (size_t i = 0; i < samples.size(); i++) {
      SeriesView series;
      Sample read;
      ASSERT_TRUE(decoder.NextSeries(series) && series.NextSample(read));
      EXPECT_EQ(read, samples.sample(i));
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
    for (size_t i = 0; i < samples_.size(); i++) {
      ASSERT_TRUE(decoder.NextSeries(series));
      ASSERT_TRUE(decoder.CopyLabels(series.offset(), series.size_bytes(), labels));
      const std::string block = samples_.LabelBlock(i);
      DecodeLabelBlock(block, expected);
      EXPECT_EQ(labels, expected);
      Sample sample;
      ASSERT_TRUE(series.NextSample(sample));
      EXPECT_EQ(sample.timestamp_ms, samples_.sample(i).timestamp_ms);
      EXPECT_EQ(std::bit_cast<uint64_t>(sample.value), std::bit_cast<uint64_t>(samples_.sample(i).value));
      EXPECT_FALSE(series.NextSample(sample));
    }
    EXPECT_FALSE(decoder.NextSeries(series));
  }
}

using Texts = std::map<std::string, std::string>;

/// The next series' labels: those of the one before, some, many or all of them changed.
void ChangeLabels(std::mt19937_64& random, Texts& labels) {
  const auto pick = [&](size_t count) { return static_cast<size_t>(random() % count); };
  if (pick(10) == 0) labels.clear();
  const size_t names = pick(20) == 0 ? 300 : 12;
  for (size_t change = pick(8) == 0 ? pick(100) : pick(4); change > 0; change--) {
    const std::string name = "n" + std::to_string(pick(names));
    if (pick(3) == 0) {
      labels.erase(name);
    } else {
      // Short, so that a value is often another label's value or name, and may be long enough for a longer length.
      labels[name] = pick(4) == 0 ? std::string(pick(300), 'v') : "n" + std::to_string(pick(names));
    }
  }
}

/// A label block in a frame and what is added to it, all of it cut anyhow.
struct CutBlock {
  OutputBatch::Frame frame;
  OutputBatch::AddedPieces added;
  std::array<Texts, OutputBatch::kPlaces> added_labels;
};

CutBlock Cut(std::mt19937_64& random, const Texts& labels, OutputBatch& batch) {
  std::vector<std::string> texts(2 * OutputBatch::kPlaces + 1);
  CutBlock block{{}, OutputBatch::kNoneAdded, {}};
  size_t i = random() % 3;
  for (const auto& [name, value] : labels) {
    while (i + 1 < texts.size() && random() % 3 != 0) i++;
    AppendLabel(texts[i], name, value);
    if (i % 2 != 0) block.added_labels[i / 2][name] = value;
  }
  std::vector<OutputBatch::Piece> pieces;
  std::array<size_t, OutputBatch::kPlaces> ends;
  for (size_t part = 0; part < texts.size(); part++) {
    const bool left_out = texts[part].empty() && random() % 2 == 0;
    if (part % 2 == 0) {
      if (!left_out) pieces.push_back(batch.Keep(texts[part]));
    } else {
      ends[part / 2] = pieces.size();
      if (!left_out) block.added[part / 2] = batch.Keep(texts[part]);
    }
  }
  block.frame = batch.KeepFrame(pieces, ends);
  return block;
}

/// Leaves one of the added pieces out, and its labels.
void TakeOneAway(std::mt19937_64& random, Texts& labels, CutBlock& block) {
  const size_t place = random() % OutputBatch::kPlaces;
  block.added[place] = OutputBatch::kNoPiece;
  for (const auto& [name, value] : block.added_labels[place]) labels.erase(name);
  block.added_labels[place].clear();
}

/// Exchanges one of the added pieces for another with other values.
void ExchangeOne(std::mt19937_64& random, Texts& labels, CutBlock& block, OutputBatch& batch) {
  const size_t place = random() % OutputBatch::kPlaces;
  std::string text;
  for (auto& [name, value] : block.added_labels[place]) {
    value = "n" + std::to_string(random() % 12);
    labels[name] = value;
    AppendLabel(text, name, value);
  }
  block.added[place] = batch.Keep(text);
}

/// What remote write 2.0 says of `series`: each text once, in the order in which they come.
void SymbolsInOrder(const std::vector<Texts>& series, std::vector<std::string>& symbols,
                    std::vector<std::vector<uint32_t>>& refs) {
  std::map<std::string, uint32_t> known = {{"", 0}};
  symbols = {""};
  const auto ref = [&](const std::string& text) {
    const auto [at, fresh] = known.try_emplace(text, static_cast<uint32_t>(symbols.size()));
    if (fresh) symbols.push_back(text);
    return at->second;
  };
  for (const Texts& labels : series) {
    refs.emplace_back();
    for (const auto& [name, value] : labels) refs.back().insert(refs.back().end(), {ref(name), ref(value)});
  }
}

TEST_F(EncoderTest, EqualNearlyEqualAndDisjointLabelsAreWrittenAsIfEachStoodAlone) {
  std::mt19937_64 random(11);
  for (int request_number = 0; request_number < 300; request_number++) {
    std::vector<Texts> series;
    OutputBatch samples;
    Texts labels;
    CutBlock block = Cut(random, labels, samples);
    std::vector<std::pair<Texts, CutBlock>> earlier;
    int64_t timestamp_ms = 0;
    for (size_t i = random() % 120; i > 0; i--) {
      switch (random() % 8) {
        case 0:
          break;
        case 1:
          TakeOneAway(random, labels, block);
          break;
        case 2:
        case 3:
          ExchangeOne(random, labels, block, samples);
          break;
        case 4:
          if (!earlier.empty()) std::tie(labels, block) = earlier[random() % earlier.size()];
          break;
        default:
          ChangeLabels(random, labels);
          block = Cut(random, labels, samples);
      }
      series.push_back(labels);
      earlier.emplace_back(labels, block);
      if (random() % 3 == 0) timestamp_ms = static_cast<int64_t>(random());
      const Sample sample{timestamp_ms, static_cast<double>(random() % 1000)};
      samples.Append(block.frame, block.added, sample, random() % 2 == 0 ? MetricType::kGauge : MetricType::kUnknown);
    }
    std::vector<std::string> symbols;
    std::vector<std::vector<uint32_t>> refs;
    SymbolsInOrder(series, symbols, refs);

    v2::Request request;
    ASSERT_TRUE(request.ParseFromString(Encode(WriteProtocol::kV2, samples)));
    ASSERT_THAT(request.symbols(), ::testing::ElementsAreArray(symbols));
    ASSERT_EQ(static_cast<size_t>(request.timeseries_size()), series.size());
    v1::WriteRequest request_v1;
    ASSERT_TRUE(request_v1.ParseFromString(Encode(WriteProtocol::kV1, samples)));
    ASSERT_EQ(static_cast<size_t>(request_v1.timeseries_size()), series.size());
    for (size_t i = 0; i < series.size(); i++) {
      const auto& written = request.timeseries(static_cast<int>(i));
      ASSERT_THAT(written.labels_refs(), ::testing::ElementsAreArray(refs[i]));
      EXPECT_EQ(written.samples(0).timestamp(), samples.sample(i).timestamp_ms);
      EXPECT_EQ(written.samples(0).value(), samples.sample(i).value);
      EXPECT_EQ(static_cast<int>(written.metadata().type()), static_cast<int>(samples.type(i)));
      EXPECT_EQ(request_v1.timeseries(static_cast<int>(i)).samples(0).timestamp(), samples.sample(i).timestamp_ms);
      Texts read;
      for (const auto& label : request_v1.timeseries(static_cast<int>(i)).labels()) read[label.name()] = label.value();
      ASSERT_EQ(read, series[i]);
    }
  }
}

TEST_F(EncoderTest, WhatIsFurtherBackThanACopyReachesIsWrittenAnew) {
  OutputBatch batch;
  const auto label = [](std::string_view name, std::string_view value) {
    std::string block;
    AppendLabel(block, name, value);
    return block;
  };
  const OutputBatch::Piece piece = batch.Keep(label("__name__", "a_piece_seen_again"));
  std::mt19937_64 random(3);
  std::vector<std::string> values;
  for (int i = 0; i < 41; i++) {
    std::string& value = values.emplace_back();
    if (i == 0 || i == 20 || i == 40) {
      value = "a_label_seen_again";
      const std::array pieces = {piece, batch.Keep(label("v", value))};
      batch.Append(batch.KeepFrame(pieces, {0, 1, 1, 2, 2}), OutputBatch::kNoneAdded, {int64_t{1} << i, 1});
      continue;
    }
    for (size_t bytes = 3000 + random() % 6000; bytes > 0; bytes--) value += static_cast<char>('a' + random() % 26);
    batch.Append(label("__name__", "n" + std::to_string(i)) + label("v", value), {int64_t{1} << i, 1});
  }
  v1::WriteRequest request;
  ASSERT_TRUE(request.ParseFromString(Encode(WriteProtocol::kV1, batch)));
  ASSERT_EQ(request.timeseries_size(), 41);
  for (int i = 0; i < 41; i++) {
    EXPECT_EQ(request.timeseries(i).labels(1).value(), values[static_cast<size_t>(i)]);
    EXPECT_EQ(request.timeseries(i).samples(0).timestamp(), int64_t{1} << i);
  }
  for (const int i : {0, 20, 40}) EXPECT_EQ(request.timeseries(i).labels(0).value(), "a_piece_seen_again");
}

TEST_F(EncoderTest, SamplesOfSeveralBatchesShareARequest) {
  std::array<OutputBatch, 2> others;  // what one batch calls its first frame, the next one does too
  others[0].Append(samples_.LabelBlock(1), {5, 6});
  others[1].Append(samples_.LabelBlock(0), {7, 8});
  const std::vector<OutgoingSample> samples = {{&samples_, 1}, {&others[0], 0}, {&others[1], 0}};
  for (const WriteProtocol protocol : {WriteProtocol::kV1, WriteProtocol::kV2}) {
    encoder_.Encode(protocol, samples, body_);
    const std::string message = Inflated();
    RequestDecoder decoder(DecodeLimits{}, testing::kSeed);
    ASSERT_TRUE(decoder.Reset(protocol, message).ok());
    for (const OutgoingSample& sent : samples) {
      SeriesView series;
      ASSERT_TRUE(decoder.NextSeries(series));
      std::vector<LabelView> labels, expected;
      ASSERT_TRUE(decoder.CopyLabels(series.offset(), series.size_bytes(), labels));
      const std::string block = sent.batch->LabelBlock(sent.index);
      DecodeLabelBlock(block, expected);
      EXPECT_EQ(labels, expected);
      Sample sample;
      ASSERT_TRUE(series.NextSample(sample));
      EXPECT_EQ(sample.timestamp_ms, sent.sample().timestamp_ms);
      EXPECT_EQ(std::bit_cast<uint64_t>(sample.value), std::bit_cast<uint64_t>(sent.sample().value));
    }
  }
}

TEST_F(EncoderTest, BodiesAreCompressed) {
  OutputBatch batch;
  std::mt19937_64 random(1);
  std::normal_distribution<double> values(1, 0.1);
  for (int i = 0; i < 400; i++) {
    std::string block;
    AppendLabel(block, "instance", "host-" + std::to_string(i / 7) + ".example.com:9100");
    AppendLabel(block, "job", "node");
    const OutputBatch::Piece rest = batch.Keep(block);
    const OutputBatch::Frame frame = batch.KeepFrame({&rest, 1}, {0, 0, 1, 1, 1});
    for (const std::string_view name : {"predicted_node_load1", "predicted_lower_node_load1"}) {
      std::string name_label;
      AppendLabel(name_label, "__name__", name);
      OutputBatch::AddedPieces added = OutputBatch::kNoneAdded;
      added[1] = batch.Keep(name_label);
      batch.Append(frame, added, {1700000000000, values(random)});
    }
  }
  const std::string message = Encode(WriteProtocol::kV1, batch);
  std::string by_library;
  SnappyEncode(message, by_library);
  EXPECT_LT(body_.view().size(), message.size() / 3);
  EXPECT_LT(body_.view().size(), 3 * by_library.size());
}

TEST_F(EncoderTest, NoSamplesMakeARequestWithoutSeries) {
  EXPECT_EQ(Encode(WriteProtocol::kV1, {}), "");
  v2::Request request;
  ASSERT_TRUE(request.ParseFromString(Encode(WriteProtocol::kV2, {})));
  EXPECT_EQ(request.timeseries_size(), 0);
}

}  // namespace
}  // namespace promcast
