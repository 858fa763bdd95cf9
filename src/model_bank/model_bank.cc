#include "promcast/model_bank.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <new>

#include "archive/archive.h"
#include "candidates/borrowed_season.h"
#include "candidates/candidates.h"
#include "forecast/direct_regression.h"
#include "forecast/fetch_memory.h"
#include "forecast/past.h"
#include "forecast/season_detector.h"
#include "forecast/trend_line.h"
#include "model_bank/bank_plan.h"
#include "model_bank/horizon_mix.h"
#include "model_bank/value_scale.h"

namespace promcast {
namespace {

constexpr int64_t kWarmResolved = 5;
constexpr double kRangeMargin = .2;
constexpr double kFarthestScore = 1000;
constexpr int64_t kMostCells = int64_t{1} << 62;
static_assert(BankOptions::kMaxCoverages <= kMaxCoverages);

// A candidate, which keeps a state of its own; some must see values with their true zero.
struct ExtraModel {
  std::unique_ptr<Candidate> model;  // null while it lacks a season, and once it is not needed any more
  bool true_zero;
  bool borrowed = false;  // needed until the first season was seen
};

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

// All of a bank that its plan bounds is one piece of memory: this, the trend lines, and the state of the horizons.
struct ModelBank::Impl {
  using Forecasts = std::array<double, kMaxModels>;
  using Widths = std::array<double, kMaxCoverages>;

  /// How many bytes lie behind an Impl.
  struct Tail {
    size_t bytes;
  };
  /// What few plans ask for.
  struct Further {
    explicit Further(const BankPlan& plan) : models(MakeExtra(plan)) {
      if (plan.options.detect_seasons) detector = std::make_unique<SeasonDetector>(plan.season_search);
    }
    std::vector<ExtraModel> models;
    std::unique_ptr<SeasonDetector> detector;  // null where seasons are told
  };

  static std::unique_ptr<Impl> Make(std::shared_ptr<const BankPlan> plan) {
    const Tail tail{plan->tail_bytes};
    return std::unique_ptr<Impl>(new (tail) Impl(std::move(plan)));
  }
  static void* operator new(size_t bytes, Tail tail) { return ::operator new(bytes + tail.bytes); }
  static void operator delete(void* memory) { ::operator delete(memory); }
  static void operator delete(void* memory, Tail) { ::operator delete(memory); }

  const BankOptions& options() const { return plan->options; }
  size_t rungs() const { return plan->ladder.size(); }
  HorizonMix mix(size_t rung) const {
    const HorizonPlan& horizon = plan->ladder[rung];
    return {horizon, tail() + horizon.offset};
  }
  std::span<TrendLine> lines() const {
    return {std::launder(reinterpret_cast<TrendLine*>(tail())), plan->line_keeps.size()};
  }
  std::span<ExtraModel> extra() const { return further ? std::span(further->models) : std::span<ExtraModel>(); }
  SeasonDetector* detector() const { return further ? further->detector.get() : nullptr; }
  std::span<const double> Ask(const Ahead& ahead, Forecasts& out) const;
  double HalfWidth(size_t rung, size_t coverage_index, double scale) const;
  void Learn(double value);
  std::vector<int> Seasons() const;
  void AdoptSeasons();
  void MakeSeasonalExtra(std::span<const int> seasons);
  template <class Archive>
  void Persist(Archive& archive);
  void IssueAll();
  void ScoreAnomaly(const std::optional<ResolvedForecast>& resolved);
  double InRange(double forecast) const;
  double Bounded(double value) const;
  bool warm() const { return past.seen() >= kWarmCells && mix(0).band().resolved() >= kWarmResolved; }

  std::shared_ptr<const BankPlan> plan;
  Past past;                                       // in the models' unit, like all values below
  std::unique_ptr<DirectRegressions> regressions;  // null without any
  std::unique_ptr<Further> further;                // null where nothing of it is asked for
  int64_t now = -1;                                // index of the newest cell
  [[no_unique_address]] ValueScale scale;
  bool constant = true;  // in the scale's last bytes, like the two below
  bool never_negative = true;
  float anomaly_score = std::numeric_limits<float>::quiet_NaN();

 private:
  explicit Impl(std::shared_ptr<const BankPlan> bank_plan);
  std::byte* tail() const { return reinterpret_cast<std::byte*>(const_cast<Impl*>(this) + 1); }
};

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

std::span<const double> ModelBank::Impl::Ask(const Ahead& ahead, Forecasts& out) const {
  const size_t experts = plan->experts.size();
  const size_t models = plan->models();
  for (size_t i = 0; i < experts; i++) out[i] = plan->experts[i]->Forecast(past, ahead);
  const size_t first_extra = plan->first_extra();
  if (regressions) regressions->Forecast(ahead, {out.data() + experts, first_extra - experts});
  const int steps = static_cast<int>(ahead.steps);
  double* next = out.data() + first_extra;
  for (const auto& [model, true_zero, borrowed] : extra()) {
    double& forecast = *next++;
    forecast = std::numeric_limits<double>::quiet_NaN();
    if (!model) continue;
    model->Forecast({&steps, 1}, {&forecast, 1});
    if (true_zero) forecast = scale.ToModel(forecast);
  }
  for (size_t i = 0; i < models; i++) out[i] = InRange(out[i]);
  return {out.data(), models};
}

// Nothing may run away: at most a fifth of the seen range beyond it. NaN stays NaN.
double ModelBank::Impl::InRange(double forecast) const {
  const double margin = kRangeMargin * (past.high() - past.low());
  return std::clamp(forecast, past.low() - margin, past.high() + margin);
}

double ModelBank::Impl::HalfWidth(size_t rung, size_t coverage_index, double forecast_scale) const {
  const HorizonMix own_mix = mix(rung);
  const double own = own_mix.HalfWidth(coverage_index, forecast_scale);
  if (rung == 0) return own;
  // Residuals of overlapping forecasts tell little until they span the horizon once more: until then at least what the
  // shorter horizon suggests if errors add up like a random walk, though no more than the range seen in so short a
  // time.
  const HorizonGrid& grid = own_mix.plan().grid;
  const ConformalBand& band = own_mix.band();
  const bool spanned =
      band.resolved() * grid.stride > grid.steps && band.Established(options().coverages[coverage_index]);
  if (spanned) return own;
  const HorizonMix shorter = mix(rung - 1);
  const double shorter_width = HalfWidth(rung - 1, coverage_index, shorter.band().Scale(0));
  double grown = shorter_width * std::sqrt(static_cast<double>(grid.steps) / shorter.plan().grid.steps);
  const double seen_range = past.high() - past.low();
  grown = std::min(grown, seen_range * (1 + static_cast<double>(grid.steps) / static_cast<double>(past.seen())));
  return std::isfinite(own) ? std::max(own, grown) : grown;
}

void ModelBank::Impl::ScoreAnomaly(const std::optional<ResolvedForecast>& resolved) {
  if (!resolved || std::isnan(resolved->half_width)) {
    anomaly_score = std::numeric_limits<float>::quiet_NaN();
    return;
  }
  const double score = resolved->error == 0 ? 0 : resolved->error / resolved->half_width;
  anomaly_score = static_cast<float>(std::clamp(score, -kFarthestScore, kFarthestScore));
}

void ModelBank::Impl::Learn(double value) {
  if (past.seen() == 0) {
    scale.Start(value);
    if (detector()) detector()->Spread(std::bit_cast<uint64_t>(value));
  }
  if (constant && past.seen() > 0 && scale.FromModel(0) != value) {
    constant = false;
    scale.SetUnit(value);
  }
  const double z = scale.ToModel(value);
  never_negative = never_negative && value >= 0;
  for (size_t rung = 0; rung < rungs(); rung++) {
    const auto resolved = mix(rung).Resolve(now, z);
    if (rung == 0) ScoreAnomaly(resolved);
  }
  past.Update(z);
  for (size_t i = 0; i < lines().size(); i++) lines()[i].Update(z, plan->line_keeps[i]);
  for (ExtraModel& one : extra()) {
    if (one.model) one.model->Update(one.true_zero ? value : z);
    if (one.borrowed && past.seasonal()) one.model.reset();
  }
  if (detector() && !constant && detector()->Update(z)) AdoptSeasons();
  if (regressions) regressions->Update(now, z);
  IssueAll();
}

std::vector<int> ModelBank::Impl::Seasons() const {
  const SeasonDetector* const found = detector();
  if (!found) return options().seasons;
  std::vector<int> seasons;
  for (size_t i = 0; i < found->seasons(); i++) seasons.push_back(found->season(i));
  return seasons;
}

void ModelBank::Impl::AdoptSeasons() {
  const int first = past.first_season();
  const std::vector<int> lengths = Seasons();
  std::vector<FoundSeason> seasons;
  for (const int length : lengths) seasons.push_back({length, detector()->MemoryOf(length)});
  past.Adopt(seasons, plan->memory);
  if (regressions && past.first_season() != first) regressions->Restart();
  MakeSeasonalExtra(lengths);
}

void ModelBank::Impl::MakeSeasonalExtra(std::span<const int> seasons) {
  for (size_t i = 0; i < extra().size(); i++) {
    if (SeasonsNeeded(plan->extra[i]) > 0) extra()[i].model = MakeCandidate(plan->extra[i], seasons);
  }
}

void ModelBank::Impl::IssueAll() {
  Forecasts forecasts;
  Widths widths;
  const size_t coverages = options().coverages.size();
  for (size_t rung = 0; rung < rungs(); rung++) {
    HorizonMix own = mix(rung);
    const bool kept = own.Keeps(now);
    const bool checked = own.Checks(now);
    if (!kept && !checked) continue;
    const Ahead ahead = past.LookAhead(own.plan().grid.steps);
    const auto asked = Ask(ahead, forecasts);
    if (kept && regressions) regressions->Keep(rung, now, ahead);
    Mixed mixed = own.Mix(asked, now + own.plan().grid.steps);
    const bool banded = warm();
    for (size_t i = 0; banded && i < coverages; i++) widths[i] = HalfWidth(rung, i, mixed.scale);
    if (kept && own.plan().line) mixed.line = InRange(lines()[*own.plan().line].Ahead(own.plan().grid.steps));
    if (kept) own.Issue(now, mixed, {widths.data(), banded ? coverages : 0});
    if (checked && banded) own.IssueCheck(now, mixed.point, {widths.data(), coverages});
  }
}

double ModelBank::Impl::Bounded(double value) const {
  if (never_negative) value = std::max(value, 0.);
  if (options().floor) value = std::max(value, *options().floor);
  if (options().ceiling) value = std::min(value, *options().ceiling);
  return value;
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

void ModelBank::Fetch(int depth) const {
  const Impl& bank = *impl_;
  switch (depth) {
    case 0:
      return FetchMemory(&bank, sizeof(bank));
    case 1:
      FetchMemory(bank.lines().data(), bank.lines().size_bytes());
      bank.past.Fetch(1);
      for (size_t rung = 0; rung < bank.rungs(); rung++) bank.mix(rung).FetchSums();
      return FetchMemory(bank.regressions.get(), bank.regressions ? sizeof(DirectRegressions) : 0);
    default:
      bank.past.Fetch(2);
      for (size_t rung = 0; rung < bank.rungs(); rung++) bank.mix(rung).FetchDue(bank.now + 1);
      if (bank.regressions) bank.regressions->Fetch(bank.now + 1);
  }
}

bool ModelBank::warm() const {
  return impl_->warm();
}

std::vector<int> ModelBank::seasons() const {
  return impl_->Seasons();
}

bool ModelBank::constant() const {
  return impl_->constant;
}

double ModelBank::anomaly_score() const {
  return impl_->anomaly_score;
}

HorizonScore ModelBank::Score(size_t horizon_index) const {
  return impl_->mix(impl_->plan->first_asked + horizon_index).Score(impl_->scale.unit());
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

template <class Archive>
void ModelBank::Impl::Persist(Archive& archive) {
  auto& [of_plan, known, direct, rare, newest, unit, only_one, positive, score] = *this;
  archive(unit, newest, score, only_one, positive);
  archive.Require(newest >= -1 && newest < kMostCells, "the count of cells");
  archive.Require(!(std::abs(score) > kFarthestScore), "the anomaly score");
  SeasonDetector* const found = detector();
  if (found) archive(*found);
  if (Archive::kReads && found && archive.ok() && found->seasons() > 0) {
    const std::vector<int> seasons = Seasons();
    known = Past(seasons, of_plan->memory);
    MakeSeasonalExtra(seasons);
  }
  archive(known);
  archive.Require(known.seen() <= newest + 1, "the count of values");
  for (size_t rung = 0; rung < rungs(); rung++) {
    HorizonMix one = mix(rung);
    archive(one);
  }
  for (ExtraModel& one : extra()) {
    if (one.borrowed) {
      bool borrows = one.model != nullptr;
      archive(borrows);
      if (Archive::kReads && borrows) one.model = std::make_unique<BorrowedSeason>(options().seasons.front());
    }
    if (one.model) archive(*one.model);
  }
  if (direct) archive(*direct);
  for (TrendLine& line : lines()) archive(line);
}

void ModelBank::Save(std::string& out) const {
  ArchiveWriter archive(out);
  uint64_t fingerprint = impl_->plan->fingerprint;
  archive(fingerprint);
  impl_->Persist(archive);
}

std::optional<ModelBank> ModelBank::Load(std::shared_ptr<const BankPlan> plan, std::string_view bytes,
                                         std::string& problem) {
  ArchiveReader archive(bytes);
  uint64_t fingerprint = 0;
  archive(fingerprint);
  if (archive.ok() && fingerprint != plan->fingerprint) {
    problem = "a bank's state: it was saved with other options, or by another version of the models";
    return std::nullopt;
  }
  ModelBank bank(std::move(plan));
  if (archive.ok()) bank.impl_->Persist(archive);
  archive.Require(archive.left() == 0, "more bytes than expected");
  if (archive.ok()) return bank;
  problem = "a bank's state: " + std::string(archive.problem());
  return std::nullopt;
}

}  // namespace promcast
