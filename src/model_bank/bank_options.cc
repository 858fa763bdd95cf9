#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <string_view>
#include <utility>

#include "promcast/candidates.h"
#include "promcast/model_bank.h"

namespace promcast {

namespace {
constexpr std::array<std::pair<std::string_view, Profile>, 3> kProfiles{
    {{"lean", Profile::kLean}, {"standard", Profile::kStandard}, {"rich", Profile::kRich}}};
}  // namespace

std::string_view ProfileName(Profile profile) {
  return kProfiles[static_cast<size_t>(profile)].first;
}

std::optional<Profile> ProfileOf(std::string_view name) {
  for (const auto& [known, profile] : kProfiles) {
    if (known == name) return profile;
  }
  return std::nullopt;
}

BankBytes& BankBytes::operator+=(const BankBytes& bytes) {
  models += bytes.models;
  pending += bytes.pending;
  bands += bytes.bands;
  other += bytes.other;
  return *this;
}

std::optional<std::string> BankOptions::Problem() const {
  auto ascending = [](const auto& values) {
    return std::adjacent_find(values.begin(), values.end(), std::greater_equal<>()) == values.end();
  };
  if (horizons.empty() || horizons.size() > kMaxHorizons) {
    return "horizons: give 1 to " + std::to_string(kMaxHorizons) + ", not " + std::to_string(horizons.size());
  }
  if (!ascending(horizons) || horizons.front() < 1 || horizons.back() > kMaxSteps) {
    return "horizons: must ascend within 1 to " + std::to_string(kMaxSteps) + " steps";
  }
  if (coverages.empty() || coverages.size() > kMaxCoverages || !ascending(coverages) || !(coverages.front() > 0) ||
      !(coverages.back() < 1)) {
    return "coverages: give 1 to " + std::to_string(kMaxCoverages) + ", ascending, between 0 and 1";
  }
  if (seasons.size() > kMaxSeasons) return "seasons: give at most " + std::to_string(kMaxSeasons);
  for (int season : seasons) {
    if (season < 2 || season > kMaxSteps) return "seasons: must last 2 to " + std::to_string(kMaxSteps) + " steps";
  }
  if (step_ms < 1) return "step: must be positive";
  if (extra_models.size() > kMaxExtraModels) {
    return "extra models: give at most " + std::to_string(kMaxExtraModels);
  }
  const auto candidates = CandidateNames();
  for (const std::string& name : extra_models) {
    if (std::find(candidates.begin(), candidates.end(), name) != candidates.end()) continue;
    std::string known;
    for (std::string_view candidate : candidates) known += (known.empty() ? "" : ", ") + std::string(candidate);
    return "extra models: \"" + name + "\" is none; there are " + known;
  }
  if (floor && ceiling && !(*floor < *ceiling)) return "floor: must be below the ceiling";
  if ((floor && !std::isfinite(*floor)) || (ceiling && !std::isfinite(*ceiling)))
    return "floor, ceiling: must be finite";
  return std::nullopt;
}

}  // namespace promcast
