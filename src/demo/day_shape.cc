#include "demo/day_shape.h"

#include <cmath>
#include <numbers>

namespace promcast {
namespace {

constexpr double kTau = 2 * std::numbers::pi;
constexpr double kSecondPeak = 0.30;  // weight of the wave with two peaks a day
constexpr double kSkew = 0.18;        // moves the main peak into the afternoon

// The finaliser of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
uint64_t Mix(uint64_t z) {
  z += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace

double HashUnit(uint64_t key, int64_t index) {
  return static_cast<double>(Mix(Mix(key) ^ static_cast<uint64_t>(index)) >> 11) * 0x1.0p-53;
}

double BlockNoise::Raw(int64_t cell) const {
  double sum = 0;
  for (int64_t part = 0; part < 3; ++part) sum += 2 * HashUnit(key_, cell * 3 + part) - 1;
  return sum;  // three uniforms on [-1, 1]: variance 1
}

double BlockNoise::BlockMean(int64_t block) const {
  double sum = 0;
  for (int64_t i = 0; i < kBlockCells; ++i) sum += Raw(block * kBlockCells + i);
  return sum / kBlockCells;
}

double BlockNoise::At(int64_t cell) const {
  return Raw(cell) - BlockMean(cell / kBlockCells);
}

double BlockNoise::SumBefore(int64_t cell) const {
  const int64_t first = cell / kBlockCells * kBlockCells;
  if (first == cell) return 0;
  const double mean = BlockMean(cell / kBlockCells);
  double sum = 0;
  for (int64_t i = first; i < cell; ++i) sum += Raw(i) - mean;
  return sum;
}

double DayShape(double x) {
  const double main_wave = 0.5 * (1 - std::cos(kTau * x)) - kSkew * std::sin(kTau * x);
  const double second_wave = kSecondPeak * 0.5 * (1 - std::cos(2 * kTau * x)) + kSkew * 0.5 * std::sin(2 * kTau * x);
  return (main_wave + second_wave) / (1 + kSecondPeak);
}

double DayShapeIntegral(double x) {
  const double main_wave = 0.5 * (x - std::sin(kTau * x) / kTau) - kSkew * (1 - std::cos(kTau * x)) / kTau;
  const double second_wave = kSecondPeak * 0.5 * (x - std::sin(2 * kTau * x) / (2 * kTau)) +
                             kSkew * 0.5 * (1 - std::cos(2 * kTau * x)) / (2 * kTau);
  return (main_wave + second_wave) / (1 + kSecondPeak);
}

}  // namespace promcast
