#include "forecast/ud_covariance.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>
#include <random>

namespace promcast {
namespace {

constexpr int kSize = 5;
using Covariance = UdCovariance<kSize>;
using Vector = Eigen::Matrix<double, kSize, 1>;
using Matrix = Eigen::Matrix<double, kSize, kSize>;

Vector Random(std::mt19937& random) {
  Vector x;
  for (int i = 0; i < kSize; i++) x[i] = std::normal_distribution<double>(0, 1 + i)(random);
  x[1] = x[0] + .1 * x[1];  // nearly collinear
  return x;
}

Covariance::Vector Single(const Vector& x) {
  Covariance::Vector out;
  for (int i = 0; i < kSize; i++) out.block[i / 4][i % 4] = static_cast<float>(x[i]);
  return out;
}

Vector Double(const Covariance::Vector& x) {
  Vector out;
  for (int i = 0; i < kSize; i++) out[i] = x.block[i / 4][i % 4];
  return out;
}

TEST(UdCovariance, IsTheInverseOfTheForgottenNormalMatrix) {
  std::mt19937 random(1);
  const double keep = .99;
  Covariance covariance(.25F);
  Matrix information = Matrix::Identity() / .25;
  for (int step = 0; step < 500; step++) {
    const Vector x = Random(random);
    const Covariance::Vector gain = covariance.Update(Single(x), static_cast<float>(keep));
    information = keep * information + x * x.transpose();
    const Matrix inverse = information.inverse();
    const Vector probe = Random(random);
    const Vector expected = inverse * probe;
    ASSERT_LT((Double(covariance.Gain(Single(probe))) - expected).norm(), .01 * expected.norm() + 1e-6) << step;
    ASSERT_LT((Double(gain) - inverse * x).norm(), .01 * (inverse * x).norm() + 1e-6) << step;
  }
}

TEST(UdCovariance, StaysPositiveWhereFeaturesAreAllButTheSame) {
  std::mt19937 random(2);
  Covariance covariance(.25F);
  for (int step = 0; step < 200'000; step++) {
    const double common = std::normal_distribution<double>(0, 1)(random);
    Vector x = Vector::Constant(common);
    for (int i = 0; i < kSize; i++) x[i] += 1e-4 * std::normal_distribution<double>(0, 1)(random);
    covariance.Update(Single(x), .997F);
    if (step % 1000) continue;
    const Vector probe = Random(random);
    ASSERT_GT(probe.dot(Double(covariance.Gain(Single(probe)))), 0) << step;
  }
}

TEST(UdCovariance, ADeadFeatureIsBoundedAndStarvesNoOther) {
  std::mt19937 random(3);
  Covariance with_dead(.25F);
  Covariance without(.25F);
  for (int step = 0; step < 100'000; step++) {
    Vector x = Random(random);
    x[4] = 0;
    with_dead.Update(Single(x), .99F);
    x[4] = std::normal_distribution<double>(0, 1)(random);
    without.Update(Single(x), .99F);
  }
  Vector dead = Vector::Zero();
  dead[4] = 1;
  EXPECT_NEAR(Double(with_dead.Gain(Single(dead)))[4], Covariance::kCeiling, 1);
  Vector live = Vector::Zero();
  live[2] = 1;
  const double gain = Double(with_dead.Gain(Single(live)))[2];
  EXPECT_NEAR(gain, Double(without.Gain(Single(live)))[2], .3 * gain);
}

}  // namespace
}  // namespace promcast
