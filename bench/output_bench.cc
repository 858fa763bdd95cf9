// The way out of a prediction, stage by stage. An item is one output sample; each of the 2,000 input series writes five
// (point, lower and upper edge, score, verdict), one after the other, and a request holds 2,000.
#include <benchmark/benchmark.h>

#include <chrono>
#include <numeric>
#include <string>
#include <vector>

#include "container_request.h"
#include "pipeline/output_series.h"
#include "remote_write/encoder.h"
#include "remote_write/label_block.h"
#include "remote_write/snappy_block.h"
#include "sender/sample_queue.h"
#include "time_per_item.h"

namespace promcast {
namespace {

constexpr size_t kRequestSamples = 2000;
constexpr size_t kOutputs = 5;

void AppendAll(const ContainerRequest& input, const RuleSet& rules, OutputSeries& series, OutputBatch& out) {
  std::vector<LabelView> labels;
  for (const OutgoingSample& sample : input.samples()) {
    const auto at = [&](double value) { return Sample{sample.sample.timestamp_ms, value * 1.1}; };
    DecodeLabelBlock(sample.label_block, labels);
    series.Open(labels, CellReading::kLast, rules.rules()[0]);
    series.AppendPoint(0, at(3), out);
    series.AppendBand(0, 0, at(2), at(4), out);
    series.AppendAnomaly(at(0.5), {sample.sample.timestamp_ms, 0}, out);
  }
}

OutputBatch AllOutput() {
  OutputSeries series;
  OutputBatch out;
  AppendAll(ContainerRequest(), RuleSet({RuleOptions()}), series, out);
  return out;
}

/// Names and labels of what is written, made from the input series' labels.
void AppendOutput(benchmark::State& state) {
  const ContainerRequest input;
  const RuleSet rules({RuleOptions()});
  OutputSeries series;
  OutputBatch out;
  for (auto _ : state) {
    out.Clear();
    AppendAll(input, rules, series, out);
    benchmark::DoNotOptimize(out);
  }
  CountItems(state, kOutputs * ContainerRequest::kSeries);
}
BENCHMARK(AppendOutput);

/// Into the queue of a destination and out of it, a request's worth at a time.
void Queue(benchmark::State& state) {
  const OutputBatch output = AllOutput();
  std::vector<size_t> indices(output.size());
  std::iota(indices.begin(), indices.end(), size_t{0});
  SampleQueue queue({.capacity = 100'000,
                     .max_samples_per_send = kRequestSamples,
                     .batch_send_deadline = std::chrono::milliseconds(1000)});
  SampleQueue::Batch batch;
  for (auto _ : state) {
    queue.Push(output, indices);
    while (queue.size() > 0) {
      queue.Take(batch);
      queue.Done();
    }
  }
  CountItems(state, output.size());
}
BENCHMARK(Queue);

template <typename Visit>
void ForEachRequest(const OutputBatch& output, const Visit& visit) {
  std::vector<OutgoingSample> samples;
  for (size_t i = 0; i < output.size(); i++) {
    samples.push_back(output[i]);
    if (samples.size() < kRequestSamples) continue;
    visit(samples);
    samples.clear();
  }
}

void EncodeOutput(benchmark::State& state, WriteProtocol protocol) {
  const OutputBatch output = AllOutput();
  RequestEncoder encoder;
  std::string message;
  for (auto _ : state) {
    ForEachRequest(output, [&](const auto& samples) {
      encoder.Encode(protocol, samples, message);
      benchmark::DoNotOptimize(message);
    });
  }
  CountItems(state, output.size());
}
BENCHMARK_CAPTURE(EncodeOutput, v1, WriteProtocol::kV1);
BENCHMARK_CAPTURE(EncodeOutput, v2, WriteProtocol::kV2);

void DeflateOutput(benchmark::State& state, WriteProtocol protocol) {
  const OutputBatch output = AllOutput();
  RequestEncoder encoder;
  std::vector<std::string> messages;
  ForEachRequest(output, [&](const auto& samples) { encoder.Encode(protocol, samples, messages.emplace_back()); });
  std::string block;
  for (auto _ : state) {
    for (const std::string& message : messages) {
      SnappyEncode(message, block);
      benchmark::DoNotOptimize(block);
    }
  }
  CountItems(state, output.size());
}
BENCHMARK_CAPTURE(DeflateOutput, v1, WriteProtocol::kV1);
BENCHMARK_CAPTURE(DeflateOutput, v2, WriteProtocol::kV2);

}  // namespace
}  // namespace promcast
