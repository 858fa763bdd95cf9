#include "promcast/model_bank.h"

#include <algorithm>
#include <cmath>

#include "candidates/borrowed_season.h"
#include "candidates/candidates.h"
#include "forecast/fetch_memory.h"
#include "model_bank/bank_impl.h"

namespace promcast {
namespace {

static_assert(BankOptions::kMaxCoverages <= kMaxCoverages);

std::vector<ExtraModel> MakeExtra(const BankPlan& plan) {
  std::vector<ExtraModel> extra;
  extra.reserve(plan.extra.size());
  for (const std::string& name : plan.extra) {
    extra.push_back({MakeCandidate(name, plan.options.seasons), NeedsTrueZero(name)});
  }
  if (plan.may_borrow()) extra.back().borrowed = true;
  return extra;
}

}  // namespace

ModelBank::Impl::Further::Further(const BankPlan& plan) : models(MakeExtra(plan)) {
  if (plan.options.detect_seasons) detector = std::make_unique<SeasonDetector>(plan.season_search);
}

ModelBank::Impl::Impl(std::shared_ptr<const BankPlan> bank_plan)
    : plan(std::move(bank_plan)),
      past(plan->options.seasons, plan->memory),
      regressions(plan->direct.options.empty() ? nullptr : std::make_unique<DirectRegressions>(past, plan->direct)),
      further(plan->extra.empty() && !plan->options.detect_seasons ? nullptr : std::make_unique<Further>(*plan)) {
  static_assert(alignof(TrendLine) <= alignof(Impl) && HorizonMix::kAlignment <= alignof(TrendLine));
  static_assert(sizeof(Impl) <= 208);
  for (size_t i = 0; i < plan->line_keeps.size(); i++) new (tail() + i * sizeof(TrendLine)) TrendLine;
  for (const HorizonPlan& horizon : plan->ladder) HorizonMix::Start(horizon, tail() + horizon.offset);
}

ModelBank::ModelBank(std::shared_ptr<const BankPlan> plan) : impl_(Impl::Make(std::move(plan))) {}
ModelBank::ModelBank(const std::shared_ptr<const BankOptions>& options) : ModelBank(MakeBankPlan(*options)) {}
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
  Impl& bank = *impl_;
  bank.now += cells;
  for (size_t rung = 0; rung < bank.rungs(); rung++) bank.mix(rung).Miss(bank.now, cells);
  bank.past.Skip(cells);
  for (size_t i = 0; i < bank.lines().size(); i++) bank.lines()[i].Skip(cells, bank.plan->line_keeps[i]);
  for (ExtraModel& one : bank.extra()) {
    if (one.model) one.model->Skip(cells);
    if (one.borrowed && bank.past.seasonal()) one.model.reset();
  }
  if (bank.regressions) bank.regressions->Skip(bank.now, cells);
  if (bank.detector() && !bank.constant && bank.detector()->Skip(cells)) bank.AdoptSeasons();
  bank.anomaly_score = std::numeric_limits<float>::quiet_NaN();
}

bool ModelBank::Forecast(int steps, ForecastOut& out) const {
  const Impl& bank = *impl_;
  if (!bank.warm() || steps < 1) return false;
  const auto [lower, upper, part] = RungsAround(bank.plan->direct.ladder, steps);
  const int last = bank.plan->direct.ladder[upper].steps;
  const double growth = steps > last ? std::sqrt(static_cast<double>(steps) / last) : 1;  // of bands beyond the ladder
  Impl::Forecasts forecasts;
  const auto asked = bank.Ask(bank.past.LookAhead(steps), forecasts);
  const Mixed high = bank.mix(upper).Mix(asked, bank.now + steps);
  const Mixed low = lower == upper ? high : bank.mix(lower).Mix(asked, bank.now + steps);
  const double point = low.point + part * (high.point - low.point);
  double narrower = 0;  // the band of the coverage below lies within
  out.point = bank.Bounded(bank.scale.FromModel(point));
  for (size_t i = 0; i < bank.options().coverages.size(); i++) {
    double half_width = bank.HalfWidth(upper, i, high.scale) * growth;
    if (lower != upper) half_width = half_width * part + bank.HalfWidth(lower, i, low.scale) * (1 - part);
    narrower = half_width = std::max(half_width, narrower);
    out.lower[i] = bank.Bounded(bank.scale.FromModel(point - half_width));
    out.upper[i] = bank.Bounded(bank.scale.FromModel(point + half_width));
  }
  return true;
}

std::optional<SeasonShape> ModelBank::Shape(double place) const {
  const Past& past = impl_->past;
  const int length = past.first_season();
  if (!past.seasonal() || past.seen() < 2 * int64_t{length}) return std::nullopt;
  constexpr int kPhases = SeasonShape::kPhases;
  std::array<double, kPhases> values;
  double mean = 0;
  double square = 0;
  for (int phase = 0; phase < kPhases; phase++) {
    const double part = (phase + .5) / kPhases - place;
    const auto steps = static_cast<int64_t>((part - std::floor(part)) * length);
    values[phase] = past.LookAhead(std::max<int64_t>(steps, 1)).season;
    mean += values[phase] / kPhases;
  }
  for (const double value : values) square += (value - mean) * (value - mean) / kPhases;
  const double swing = std::sqrt(square);
  constexpr double kFlat = 1e-6;
  if (!(swing > kFlat * past.deviation())) return std::nullopt;
  SeasonShape shape;
  std::transform(values.begin(), values.end(), shape.values.begin(),
                 [&](double value) { return static_cast<float>((value - mean) / swing); });
  shape.swing = static_cast<float>(std::min(1., swing / past.deviation()));
  return shape;
}

bool ModelBank::Borrow(const SeasonShape& shape, double place) {
  if (!impl_->plan->may_borrow() || impl_->now >= 0) return false;
  impl_->extra().back().model = std::make_unique<BorrowedSeason>(impl_->options().seasons.front(), shape, place);
  return true;
}

void ModelBank::FetchForUpdate(int depth) const {
  const Impl& bank = *impl_;
  switch (depth) {
    case 0:
      return FetchMemory(&bank, sizeof(bank));
    case 1:
      FetchMemory(bank.lines().data(), bank.lines().size_bytes());
      bank.past.Fetch();
      for (size_t rung = 0; rung < bank.rungs(); rung++) bank.mix(rung).FetchSums();
      return FetchMemory(bank.regressions.get(), bank.regressions ? sizeof(DirectRegressions) : 0);
    default:
      bank.past.FetchPhases();
      for (size_t rung = 0; rung < bank.rungs(); rung++) {
        bank.past.FetchAhead(bank.mix(rung).plan().grid.steps);
        bank.mix(rung).FetchDue(bank.now + 1);
      }
      if (!bank.regressions) return;
      bank.regressions->FetchWeights();
      bank.regressions->FetchDue(bank.now + 1);
  }
}

void ModelBank::FetchForForecast(int depth) const {
  const Impl& bank = *impl_;
  switch (depth) {
    case 0:
      return FetchMemory(&bank, sizeof(bank));
    case 1:
      bank.past.Fetch();
      for (size_t rung = 0; rung < bank.rungs(); rung++) bank.mix(rung).FetchSums();
      if (bank.regressions) bank.regressions->FetchFeatures();
      return;
    default:
      for (size_t rung = bank.plan->first_asked; rung < bank.rungs(); rung++)
        bank.past.FetchAhead(bank.mix(rung).plan().grid.steps);
      if (bank.regressions) bank.regressions->FetchWeights();
  }
}

bool ModelBank::warm() const {
  return impl_->warm();
}

std::vector<int> ModelBank::seasons() const {
  return impl_->Seasons();
}

size_t ModelBank::season_count() const {
  return impl_->detector() ? impl_->detector()->seasons() : impl_->options().seasons.size();
}

bool ModelBank::constant() const {
  return impl_->constant;
}

double ModelBank::anomaly_score() const {
  return impl_->anomaly_score;
}

HorizonScore ModelBank::Score(size_t horizon_index) const {
  HorizonScore score;
  Score(horizon_index, score);
  return score;
}

void ModelBank::Score(size_t horizon_index, HorizonScore& score) const {
  impl_->mix(impl_->plan->first_asked + horizon_index).Score(impl_->scale.unit(), score);
}

bool ModelBank::skilful(size_t horizon_index) const {
  return impl_->mix(impl_->plan->first_asked + horizon_index).skilful();
}

std::vector<ModelWeight> ModelBank::Models(size_t horizon_index) const {
  uint32_t dropped = 0;
  for (size_t i = 0; i < impl_->extra().size(); i++) {
    const ExtraModel& one = impl_->extra()[i];
    if (one.borrowed && !one.model) dropped |= 1U << (impl_->plan->first_extra() + i);
  }
  std::vector<ModelWeight> models = impl_->mix(impl_->plan->first_asked + horizon_index).Weights(dropped);
  for (size_t i = 0; i < models.size(); i++) models[i].name = impl_->plan->model_name(i);
  return models;
}

BankBytes ModelBank::Bytes() const {
  const Impl& bank = *impl_;
  BankBytes bytes;
  bytes.models = sizeof(Past) + bank.past.HeapBytes();
  if (bank.further) bytes.models += sizeof(Impl::Further) + bank.further->models.capacity() * sizeof(ExtraModel);
  for (const ExtraModel& one : bank.extra()) bytes.models += one.model ? one.model->StateBytes() : 0;
  if (bank.detector()) bytes.models += sizeof(SeasonDetector) + bank.detector()->HeapBytes();
  if (bank.regressions) {
    bytes.models += sizeof(DirectRegressions) + bank.regressions->ModelBytes();
    bytes.pending = bank.regressions->PendingBytes();
  }
  for (size_t rung = 0; rung < bank.rungs(); rung++) {
    const size_t pending = bank.mix(rung).PendingBytes();
    bytes.pending += pending;
    bytes.bands += HorizonMix::Bytes(bank.plan->ladder[rung]) - pending;
  }
  bytes.bands += bank.lines().size_bytes();
  bytes.other = sizeof(ModelBank) + sizeof(Impl) - sizeof(Past);
  return bytes;
}

}  // namespace promcast
