// Requests of 2000 series as cAdvisor's look: 11 labels, about 300 bytes of label text, one sample each.
// The counter time_per_series is what one series costs ("n" stands for nanoseconds).
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "remote_write/decoder.h"
#include "remote_write/encoder.h"
#include "remote_write/label_block.h"
#include "remote_write/snappy_block.h"

namespace promcast {
namespace {

constexpr int kSeries = 2000;
constexpr size_t kMaxDecodedBytes = 32 << 20;
constexpr uint64_t kSeed = 1;

std::string ContainerLabelBlock(int i) {
  const auto n = [](int x) { return std::to_string(x); };
  const std::vector<std::pair<std::string, std::string>> labels = {
      {"__name__", "container_memory_working_set_bytes"},
      {"cluster", "eu-west-1"},
      {"container", "app-" + n(i % 97)},
      {"cpu", "total"},
      {"id", "/kubepods/burstable/pod" + n(i / 97)},
      {"image", "registry.example.com/team/app:v1.2." + n(i % 7)},
      {"instance", "10.0." + n(i % 250) + "." + n(i % 199) + ":9100"},
      {"job", "kubelet"},
      {"namespace", "prod-" + n(i % 31)},
      {"node", "node-" + n(i % 500)},
      {"pod", "app-6d5f7c9b8-" + n(i)}};
  std::string block;
  for (const auto& [name, value] : labels) AppendLabel(block, name, value);
  return block;
}

struct Outgoing {
  std::vector<std::string> blocks;
  std::vector<OutgoingSample> samples;

  Outgoing() {
    for (int i = 0; i < kSeries; i++) blocks.push_back(ContainerLabelBlock(i));
    for (int i = 0; i < kSeries; i++) {
      samples.push_back({blocks[i], {1700000000000 + i, 4096.0 * i}, MetricType::kUnknown});
    }
  }
};

std::string Request(WriteProtocol protocol) {
  std::string message;
  RequestEncoder().Encode(protocol, Outgoing().samples, message);
  return message;
}

void CountSeries(benchmark::State& state) {
  state.counters["time_per_series"] =
      benchmark::Counter(kSeries, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void Decode(benchmark::State& state, WriteProtocol protocol) {
  const std::string message = Request(protocol);
  RequestDecoder decoder(DecodeLimits{}, kSeed);
  for (auto _ : state) {
    if (!decoder.Reset(protocol, message).ok()) std::abort();
    SeriesView series;
    while (decoder.NextSeries(series)) {
      benchmark::DoNotOptimize(series.fingerprint());
      Sample sample;
      while (series.NextSample(sample)) benchmark::DoNotOptimize(sample);
    }
  }
  CountSeries(state);
}
BENCHMARK_CAPTURE(Decode, v1, WriteProtocol::kV1);
BENCHMARK_CAPTURE(Decode, v2, WriteProtocol::kV2);

void SnappyInflate(benchmark::State& state, WriteProtocol protocol) {
  std::string block;
  SnappyEncode(Request(protocol), block);
  ByteBuffer buffer;
  for (auto _ : state) {
    if (!SnappyDecode(block, kMaxDecodedBytes, buffer).ok()) std::abort();
    benchmark::DoNotOptimize(buffer.view());
  }
  CountSeries(state);
}
BENCHMARK_CAPTURE(SnappyInflate, v1, WriteProtocol::kV1);
BENCHMARK_CAPTURE(SnappyInflate, v2, WriteProtocol::kV2);

void Encode(benchmark::State& state, WriteProtocol protocol) {
  const Outgoing outgoing;
  RequestEncoder encoder;
  std::string message;
  for (auto _ : state) {
    encoder.Encode(protocol, outgoing.samples, message);
    benchmark::DoNotOptimize(message);
  }
  CountSeries(state);
}
BENCHMARK_CAPTURE(Encode, v1, WriteProtocol::kV1);
BENCHMARK_CAPTURE(Encode, v2, WriteProtocol::kV2);

void SnappyDeflate(benchmark::State& state, WriteProtocol protocol) {
  const std::string message = Request(protocol);
  std::string block;
  for (auto _ : state) {
    SnappyEncode(message, block);
    benchmark::DoNotOptimize(block);
  }
  CountSeries(state);
}
BENCHMARK_CAPTURE(SnappyDeflate, v1, WriteProtocol::kV1);
BENCHMARK_CAPTURE(SnappyDeflate, v2, WriteProtocol::kV2);

}  // namespace
}  // namespace promcast
