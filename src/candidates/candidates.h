#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "promcast/model.h"

namespace promcast {

/// The models a rule may name beside the default bank's: drift, holt_damped, theta, holt_winters,
/// holt_winters_multiplicative, double_seasonal, autoregression, autoregression_log, harmonic_trend, damped_profile,
/// croston, seasonal_naive_week.
std::span<const std::string_view> CandidateNames();

/// A new model of that name. `seasons`: lengths in cells, in any order; those below 2 are not used. Models of one
/// season take the shortest (seasonal_naive_week the longest), models of two the two shortest. nullptr for an unknown
/// name, or when the model needs a season that is not there.
///
/// croston, holt_winters_multiplicative and autoregression_log need values with their true zero.
std::unique_ptr<Model> MakeCandidate(std::string_view name, std::span<const int> seasons);

}  // namespace promcast
