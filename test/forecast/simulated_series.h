#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <random>

namespace promcast {

/// A series cell by cell: value(cell, random).
using Process = std::function<double(int64_t, std::mt19937&)>;

inline double Normal(std::mt19937& random) {
  return std::normal_distribution<double>()(random);
}

inline Process RandomWalk(double step = 1) {
  return [x = 0., step](int64_t, std::mt19937& random) mutable { return x += step * Normal(random); };
}

/// x(t) = coefficient * x(t - 1) + noise.
inline Process AutoregressiveProcess(double coefficient) {
  return [x = 0., coefficient](int64_t, std::mt19937& random) mutable { return x = coefficient * x + Normal(random); };
}

inline Process Sine(double period, double amplitude) {
  return
      [=](int64_t cell, std::mt19937&) { return amplitude * std::sin(2 * M_PI * static_cast<double>(cell) / period); };
}

/// `amplitude` in the first tenth of each period.
inline Process Spikes(double period, double amplitude) {
  return [=](int64_t cell, std::mt19937&) {
    return std::fmod(static_cast<double>(cell) / period, 1) < .1 ? amplitude : 0;
  };
}

inline Process operator+(Process a, Process b) {
  return [a = std::move(a), b = std::move(b)](int64_t cell, std::mt19937& random) mutable {
    return a(cell, random) + b(cell, random);
  };
}

inline Process Noise(double deviation = 1) {
  return [deviation](int64_t, std::mt19937& random) { return deviation * Normal(random); };
}

}  // namespace promcast
