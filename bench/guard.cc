// One stage of the hot path, or the fixed work that it is set against, some number of times: what bench/guard.py counts
// the instructions of.
//
//   guard STAGE TIMES     STAGE: decode_v1, decode_v2, bank_lean, bank_standard, fixed_bytes, fixed_floats
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "container_request.h"
#include "daily_load.h"
#include "promcast/model_bank.h"
#include "remote_write/decoder.h"

namespace promcast {
namespace {

// Keeps a result from being optimised away.
volatile double sink;

/// What decoding is made of: variable-length integers, branches on them, and text that is hashed.
uint64_t WalkBytes(std::string_view message) {
  uint64_t sum = 0;
  uint64_t hash = 0x9E3779B97F4A7C15;
  for (size_t at = 0; at < message.size();) {
    uint64_t value = 0;
    for (int shift = 0; at < message.size(); shift += 7) {
      const auto byte = static_cast<uint8_t>(message[at++]);
      value |= static_cast<uint64_t>(byte & 127) << (shift & 63);
      if (byte < 128) break;
    }
    if ((value & 7) == 2) {
      const size_t end = std::min(message.size(), at + (value >> 3) % 24);
      for (; at + 8 <= end; at += 8) {
        uint64_t word;
        __builtin_memcpy(&word, message.data() + at, 8);
        hash = (hash ^ word) * 0xD1B54A32D192ED03;
        hash ^= hash >> 29;
      }
    }
    sum += value ^ hash;
  }
  return sum;
}

/// What a bank is made of: multiplications, additions, divisions and comparisons over a state of some kilobytes.
void Smooth(std::vector<float>& state, float value) {
  float level = value;
  for (size_t i = 0; i + 1 < state.size(); i += 2) {
    const float error = level - state[i];
    state[i] += 0.125F * error;
    state[i + 1] += 0.0625F * ((error < 0 ? -error : error) - state[i + 1]);
    if (i % 16 == 0) level = state[i] + error / (1 + state[i + 1]);
  }
  sink = level;
}

void Decode(RequestDecoder& decoder, WriteProtocol protocol, std::string_view message) {
  if (!decoder.Reset(protocol, message).ok()) std::abort();
  uint64_t sum = 0;
  SeriesView series;
  while (decoder.NextSeries(series)) {
    sum += series.fingerprint().low;
    Sample sample;
    while (series.NextSample(sample)) sum += static_cast<uint64_t>(sample.timestamp_ms);
  }
  sink = static_cast<double>(sum);
}

void RunDecode(WriteProtocol protocol, int times) {
  const std::string message = ContainerRequest().Message(protocol);
  RequestDecoder decoder(DecodeLimits{}, 1);
  for (int i = 0; i < times; i++) Decode(decoder, protocol, message);
}

/// Updates at 1-minute steps of a bank that has seen its first day.
void RunBank(Profile profile, int times) {
  constexpr int kStepsPerDay = 1440;
  constexpr size_t kGrownSteps = kStepsPerDay + 100;
  BankOptions options;
  options.horizons = {60};
  options.seasons = {kStepsPerDay};
  options.profile = profile;
  ModelBank bank(MakeBankPlan(options));
  const std::vector<double> values = MinuteLoad(2);
  for (size_t k = 0; k < kGrownSteps + static_cast<size_t>(times); k++) bank.Update(values[k % values.size()]);
  sink = bank.anomaly_score();
}

void RunFixedBytes(int times) {
  const std::string message = ContainerRequest().Message(WriteProtocol::kV1);
  for (int i = 0; i < times; i++) sink = static_cast<double>(WalkBytes(message));
}

void RunFixedFloats(int times) {
  std::vector<float> state(512);
  for (int i = 0; i < times; i++) Smooth(state, static_cast<float>(i % 7));
}

}  // namespace
}  // namespace promcast

int main(int argc, char** argv) {
  using namespace promcast;
  const std::map<std::string, std::function<void(int)>> stages = {
      {"decode_v1", [](int times) { RunDecode(WriteProtocol::kV1, times); }},
      {"decode_v2", [](int times) { RunDecode(WriteProtocol::kV2, times); }},
      {"bank_lean", [](int times) { RunBank(Profile::kLean, times); }},
      {"bank_standard", [](int times) { RunBank(Profile::kStandard, times); }},
      {"fixed_bytes", RunFixedBytes},
      {"fixed_floats", RunFixedFloats}};
  const auto stage = argc == 3 ? stages.find(argv[1]) : stages.end();
  if (stage == stages.end()) {
    std::fprintf(stderr, "use: guard STAGE TIMES; stages:");
    for (const auto& [name, run] : stages) std::fprintf(stderr, " %s", name.c_str());
    std::fprintf(stderr, "\n");
    return 2;
  }
  stage->second(std::atoi(argv[2]));
}
