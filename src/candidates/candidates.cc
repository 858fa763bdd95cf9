#include "candidates/candidates.h"

#include <algorithm>
#include <array>
#include <vector>

#include "candidates/autoregression.h"
#include "candidates/croston.h"
#include "candidates/damped_profile.h"
#include "candidates/double_seasonal.h"
#include "candidates/drift.h"
#include "candidates/harmonic_trend.h"
#include "candidates/holt_damped.h"
#include "candidates/holt_winters.h"
#include "candidates/on_logarithm.h"
#include "candidates/seasonal_naive_week.h"
#include "candidates/theta.h"

namespace promcast {
namespace {

using Seasons = std::span<const int>;  // ascending
using Made = std::unique_ptr<Candidate>;

// Long enough that the swing of a season is no trend.
double TrendMemory(Seasons seasons) {
  return seasons.empty() ? 500 : 4. * seasons.front();
}

// Of the longest season few are seen, so that the newest one counts more.
std::unique_ptr<DampedProfile> LongProfile(Seasons seasons, std::string_view name) {
  return std::make_unique<DampedProfile>(seasons.back(), .3, name);
}

struct Kind {
  std::string_view name;
  size_t seasons;  // needed
  Made (*make)(Seasons);
};

constexpr std::array kKinds = {
    Kind{"drift", 0, [](Seasons s) -> Made { return std::make_unique<Drift>(TrendMemory(s)); }},
    Kind{"holt_damped", 0, [](Seasons) -> Made { return std::make_unique<HoltDamped>(); }},
    Kind{"theta", 0, [](Seasons s) -> Made { return std::make_unique<Theta>(TrendMemory(s)); }},
    Kind{"holt_winters", 1,
         [](Seasons s) -> Made { return std::make_unique<HoltWinters>(s[0], HoltWinters::Season::kAdditive); }},
    Kind{"holt_winters_multiplicative", 1,
         [](Seasons s) -> Made { return std::make_unique<HoltWinters>(s[0], HoltWinters::Season::kMultiplicative); }},
    Kind{"double_seasonal", 2, [](Seasons s) -> Made { return std::make_unique<DoubleSeasonal>(s[0], s[1]); }},
    Kind{"autoregression", 0, [](Seasons s) -> Made { return std::make_unique<Autoregression>(s); }},
    Kind{"autoregression_log", 0,
         [](Seasons s) -> Made {
           return std::make_unique<OnLogarithm>("autoregression_log", std::make_unique<Autoregression>(s));
         }},
    Kind{"harmonic_trend", 1, [](Seasons s) -> Made { return std::make_unique<HarmonicTrend>(s); }},
    Kind{"damped_profile", 1, [](Seasons s) -> Made { return std::make_unique<DampedProfile>(s[0]); }},
    Kind{"damped_profile_week", 1, [](Seasons s) -> Made { return LongProfile(s, "damped_profile_week"); }},
    Kind{"damped_profile_week_log", 1,
         [](Seasons s) -> Made {
           return std::make_unique<OnLogarithm>("damped_profile_week_log", LongProfile(s, "damped_profile_week"));
         }},
    Kind{"croston", 0, [](Seasons) -> Made { return std::make_unique<Croston>(); }},
    Kind{"seasonal_naive_week", 1, [](Seasons s) -> Made { return std::make_unique<SeasonalNaiveWeek>(s.back()); }},
};

constexpr auto kNames = [] {
  std::array<std::string_view, kKinds.size()> names;
  for (size_t i = 0; i < kKinds.size(); i++) names[i] = kKinds[i].name;
  return names;
}();

}  // namespace

std::span<const std::string_view> CandidateNames() {
  return kNames;
}

size_t SeasonsNeeded(std::string_view name) {
  const auto* kind = std::find_if(kKinds.begin(), kKinds.end(), [name](const Kind& k) { return k.name == name; });
  return kind == kKinds.end() ? 0 : kind->seasons;
}

Made MakeCandidate(std::string_view name, std::span<const int> seasons) {
  const auto* kind = std::find_if(kKinds.begin(), kKinds.end(), [name](const Kind& k) { return k.name == name; });
  if (kind == kKinds.end()) return nullptr;
  std::vector<int> usable;
  std::copy_if(seasons.begin(), seasons.end(), std::back_inserter(usable), [](int length) { return length >= 2; });
  std::sort(usable.begin(), usable.end());
  usable.erase(std::unique(usable.begin(), usable.end()), usable.end());
  return usable.size() < kind->seasons ? nullptr : kind->make(usable);
}

bool NeedsTrueZero(std::string_view name) {
  return name == "croston" || name == "holt_winters_multiplicative" || name == "autoregression_log" ||
         name == "damped_profile_week_log";
}

}  // namespace promcast
