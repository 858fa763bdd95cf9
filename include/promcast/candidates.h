#pragma once

#include <span>
#include <string_view>

namespace promcast {

/// The models that BankOptions::extra_models may name beside a profile's own: drift, holt_damped, theta, holt_winters,
/// holt_winters_multiplicative, double_seasonal, autoregression, autoregression_log, harmonic_trend, damped_profile,
/// damped_profile_week, damped_profile_week_log, croston, seasonal_naive_week.
std::span<const std::string_view> CandidateNames();

}  // namespace promcast
