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

// What the profiles are made of, the naive one excepted.
constexpr std::array<std::string_view, 9> kProfileModels{
    "smoothed_level_slow", "smoothed_level", "smoothed_level_fast", "seasonal_naive",     "season_and_level",
    "seasons_and_level",   "direct_slow",    "direct_fast",         "seasonal_naive_week"};

// The first name that is not among those known, with all of them.
std::optional<std::string> Unknown(std::string_view what, const std::vector<std::string>& names,
                                   std::span<const std::string_view> known) {
  for (const std::string& name : names) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    std::string list;
    for (std::string_view one : known) list += (list.empty() ? "" : ", ") + std::string(one);
    return std::string(what) + ": \"" + name + "\" is none; there are " + list;
  }
  return std::nullopt;
}

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
  if (detect_seasons && !seasons.empty()) return "seasons: give none where they are to be detected";
  if (step_ms < 1) return "step: must be positive";
  if (extra_models.size() > kMaxExtraModels) {
    return "extra models: give at most " + std::to_string(kMaxExtraModels);
  }
  if (auto problem = Unknown("extra models", extra_models, CandidateNames())) return problem;
  if (auto problem = Unknown("models left out", without_models, kProfileModels)) return problem;
  if (floor && ceiling && !(*floor < *ceiling)) return "floor: must be below the ceiling";
  if ((floor && !std::isfinite(*floor)) || (ceiling && !std::isfinite(*ceiling)))
    return "floor, ceiling: must be finite";
  return std::nullopt;
}

}  // namespace promcast
