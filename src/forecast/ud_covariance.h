#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <utility>

#include "forecast/float4.h"

namespace promcast {

/// The covariance of recursive least squares with forgetting, as U D U' (U unit upper triangular, D diagonal, Bierman
/// 1977, "Factorization Methods for Discrete Sequential Estimation"): stays positive in single precision, where the
/// plain matrix does not. Directions that are never excited would grow without bound while all else is forgotten; each
/// is held at 1000 by itself, so that a dead one starves no other.
template <size_t N>
class UdCovariance {
 public:
  /// N numbers, then zeros.
  struct Vector {
    static constexpr size_t kBlocks = (N + 3) / 4;
    Float4 block[kBlocks]{};
  };
  static constexpr float kCeiling = 1000;

  explicit UdCovariance(float diagonal) {
    factors_.fill(0);
    std::fill_n(Diagonal(), N, diagonal);
  }

  /// covariance * x.
  Vector Gain(const Vector& x) const {
    Vector v = Projected(x);
    ForEachBlock([&]<size_t b>() { v.block[b] *= DiagonalBlock<b>(); });
    Vector gain{};
    ForEachColumn([&]<size_t j>() {
      const Float4 factor = Lane<j>(v);
      ForEachBlockTo<j>([&]<size_t b>() { gain.block[b] += UnitColumn<j, b>() * factor; });
    });
    return gain;
  }

  /// Takes one more regressor in and forgets: all before weighs `keep` of what it did. Returns the gain of
  /// recursive least squares for this regressor.
  Vector Update(const Vector& x, float keep) {
    const Vector f = Projected(x);
    Vector v;
    Vector lambda;
    Vector grown;  // the diagonal
    const Float4 growth = All4(1 / keep);
    Float4 carried = All4(keep);  // of the running sums, one in each lane
    Float4 carried_inverse = growth;
    ForEachBlock([&]<size_t b>() {
      const Float4 diagonal = DiagonalBlock<b>();
      v.block[b] = diagonal * f.block[b];
      const Float4 alpha = carried + RunningSums(v.block[b] * f.block[b]);
      const Float4 inverse = 1 / alpha;
      const Float4 before = __builtin_shufflevector(carried, alpha, 0, 4, 5, 6);
      const Float4 inverse_before = __builtin_shufflevector(carried_inverse, inverse, 0, 4, 5, 6);
      lambda.block[b] = -f.block[b] * inverse_before;
      grown.block[b] = Min(diagonal * before * inverse * growth, All4(kCeiling));
      carried = __builtin_shufflevector(alpha, alpha, 3, 3, 3, 3);
      carried_inverse = __builtin_shufflevector(inverse, inverse, 3, 3, 3, 3);
    });
    Vector gain{};
    ForEachColumn([&]<size_t j>() {
      const Float4 factor = Lane<j>(v);
      const Float4 shift = Lane<j>(lambda);
      ForEachBlockTo<j>([&]<size_t b>() {
        const Float4 column = UnitColumn<j, b>();
        if constexpr (4 * b < j) {
          constexpr size_t kLanes = std::min<size_t>(4, j - 4 * b);
          StoreFirst<kLanes>(Column(j) + 4 * b, column + shift * gain.block[b]);
        }
        gain.block[b] += column * factor;
      });
    });
    ForEachBlock([&]<size_t b>() {
      StoreFirst<LanesOf(b)>(Diagonal() + 4 * b, grown.block[b]);
      gain.block[b] *= carried_inverse;
    });
    return gain;
  }

  template <class Archive>
  void Persist(Archive& archive) {
    archive.Block(std::span(Diagonal(), N));
    archive.Block(std::span(Column(1), kUpper));
  }

 private:
  static constexpr size_t kUpper = N * (N - 1) / 2;
  static_assert(N >= 3, "a last column may be read up to three numbers into the diagonal");

  static constexpr size_t LanesOf(size_t block) { return std::min<size_t>(4, N - 4 * block); }
  template <class Use>
  static void ForEachBlock(Use&& use) {
    [&]<size_t... b>(std::index_sequence<b...>) {
      (use.template operator()<b>(), ...);
    }
    (std::make_index_sequence<Vector::kBlocks>());
  }
  template <class Use>
  static void ForEachColumn(Use&& use) {
    [&]<size_t... j>(std::index_sequence<j...>) {
      (use.template operator()<j>(), ...);
    }
    (std::make_index_sequence<N>());
  }
  // The blocks of column j with its diagonal.
  template <size_t j, class Use>
  static void ForEachBlockTo(Use&& use) {
    [&]<size_t... b>(std::index_sequence<b...>) {
      (use.template operator()<b>(), ...);
    }
    (std::make_index_sequence<j / 4 + 1>());
  }
  template <size_t j>
  static Float4 Lane(const Vector& v) {
    return __builtin_shufflevector(v.block[j / 4], v.block[j / 4], j % 4, j % 4, j % 4, j % 4);
  }

  // U'x.
  Vector Projected(const Vector& x) const {
    Vector f;
    ForEachBlock([&]<size_t b>() {
      f.block[b] = Sums(ColumnDot<4 * b>(x), ColumnDot<4 * b + 1>(x), ColumnDot<4 * b + 2>(x), ColumnDot<4 * b + 3>(x));
    });
    return f;
  }
  template <size_t j>
  Float4 ColumnDot(const Vector& x) const {
    Float4 sum{};
    if constexpr (j < N) {
      ForEachBlockTo<j>([&]<size_t b>() { sum += UnitColumn<j, b>() * x.block[b]; });
    }
    return sum;
  }
  // Rows 4b to 4b + 3 of column j: with the one on the diagonal, and zeros below it.
  template <size_t j, size_t b>
  Float4 UnitColumn() const {
    constexpr size_t kAbove = j - 4 * b;
    constexpr Float4 kOne{kAbove == 0, kAbove == 1, kAbove == 2, kAbove == 3};
    if constexpr (kAbove == 0) {
      return kOne;
    } else {
      const Float4 column = Load4(Column(j) + 4 * b);
      return kAbove >= 4 ? column : FirstLanes<kAbove>(column) + kOne;
    }
  }
  template <size_t b>
  Float4 DiagonalBlock() const {
    return LoadFirst<LanesOf(b)>(Diagonal() + 4 * b);
  }
  const float* Column(size_t j) const { return factors_.data() + j * (j - 1) / 2; }
  float* Column(size_t j) { return factors_.data() + j * (j - 1) / 2; }
  const float* Diagonal() const { return factors_.data() + kUpper; }
  float* Diagonal() { return factors_.data() + kUpper; }

  std::array<float, kUpper + N> factors_;  // the columns of U above the diagonal, then D
};

}  // namespace promcast
