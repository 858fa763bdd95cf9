#include "promcast/model_bank.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

#include "forecast/naive.h"
#include "forecast/season_and_level.h"
#include "forecast/seasonal_naive.h"
#include "forecast/smoothed_level.h"
#include "model_bank/horizon_mix.h"
#include "model_bank/value_scale.h"

namespace promcast {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t kWarmCells = 10;
constexpr int64_t kWarmResolved = 5;
constexpr double kRangeMargin = .2;
constexpr double kFarthestScore = 1000;
constexpr size_t kModelsWithoutSeason = 4;
constexpr size_t kModelsPerSeason = 2;
static_assert(kModelsWithoutSeason + kModelsPerSeason * BankOptions::kMaxSeasons <= kMaxModels);
static_assert(BankOptions::kMaxCoverages <= kMaxCoverages);

std::vector<std::unique_ptr<Model>> MakeModels(const std::vector<int>& seasons) {
  std::vector<std::unique_ptr<Model>> models;
  models.reserve(kModelsWithoutSeason + kModelsPerSeason * seasons.size());
  models.push_back(std::make_unique<Naive>());
  models.push_back(std::make_unique<SmoothedLevel>("smoothed_level_slow", .05));
  models.push_back(std::make_unique<SmoothedLevel>("smoothed_level", .2));
  models.push_back(std::make_unique<SmoothedLevel>("smoothed_level_fast", .5));
  for (int season : seasons) {
    models.push_back(std::make_unique<SeasonalNaive>(season));
    models.push_back(std::make_unique<SeasonAndLevel>(season));
  }
  return models;
}

std::vector<HorizonMix> MakeLadder(const BankOptions& options, size_t models) {
  std::vector<HorizonMix> ladder;
  const bool one_step_asked = options.horizons.front() == 1;
  ladder.reserve(options.horizons.size() + (one_step_asked ? 0 : 1));
  auto add = [&](int steps) {
    ladder.emplace_back(HorizonPlan::Make(options, steps), models, options.coverages.size());
  };
  if (!one_step_asked) add(1);
  for (int steps : options.horizons) add(steps);
  return ladder;
}

}  // namespace

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
  if (floor && ceiling && !(*floor < *ceiling)) return "floor: must be below the ceiling";
  if ((floor && !std::isfinite(*floor)) || (ceiling && !std::isfinite(*ceiling)))
    return "floor, ceiling: must be finite";
  return std::nullopt;
}

struct ModelBank::Impl {
  using Forecasts = std::array<double, kMaxModels>;
  using Widths = std::array<double, kMaxCoverages>;

  explicit Impl(std::shared_ptr<const BankOptions> bank_options)
      : options(std::move(bank_options)),
        models(MakeModels(options->seasons)),
        ladder(MakeLadder(*options, models.size())) {}

  size_t first_asked() const { return ladder.size() - options->horizons.size(); }
  std::span<const double> Ask(int steps, Forecasts& out) const;
  double HalfWidth(size_t rung, size_t coverage_index, double scale) const;
  void Learn(double value);
  void IssueAll();
  void ScoreAnomaly(double z);
  double Bounded(double value) const;
  bool warm() const { return values_seen >= kWarmCells && ladder.front().band().resolved() >= kWarmResolved; }

  std::shared_ptr<const BankOptions> options;
  std::vector<std::unique_ptr<Model>> models;
  std::vector<HorizonMix> ladder;  // one step first, then the other horizons
  ValueScale scale;
  int64_t now = -1;  // index of the newest cell
  int64_t values_seen = 0;
  double newest = 0;  // in the models' unit, like the two below
  double low = 0, high = 0;
  double next_expected = kNaN;    // the one-step forecast made at the newest cell
  double next_half_width = kNaN;  // of its band of the largest coverage
  float anomaly_score = std::numeric_limits<float>::quiet_NaN();
  bool constant = true;
  bool never_negative = true;
};

std::span<const double> ModelBank::Impl::Ask(int steps, Forecasts& out) const {
  // Nothing may run away: at most a fifth of the seen range beyond it.
  const double margin = kRangeMargin * (high - low);
  for (size_t i = 0; i < models.size(); i++) {
    models[i]->Forecast({&steps, 1}, {&out[i], 1});
    out[i] = std::clamp(out[i], low - margin, high + margin);  // NaN stays NaN
  }
  return {out.data(), models.size()};
}

double ModelBank::Impl::HalfWidth(size_t rung, size_t coverage_index, double forecast_scale) const {
  const double coverage = options->coverages[coverage_index];
  const HorizonMix& mix = ladder[rung];
  const double own = mix.HalfWidth(coverage_index, coverage, forecast_scale);
  if (rung == 0) return own;
  // Residuals of overlapping forecasts tell little until they span the horizon once more: until then at least what the
  // shorter horizon suggests if errors add up like a random walk, though no more than the range seen in so short a
  // time.
  const auto& plan = mix.plan();
  const bool spanned = mix.band().resolved() * plan.stride > plan.steps && mix.band().Established(coverage);
  if (spanned) return own;
  const HorizonMix& shorter = ladder[rung - 1];
  const double shorter_width = HalfWidth(rung - 1, coverage_index, shorter.band().Scale(0));
  double grown = shorter_width * std::sqrt(static_cast<double>(plan.steps) / shorter.plan().steps);
  grown = std::min(grown, (high - low) * (1 + static_cast<double>(plan.steps) / static_cast<double>(values_seen)));
  return std::isfinite(own) ? std::max(own, grown) : grown;
}

void ModelBank::Impl::ScoreAnomaly(double z) {
  const double distance = z - next_expected;
  if (std::isnan(distance) || std::isnan(next_half_width)) {
    anomaly_score = std::numeric_limits<float>::quiet_NaN();
    return;
  }
  const double score = distance == 0 ? 0 : distance / next_half_width;
  anomaly_score = static_cast<float>(std::clamp(score, -kFarthestScore, kFarthestScore));
}

void ModelBank::Impl::Learn(double value) {
  if (values_seen == 0) scale.Start(value);
  if (constant && values_seen > 0 && scale.FromModel(0) != value) {
    constant = false;
    scale.SetUnit(value);
  }
  const double z = scale.ToModel(value);
  ScoreAnomaly(z);
  values_seen++;
  never_negative = never_negative && value >= 0;
  low = std::min(low, z);
  high = std::max(high, z);
  newest = z;
  for (HorizonMix& mix : ladder) mix.Resolve(now, z, options->coverages);
  for (auto& model : models) model->Update(z);
  IssueAll();
}

void ModelBank::Impl::IssueAll() {
  Forecasts forecasts;
  Widths widths;
  const size_t coverages = options->coverages.size();
  for (size_t rung = 0; rung < ladder.size(); rung++) {
    HorizonMix& mix = ladder[rung];
    if (!mix.Keeps(now)) continue;
    const auto asked = Ask(mix.plan().steps, forecasts);
    const Mixed mixed = mix.Mix(asked);
    const bool banded = warm();
    for (size_t i = 0; banded && i < coverages; i++) widths[i] = HalfWidth(rung, i, mixed.scale);
    double seasonal_naive = options->seasons.empty() ? newest : asked[kModelsWithoutSeason];
    if (std::isnan(seasonal_naive)) seasonal_naive = newest;
    mix.Issue(now, newest, asked, mixed, seasonal_naive, {widths.data(), banded ? coverages : 0});
    if (rung > 0) continue;
    next_expected = mixed.point;
    next_half_width = banded ? widths[coverages - 1] : kNaN;
  }
}

double ModelBank::Impl::Bounded(double value) const {
  if (never_negative) value = std::max(value, 0.);
  if (options->floor) value = std::max(value, *options->floor);
  if (options->ceiling) value = std::min(value, *options->ceiling);
  return value;
}

ModelBank::ModelBank(std::shared_ptr<const BankOptions> options) {
  if (auto problem = options->Problem()) throw std::invalid_argument("promcast::BankOptions: " + *problem);
  impl_ = std::make_unique<Impl>(std::move(options));
}
ModelBank::~ModelBank() = default;
ModelBank::ModelBank(ModelBank&&) noexcept = default;
ModelBank& ModelBank::operator=(ModelBank&&) noexcept = default;

void ModelBank::Update(double value) {
  if (!std::isfinite(value)) return Skip(1);
  impl_->now++;
  impl_->Learn(value);
}

void ModelBank::Skip(int64_t cells) {
  if (cells <= 0) return;
  impl_->now += cells;
  for (HorizonMix& mix : impl_->ladder) mix.Miss(impl_->now, cells);
  for (auto& model : impl_->models) model->Skip(cells);
  impl_->next_expected = kNaN;
  impl_->anomaly_score = std::numeric_limits<float>::quiet_NaN();
}

bool ModelBank::Forecast(int steps, ForecastOut& out) const {
  const Impl& bank = *impl_;
  if (!bank.warm() || steps < 1) return false;
  size_t upper = 0;
  while (upper + 1 < bank.ladder.size() && bank.ladder[upper].plan().steps < steps) upper++;
  const int upper_steps = bank.ladder[upper].plan().steps;
  const size_t lower = upper_steps > steps && upper > 0 ? upper - 1 : upper;
  const int lower_steps = bank.ladder[lower].plan().steps;
  // How far between the two rungs, on the square root of time, as errors grow; beyond the last one bands go on growing.
  const double root = std::sqrt(static_cast<double>(steps));
  const double part =
      lower == upper ? 1 : (root - std::sqrt(lower_steps)) / (std::sqrt(upper_steps) - std::sqrt(lower_steps));
  const double growth = steps > upper_steps ? root / std::sqrt(upper_steps) : 1;
  Impl::Forecasts forecasts;
  const auto asked = bank.Ask(steps, forecasts);
  const Mixed high = bank.ladder[upper].Mix(asked);
  const Mixed low = lower == upper ? high : bank.ladder[lower].Mix(asked);
  const double point = low.point + part * (high.point - low.point);
  double narrower = 0;  // the band of the coverage below lies within
  out.point = bank.Bounded(bank.scale.FromModel(point));
  for (size_t i = 0; i < bank.options->coverages.size(); i++) {
    double half_width = bank.HalfWidth(upper, i, high.scale) * growth;
    if (lower != upper) half_width = half_width * part + bank.HalfWidth(lower, i, low.scale) * (1 - part);
    narrower = half_width = std::max(half_width, narrower);
    out.lower[i] = bank.Bounded(bank.scale.FromModel(point - half_width));
    out.upper[i] = bank.Bounded(bank.scale.FromModel(point + half_width));
  }
  return true;
}

bool ModelBank::constant() const {
  return impl_->constant;
}

double ModelBank::anomaly_score() const {
  return impl_->anomaly_score;
}

HorizonScore ModelBank::Score(size_t horizon_index) const {
  return impl_->ladder[impl_->first_asked() + horizon_index].Score(impl_->scale.unit());
}

std::string_view ModelBank::leader(size_t horizon_index) const {
  return impl_->models[impl_->ladder[impl_->first_asked() + horizon_index].Leader()]->name();
}

size_t ModelBank::StateBytes() const {
  const Impl& bank = *impl_;
  size_t bytes = sizeof(ModelBank) + sizeof(Impl);
  bytes += bank.models.capacity() * sizeof(bank.models[0]) + bank.ladder.capacity() * sizeof(HorizonMix);
  for (const auto& model : bank.models) bytes += model->StateBytes();
  for (const HorizonMix& mix : bank.ladder) bytes += mix.HeapBytes();
  return bytes;
}

}  // namespace promcast
