#include "pipeline/label_pieces.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "remote_write/label_block.h"

namespace promcast {
namespace {

using Texts = std::map<std::string, std::string>;

const std::array<std::vector<std::string>, LabelPieces::kKinds> kAdded = {
    {{"__name__", "coverage", "forecaster", "horizon", "metric"},
     {"__name__", "forecaster", "metric", "quantile", "threshold"}}};
const std::array<std::vector<std::string>, LabelPieces::kKinds> kReserved = {
    {{"coverage", "forecaster", "horizon", "metric"}, {"forecaster", "horizon", "metric", "quantile", "threshold"}}};

std::vector<LabelView> Views(const Texts& texts) {
  std::vector<LabelView> views;
  for (const auto& [name, value] : texts) views.push_back({name, value});
  return views;
}

/// Labels of a series; some with names and values that many have, one of its own.
Texts RandomSeries(std::mt19937_64& random, int series) {
  static const std::vector<std::string> kNames = {
      "A", "Zone", "a", "cluster", "cpu", "device", "exported_metric", "job", "le", "metrik", "pod_name", "s", "zone"};
  Texts texts{{"__name__", "m" + std::to_string(random() % 40)}};
  for (const std::string& name : kNames) {
    if (random() % 2 != 0) texts[name] = "v" + std::to_string(random() % 3);
  }
  if (random() % 2 != 0) texts["instance"] = std::to_string(series);
  if (random() % 8 == 0) texts[kReserved[random() % 2][random() % 4]] = "its own";
  return texts;
}

std::string Expected(const Texts& series, LabelPieces::Kind kind) {
  Texts labels;
  for (const auto& [name, value] : series) {
    const bool is_reserved = std::ranges::find(kReserved[kind], name) != kReserved[kind].end();
    std::string renamed = is_reserved ? "exported_" + name : name;
    while (renamed != name && series.contains(renamed)) renamed = "exported_" + renamed;
    labels[renamed] = value;
  }
  for (const std::string& name : kAdded[kind]) labels[name] = "added";
  return EncodeLabelBlock(Views(labels));
}

std::string WithAdded(OutputBatch::Frame frame, LabelPieces::Kind kind, OutputBatch& batch) {
  OutputBatch::AddedPieces added;
  for (size_t place = 0; place < added.size(); place++) added[place] = batch.KeepLabel(kAdded[kind][place], "added");
  batch.Append(frame, added, {});
  return batch.LabelBlock(batch.size() - 1);
}

// Series come and go, so that texts of the store come to have the names of others, and batches are begun now and then.
TEST(LabelPieces, WithTheAddedLabelsInTheirPlacesTheyAreAllLabelsSorted) {
  std::mt19937_64 random(5);
  LabelStore store;
  std::vector<std::pair<Texts, StoredLabels>> series;
  std::vector<StoredLabel> labels;
  LabelPieces pieces;
  OutputBatch batch;
  for (int i = 0; i < 20'000; i++) {
    if (series.size() > 40) {
      std::swap(series[random() % series.size()], series.back());
      store.Release(std::move(series.back().second));
      series.pop_back();
    }
    const Texts texts = RandomSeries(random, i);
    series.emplace_back(texts, store.Add(Views(texts)));
    const bool begins = random() % 50 == 0;
    if (begins) batch.Clear();
    pieces.Begin(batch, begins || i == 0, store.generation());
    const auto& [asked, stored] = series[random() % series.size()];
    store.View(stored, labels);
    for (const auto kind : {LabelPieces::kForecast, LabelPieces::kTimeToThreshold}) {
      ASSERT_EQ(WithAdded(pieces.Cut(labels, kind), kind, batch), Expected(asked, kind)) << i;
    }
  }
}

TEST(LabelPieces, ATextOfManySeriesIsKeptOnceABatch) {
  LabelStore store;
  std::vector<StoredLabels> series;
  for (int i = 0; i < 100; i++) {
    const std::string own = std::to_string(i);
    series.push_back(store.Add(std::vector<LabelView>{{"__name__", "m"}, {"instance", own}, {"job", "node"}}));
  }
  LabelPieces pieces;
  OutputBatch batch;
  std::vector<StoredLabel> labels;
  for (size_t i = 50; i < 100; i++) {
    store.View(series[i], labels);
    pieces.Begin(batch, i == 50, store.generation());
    pieces.Cut(labels, LabelPieces::kForecast);
  }
  EXPECT_EQ(batch.kept_pieces(), 50u + 1);
}

}  // namespace
}  // namespace promcast
