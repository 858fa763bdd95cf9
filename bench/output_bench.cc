// The way out of a prediction, stage by stage. An item is one output sample; each of the 2,000 input series writes five
// (point, lower and upper edge, score, verdict), one after the other, and a request holds 2,000.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "container_request.h"
#include "pipeline/output_series.h"
#include "remote_write/encoder.h"
#include "remote_write/label_block.h"
#include "remote_write/snappy_block.h"
#include "sender/sample_queue.h"
#include "series/label_store.h"
#include "time_per_item.h"

namespace promcast {
namespace {

constexpr size_t kRequestSamples = 2000;
constexpr size_t kOutputs = 5;

/// The input series, as their shard holds them.
class InputSeries {
 public:
  InputSeries() {
    std::vector<LabelView> labels;
    for (size_t i = 0; i < request_.batch().size(); i++) {
      const std::string block = request_.batch().LabelBlock(i);
      DecodeLabelBlock(block, labels);
      stored_.push_back(store_.Add(labels));
    }
  }

  /// Appends to `out` what all of them write.
  void AppendAll(OutputSeries& series, OutputBatch& out) {
    for (size_t i = 0; i < stored_.size(); i++) {
      const int64_t now_ms = request_.batch().sample(i).timestamp_ms;
      const auto at = [&](double value) { return Sample{now_ms, value * 1.1}; };
      store_.View(stored_[i], labels_);
      series.Open(labels_, store_.generation(), CellReading::kLast, rules_.rules()[0], out);
      series.AppendPoint(0, at(3));
      series.AppendBand(0, 0, at(2), at(4));
      series.AppendAnomaly(at(0.5), {now_ms, 0});
    }
  }

 private:
  const ContainerRequest request_;
  const RuleSet rules_{{RuleOptions()}};
  LabelStore store_;
  std::vector<StoredLabels> stored_;
  std::vector<StoredLabel> labels_;
};

OutputBatch AllOutput() {
  OutputSeries series;
  OutputBatch out;
  InputSeries().AppendAll(series, out);
  return out;
}

/// Names and labels of what is written, made from the input series' labels.
void AppendOutput(benchmark::State& state) {
  InputSeries input;
  OutputSeries series;
  OutputBatch out;
  for (auto _ : state) {
    out.Clear();
    input.AppendAll(series, out);
    benchmark::DoNotOptimize(out);
  }
  CountItems(state, kOutputs * ContainerRequest::kSeries);
}
BENCHMARK(AppendOutput);

/// Into the queue of a destination and out of it, a request's worth at a time.
void Queue(benchmark::State& state) {
  const auto output = std::make_shared<const OutputBatch>(AllOutput());
  SampleQueue queue({.capacity = 100'000,
                     .max_samples_per_send = kRequestSamples,
                     .batch_send_deadline = std::chrono::milliseconds(1000)});
  SampleQueue::Taken taken;
  for (auto _ : state) {
    std::vector<uint32_t> indices(output->size());
    std::iota(indices.begin(), indices.end(), uint32_t{0});
    queue.Push(output, std::move(indices));
    while (queue.size() > 0) {
      queue.Take(taken);
      queue.Done();
    }
  }
  CountItems(state, output->size());
}
BENCHMARK(Queue);

template <typename Visit>
void ForEachRequest(const OutputBatch& output, const Visit& visit) {
  std::vector<OutgoingSample> samples;
  for (uint32_t i = 0; i < output.size(); i++) {
    samples.push_back({&output, i});
    if (samples.size() < kRequestSamples) continue;
    visit(samples);
    samples.clear();
  }
}

/// Bodies of requests; `bytes` of them a sample.
void EncodeOutput(benchmark::State& state, WriteProtocol protocol) {
  const OutputBatch output = AllOutput();
  RequestEncoder encoder;
  ByteBuffer body;
  size_t bytes = 0, samples_written = 0;
  for (auto _ : state) {
    ForEachRequest(output, [&](const auto& samples) {
      encoder.Encode(protocol, samples, body);
      bytes += body.view().size(), samples_written += samples.size();
    });
  }
  CountItems(state, output.size());
  state.counters["bytes"] = static_cast<double>(bytes) / static_cast<double>(samples_written);
}
BENCHMARK_CAPTURE(EncodeOutput, v1, WriteProtocol::kV1);
BENCHMARK_CAPTURE(EncodeOutput, v2, WriteProtocol::kV2);

/// What the snappy library makes of the same messages, which it is given uncompressed.
void DeflateOutput(benchmark::State& state, WriteProtocol protocol) {
  const OutputBatch output = AllOutput();
  RequestEncoder encoder;
  std::vector<ByteBuffer> messages;
  ForEachRequest(output, [&](const auto& samples) {
    ByteBuffer body;
    encoder.Encode(protocol, samples, body);
    if (!SnappyDecode(body.view(), SIZE_MAX, messages.emplace_back()).ok()) state.SkipWithError("not snappy");
  });
  ByteBuffer block;
  size_t bytes = 0, messages_written = 0;
  for (auto _ : state) {
    for (const ByteBuffer& message : messages) {
      SnappyEncode(message.view(), block);
      bytes += block.view().size(), messages_written++;
    }
  }
  CountItems(state, output.size());
  state.counters["bytes"] = static_cast<double>(bytes) / static_cast<double>(messages_written * kRequestSamples);
}
BENCHMARK_CAPTURE(DeflateOutput, v1, WriteProtocol::kV1);
BENCHMARK_CAPTURE(DeflateOutput, v2, WriteProtocol::kV2);

}  // namespace
}  // namespace promcast
