// Times decoding and the model bank against fixed work of the same kind, so that a machine's speed falls out:
//
//   guard            prints the ratios as JSON
//
// Each turn runs the stage and its calibration loop one right after the other, for a few milliseconds each, so that what
// else the machine does hits both; the ratio is the median over the turns. Time is CPU time of this thread.
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "container_request.h"
#include "daily_load.h"
#include "promcast/model_bank.h"
#include "remote_write/decoder.h"

namespace promcast {
namespace {

constexpr int kTurns = 151;
constexpr int kWarmUpTurns = 10;

// Keeps a result from being optimised away.
volatile double sink;

double CpuSeconds() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

double CpuSecondsOf(const std::function<void()>& work) {
  const double begin = CpuSeconds();
  work();
  return CpuSeconds() - begin;
}

/// The median over the turns of the CPU time of `stage` over that of `calibration`.
double MedianRatio(const std::function<void()>& stage, const std::function<void()>& calibration) {
  std::vector<double> ratios;
  for (int turn = 0; turn < kWarmUpTurns + kTurns; turn++) {
    // Calibration on both sides, so that a machine that becomes faster or slower does so for both.
    const double before = CpuSecondsOf(calibration);
    const double staged = CpuSecondsOf(stage);
    const double after = CpuSecondsOf(calibration);
    if (turn >= kWarmUpTurns) ratios.push_back(2 * staged / (before + after));
  }
  std::nth_element(ratios.begin(), ratios.begin() + kTurns / 2, ratios.end());
  return ratios[kTurns / 2];
}

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

/// What a bank is made of: multiplications and additions that wait for one another, some divisions and comparisons, over
/// a few kilobytes of state a series.
class Recurrences {
 public:
  explicit Recurrences(size_t series) : series_(series) {}

  void Update(size_t series, float value) {
    std::vector<float>& state = series_[series].state;
    float level = value;
    for (size_t i = 0; i < state.size(); i += kStride) {
      const float error = level - state[i];
      state[i] += 0.125F * error;
      state[i + 1] += 0.0625F * ((error < 0 ? -error : error) - state[i + 1]);
      if (i % (8 * kStride) == 0) level = state[i] + error / (1 + state[i + 1]);
    }
    sink = level;
  }

 private:
  static constexpr size_t kStride = 8;
  struct Series {
    std::vector<float> state = std::vector<float>(1024);
  };
  std::vector<Series> series_;
};

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

double DecodeRatio(WriteProtocol protocol) {
  constexpr int kRequests = 8;
  const ContainerRequest request;
  const std::string message = request.Message(protocol);
  const std::string walked = request.Message(WriteProtocol::kV1);
  RequestDecoder decoder(DecodeLimits{}, 1);
  return MedianRatio(
      [&] {
        for (int i = 0; i < kRequests; i++) Decode(decoder, protocol, message);
      },
      [&] {
        for (int i = 0; i < kRequests; i++) sink = static_cast<double>(WalkBytes(walked));
      });
}

double BankRatio(Profile profile) {
  constexpr size_t kSeries = 64;
  constexpr int kStepsPerDay = 1440;
  constexpr size_t kGrownSteps = kStepsPerDay + 100;
  constexpr size_t kSteps = 16;  // a turn
  BankOptions options;
  options.horizons = {60};
  options.seasons = {kStepsPerDay};
  options.profile = profile;
  const auto plan = MakeBankPlan(options);
  const std::vector<double> values = MinuteLoad(2);
  std::vector<ModelBank> banks;
  for (size_t i = 0; i < kSeries; i++) {
    banks.emplace_back(plan);
    for (size_t k = 0; k < kGrownSteps; k++) banks.back().Update(values[k]);
  }
  Recurrences recurrences(kSeries);
  size_t fed = kGrownSteps;
  return MedianRatio(
      [&] {
        for (size_t k = 0; k < kSteps; k++, fed++) {
          for (ModelBank& bank : banks) bank.Update(values[fed % values.size()]);
        }
      },
      [&] {
        for (size_t k = 0; k < kSteps; k++) {
          for (size_t i = 0; i < kSeries; i++) recurrences.Update(i, static_cast<float>(values[k]));
        }
      });
}

}  // namespace
}  // namespace promcast

int main() {
  using namespace promcast;
  std::printf("{\"decode_v1\": %.3f, ", DecodeRatio(WriteProtocol::kV1));
  std::printf("\"decode_v2\": %.3f, ", DecodeRatio(WriteProtocol::kV2));
  std::printf("\"bank_lean\": %.3f, ", BankRatio(Profile::kLean));
  std::printf("\"bank_standard\": %.3f}\n", BankRatio(Profile::kStandard));
}
