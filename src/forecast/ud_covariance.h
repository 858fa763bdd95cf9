#pragma once

#include <algorithm>
#include <array>

namespace promcast {

/// The covariance of recursive least squares with forgetting, as U D U' (U unit upper triangular, D diagonal, Bierman
/// 1977, "Factorization Methods for Discrete Sequential Estimation"): stays positive in single precision, where the
/// plain matrix does not. Directions that are never excited would grow without bound while all else is forgotten; each
/// is held at 1000 by itself, so that a dead one starves no other.
template <int N>
class UdCovariance {
 public:
  using Vector = std::array<float, N>;
  static constexpr float kCeiling = 1000;

  explicit UdCovariance(float diagonal) {
    diagonal_.fill(diagonal);
    upper_.fill(0);
  }

  /// covariance * x.
  Vector Gain(const Vector& x) const {
    Vector v = Projected(x);
    for (int i = 0; i < N; i++) v[i] *= diagonal_[i];
    Vector gain = v;
    for (int j = 1; j < N; j++) {
      const float* column = Column(j);
      for (int i = 0; i < j; i++) gain[i] += column[i] * v[j];
    }
    return gain;
  }

  /// Takes one more regressor in and forgets: all before weighs `keep` of what it did. Returns the gain of
  /// recursive least squares for this regressor.
  Vector Update(const Vector& x, float keep) {
    const Vector f = Projected(x);
    Vector v;
    for (int i = 0; i < N; i++) v[i] = diagonal_[i] * f[i];
    Vector gain{};
    float alpha = keep;
    const float growth = 1 / keep;
    for (int j = 0; j < N; j++) {
      const float before = alpha;
      alpha += v[j] * f[j];
      diagonal_[j] = std::min(diagonal_[j] * (before / alpha) * growth, kCeiling);
      const float lambda = -f[j] / before;
      float* column = Column(j);
      for (int i = 0; i < j; i++) {
        const float u = column[i];
        column[i] = u + lambda * gain[i];
        gain[i] += v[j] * u;
      }
      gain[j] = v[j];
    }
    const float scale = 1 / alpha;
    for (float& g : gain) g *= scale;
    return gain;
  }

 private:
  // U'x.
  Vector Projected(const Vector& x) const {
    Vector f = x;
    for (int j = 1; j < N; j++) {
      const float* column = Column(j);
      float sum = 0;
      for (int i = 0; i < j; i++) sum += column[i] * x[i];
      f[j] += sum;
    }
    return f;
  }
  const float* Column(int j) const { return upper_.data() + j * (j - 1) / 2; }
  float* Column(int j) { return upper_.data() + j * (j - 1) / 2; }

  std::array<float, N> diagonal_;
  std::array<float, N*(N - 1) / 2> upper_;
};

}  // namespace promcast
