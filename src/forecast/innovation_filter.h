#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace promcast {

/// Keeps a wild value from moving a level and lets a persistent shift through at once: an innovation counts as at most
/// eight times the usual one, unless so many in a row lie beyond that on the same side.
class InnovationFilter {
 public:
  struct Passed {
    double innovation;
    bool shifted;  ///< the level should start anew at the present value
  };

  /// `shift_after`: so many far innovations in a row are a shift, at most 127.
  Passed Pass(double innovation, int shift_after) {
    const double bound = kFarthest * usual_;
    const bool trusted = seen_ >= kSomeSeen && usual_ > 0;
    const bool far = trusted && std::abs(innovation) > bound;
    const double size = far ? bound : std::abs(innovation);
    if (seen_ < kMany) seen_++;
    const double rate = seen_ > kSettled ? kRate : std::max(kRate, 1. / seen_);
    usual_ += static_cast<float>(rate * (size - usual_));
    if (!far) {
      run_ = 0;
      return {innovation, false};
    }
    const int side = innovation > 0 ? 1 : -1;
    run_ = static_cast<int8_t>(run_ * side > 0 ? run_ + side : side);
    if (std::abs(run_) < shift_after) return {side * bound, false};
    run_ = 0;
    return {innovation, true};
  }

  template <class Archive>
  void Persist(Archive& archive) {
    auto& [usual, seen, run] = *this;
    archive(usual, seen, run);
  }

 private:
  static constexpr double kFarthest = 8;
  static constexpr double kRate = .02;
  static constexpr uint16_t kSettled = 50;  // from then on the mean is a forgotten one, and nothing is to divide
  static constexpr uint16_t kSomeSeen = 30;
  static constexpr uint16_t kMany = 10'000;

  float usual_ = 0;
  uint16_t seen_ = 0;
  int8_t run_ = 0;  // how many in a row lay too far, negative: below
};

}  // namespace promcast
