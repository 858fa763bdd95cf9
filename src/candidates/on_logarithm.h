#pragma once

#include <memory>
#include <utility>

#include "candidates/candidate.h"

namespace promcast {

/// A model of the logarithm of the raw values: additive there is multiplicative here. A value of zero or below counts
/// as missing and silences the model (NaN) until kSilentCells more cells passed without one. Scale-equivariant where
/// the model is shift-equivariant.
class OnLogarithm final : public PersistentCandidate<OnLogarithm> {
 public:
  static constexpr int64_t kSilentCells = 1000;

  /// `name` must outlive this.
  OnLogarithm(std::string_view name, std::unique_ptr<Candidate> model) : name_(name), model_(std::move(model)) {}

  std::string_view name() const override { return name_; }
  size_t StateBytes() const override { return sizeof(*this) + model_->StateBytes(); }
  template <class Archive>
  void PersistFields(Archive& archive) {
    archive(silent_cells_, *model_);
    archive.Require(silent_cells_ >= 0 && silent_cells_ <= kSilentCells, "how long a model is silent");
  }

 private:
  void Learn(double value, int64_t cells) override;
  double Expect(int64_t steps) const override;

  std::string_view name_;
  std::unique_ptr<Candidate> model_;
  int64_t silent_cells_ = 0;
};

}  // namespace promcast
