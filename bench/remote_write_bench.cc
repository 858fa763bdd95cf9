// The stages of a request, in and out. An item is a series with one sample; a request holds 2,000.
#include <benchmark/benchmark.h>

#include <string>

#include "container_request.h"
#include "remote_write/decoder.h"
#include "remote_write/encoder.h"
#include "remote_write/snappy_block.h"
#include "time_per_item.h"

namespace promcast {
namespace {

constexpr size_t kMaxDecodedBytes = 32 << 20;
constexpr uint64_t kSeed = 1;

/// Inflates the body into a buffer that is used again.
void SnappyInflate(benchmark::State& state, WriteProtocol protocol) {
  std::string block;
  SnappyEncode(ContainerRequest().Message(protocol), block);
  ByteBuffer buffer;
  for (auto _ : state) {
    if (!SnappyDecode(block, kMaxDecodedBytes, buffer).ok()) std::abort();
    benchmark::DoNotOptimize(buffer.view());
  }
  CountItems(state, ContainerRequest::kSeries);
}
BENCHMARK_CAPTURE(SnappyInflate, v1, WriteProtocol::kV1);
BENCHMARK_CAPTURE(SnappyInflate, v2, WriteProtocol::kV2);

/// Walks an inflated message: checks it, takes the fingerprint of every series and every sample.
void Decode(benchmark::State& state, WriteProtocol protocol) {
  const std::string message = ContainerRequest().Message(protocol);
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
  CountItems(state, ContainerRequest::kSeries);
}
BENCHMARK_CAPTURE(Decode, v1, WriteProtocol::kV1);
BENCHMARK_CAPTURE(Decode, v2, WriteProtocol::kV2);

/// Writes a compressed message from label blocks and samples.
void Encode(benchmark::State& state, WriteProtocol protocol) {
  const ContainerRequest request;
  RequestEncoder encoder;
  ByteBuffer body;
  for (auto _ : state) {
    encoder.Encode(protocol, request.batch(), body);
    benchmark::DoNotOptimize(body);
  }
  CountItems(state, ContainerRequest::kSeries);
}
BENCHMARK_CAPTURE(Encode, v1, WriteProtocol::kV1);
BENCHMARK_CAPTURE(Encode, v2, WriteProtocol::kV2);

/// Compresses a message that is there already.
void SnappyDeflate(benchmark::State& state, WriteProtocol protocol) {
  const std::string message = ContainerRequest().Message(protocol);
  std::string block;
  for (auto _ : state) {
    SnappyEncode(message, block);
    benchmark::DoNotOptimize(block);
  }
  CountItems(state, ContainerRequest::kSeries);
}
BENCHMARK_CAPTURE(SnappyDeflate, v1, WriteProtocol::kV1);
BENCHMARK_CAPTURE(SnappyDeflate, v2, WriteProtocol::kV2);

}  // namespace
}  // namespace promcast
