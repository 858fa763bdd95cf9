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
#pragma GCC unroll 16
    for (int j = 1; j < N; j++) {
      const float* column = Column(j);
#pragma GCC unroll 16
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
    float inverse = 1 / keep;  // of alpha
    const float growth = inverse;
#pragma GCC unroll 16
    for (int j = 0; j < N; j++) {
      const float before = alpha;
      const float lambda = -f[j] * inverse;
      alpha += v[j] * f[j];
      inverse = 1 / alpha;
      diagonal_[j] = std::min(diagonal_[j] * before * inverse * growth, kCeiling);
      float* column = Column(j);
#pragma GCC unroll 16
      for (int i = 0; i < j; i++) {
        const float u = column[i];
        column[i] = u + lambda * gain[i];
        gain[i] += v[j] * u;
      }
      gain[j] = v[j];
    }
    for (float& g : gain) g *= inverse;
    return gain;
  }

  template <class Archive>
  void Persist(Archive& archive) {
    auto& [diagonal, upper] = *this;
    archive(diagonal, upper);
  }

 private:
  // U'x.
  Vector Projected(const Vector& x) const {
    Vector f = x;
#pragma GCC unroll 16
    for (int j = 1; j < N; j++) {
      const float* column = Column(j);
      float sum = 0;
#pragma GCC unroll 16
      for (int i = 0; i < j; i++) sum += column[i] * x[i];
      f[j] += sum;
    }
    return f;
  }
  const float* Column(int j) const {
    return upper_.data() + j * (j - 1) / 2;
  }
  float* Column(int j) {
    return upper_.data() + j * (j - 1) / 2;
  }

  std::array<float, N> diagonal_;
  std::array<float, N*(N - 1) / 2> upper_;
};

}  // namespace promcast
