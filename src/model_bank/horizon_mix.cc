#include "model_bank/horizon_mix.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <new>

#include "forecast/half_float.h"

namespace promcast {
namespace {

constexpr double kFarthest = 20;      // usual residuals that a residual counts as at most
constexpr double kSomeResolved = 20;  // before that the usual residual is not trusted
constexpr double kSleepingCharge = 1.25;
constexpr float kPastOfTheOthers = .1F;  // when a model wakes
constexpr float kFeedback = 2.3F;
constexpr float kFarReserve = .01F;  // what is learnt a day late is learnt too late: aims this much higher
constexpr double kTiny = 1e-9;       // of the losses' own unit; keeps ratios of zero losses finite
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

double Power4(double x) {
  return x * x * (x * x);
}

}  // namespace

// A forecast that waits for its value. The distances follow it in memory.
struct HorizonMix::Record {
  float value = kNaN;  // at issue, in two parts; NaN: free
  float value_rest = 0;
  float scale = 1;

  HalfFloat* distances() { return reinterpret_cast<HalfFloat*>(this + 1); }
  const HalfFloat* distances() const { return reinterpret_cast<const HalfFloat*>(this + 1); }
  /// In the values' unit.
  double Distance(size_t field) const { return FromHalf(distances()[field]) * unit(); }
  void SetDistance(size_t field, double distance, double inverse_unit) {
    distances()[field] = ToHalf(static_cast<float>(distance * inverse_unit));
  }
  double unit() const { return scale > 0 ? scale : 1; }
};

HorizonPlan HorizonPlan::Make(const BankOptions& options, int steps, int max_pending) {
  const double day = std::max(1., 86'400'000. / static_cast<double>(std::max<int64_t>(1, options.step_ms)));
  double cycle = day;  // what half-lives are counted in: a day, or the longest season where that is shorter
  if (!options.seasons.empty()) {
    cycle = std::min<double>(day, *std::max_element(options.seasons.begin(), options.seasons.end()));
  }
  HorizonPlan plan;
  plan.grid = HorizonGrid::Make(steps, max_pending, static_cast<int>(cycle));
  const int stride = plan.grid.stride;
  const bool far = steps >= cycle;
  plan.loss_keep = static_cast<float>(std::exp2(-stride / ((far ? 10 : 5) * cycle)));
  plan.feedback = kFeedback;
  plan.reserve = far ? kFarReserve : 0;
  plan.band.scale_rate = static_cast<float>(std::min(.02, .96 * stride / cycle));
  plan.band.half_life = static_cast<int>(std::clamp((far ? 7 : 2.4) * cycle / stride, 64., 1e9));
  return plan;
}

HorizonMix::HorizonMix(const HorizonPlan& plan, size_t models, size_t coverages)
    : plan_(plan), models_(static_cast<uint16_t>(models)), coverages_(static_cast<uint16_t>(coverages)) {
  sums_.reset(new float[models_ + 2 + 2 * coverages_]());
  const int pending = plan_.grid.pending();
  records_.reset(new std::byte[PendingBytes()]());
  for (int slot = 0; slot < pending; slot++) new (records_.get() + slot * record_bytes()) Record;
}

HorizonMix::~HorizonMix() = default;
HorizonMix::HorizonMix(HorizonMix&&) noexcept = default;

size_t HorizonMix::record_bytes() const {
  const size_t bytes = sizeof(Record) + fields() * sizeof(HalfFloat);
  return (bytes + alignof(Record) - 1) / alignof(Record) * alignof(Record);
}

HorizonMix::Record& HorizonMix::RecordAt(int slot) const {
  return *std::launder(reinterpret_cast<Record*>(records_.get() + slot * record_bytes()));
}

Mixed HorizonMix::Mix(std::span<const double> forecasts) const {
  struct Vote {
    double forecast, weight;
  };
  std::array<Vote, kMaxModels> votes;
  size_t count = 0;
  double best = std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < forecasts.size(); i++) {
    if (!std::isnan(forecasts[i])) best = std::min<double>(best, losses()[i]);
  }
  double sum = 0;
  double weights8 = 0;
  double weights4 = 0;
  for (size_t i = 0; i < forecasts.size(); i++) {
    if (std::isnan(forecasts[i])) continue;
    const double weight4 = Power4((best + kTiny) / (losses()[i] + kTiny));
    const double weight8 = weight4 * weight4;
    sum += weight8 * forecasts[i];
    weights8 += weight8;
    weights4 += weight4;
    size_t at = count++;
    for (; at > 0 && votes[at - 1].forecast > forecasts[i]; at--) votes[at] = votes[at - 1];
    votes[at] = {forecasts[i], weight4};
  }
  Mixed mixed;
  mixed.mean = std::clamp(sum / weights8, votes[0].forecast, votes[count - 1].forecast);
  double half = weights4 / 2;
  size_t middle = 0;
  while (middle + 1 < count && (half -= votes[middle].weight) > 0) middle++;
  mixed.median = votes[middle].forecast;
  const double mean_loss = losses()[models_] + kTiny;
  const double median_loss = losses()[models_ + 1] + kTiny;
  const double low = std::min(mean_loss, median_loss);
  const double mean_weight = Power4(Power4(low / mean_loss));
  const double median_weight = Power4(Power4(low / median_loss));
  mixed.point = mixed.median + (mixed.mean - mixed.median) * (mean_weight / (mean_weight + median_weight));
  double distance = 0;
  for (size_t i = 0; i < count; i++) distance += votes[i].weight * std::abs(votes[i].forecast - mixed.point);
  mixed.scale = band_.Scale(distance / weights4);
  return mixed;
}

double HorizonMix::HalfWidth(size_t index, double coverage, double scale) const {
  return band_.Established(coverage) ? ratios()[index] * scale : band_.HalfWidth(coverage, scale);
}

void HorizonMix::Issue(int64_t now, double value, std::span<const double> forecasts, const Mixed& mixed,
                       double seasonal_naive, std::span<const double> half_widths) {
  Record& record = RecordAt(plan_.grid.SlotOf(now));
  record.value = static_cast<float>(value);
  record.value_rest = static_cast<float>(value - record.value);
  record.scale = static_cast<float>(mixed.scale);
  const double inverse_unit = 1 / record.unit();
  auto keep = [&](size_t field, double distance) { record.SetDistance(field, distance, inverse_unit); };
  keep(kMix, mixed.point - value);
  keep(kMean, mixed.mean - value);
  keep(kMedian, mixed.median - value);
  keep(kSeasonalNaive, seasonal_naive - value);
  for (size_t i = 1; i < models_; i++) keep(FieldOf(i), forecasts[i] - value);
  for (size_t i = 0; i < coverages_; i++) keep(FieldOf(models_) + i, half_widths.empty() ? kNaN : half_widths[i]);
}

void HorizonMix::Charge(float* loss, double error, double mix_error, double limit) const {
  if (std::isnan(error)) error = kSleepingCharge * mix_error;
  *loss = static_cast<float>(plan_.loss_keep * *loss + std::min(std::abs(error), limit));
}

std::optional<ResolvedForecast> HorizonMix::Resolve(int64_t now, double value, std::span<const double> coverages) {
  const int64_t issued = plan_.grid.IssuedFor(now);
  if (issued < 0) return std::nullopt;
  Record& record = RecordAt(plan_.grid.SlotOf(issued));
  if (std::isnan(record.value)) return std::nullopt;
  const double moved = value - (static_cast<double>(record.value) + record.value_rest);
  const ResolvedForecast resolved{moved - record.Distance(kMix),
                                  coverages_ > 0 ? record.Distance(fields() - 1) : static_cast<double>(kNaN)};
  const double residual = std::abs(resolved.error);
  const bool trusted = band_.resolved() >= kSomeResolved && band_.mean_residual() > 0;
  const double limit = trusted ? kFarthest * band_.mean_residual() : std::numeric_limits<double>::infinity();
  // A wild value leaves every model far off: all errors shrink alike, so that their order still counts.
  const double share = residual > limit ? limit / residual : 1;
  Wake(record);
  Charge(losses(), share * moved, share * residual, limit);  // the first model is the naive one
  for (size_t i = 1; i < models_; i++) {
    Charge(losses() + i, share * (moved - record.Distance(FieldOf(i))), share * residual, limit);
  }
  Charge(losses() + models_, share * (moved - record.Distance(kMean)), 0, limit);
  Charge(losses() + models_ + 1, share * (moved - record.Distance(kMedian)), 0, limit);
  auto forgotten_sum = [&](float& sum, double error) { sum = static_cast<float>(plan_.loss_keep * sum + error); };
  forgotten_sum(resolved_, 1);
  forgotten_sum(mix_error_, residual);
  forgotten_sum(naive_error_, std::abs(moved));
  forgotten_sum(seasonal_naive_error_, std::abs(moved - record.Distance(kSeasonalNaive)));
  ScoreBand(record, residual);
  band_.Resolve(residual, record.scale, plan_.band);
  record.value = kNaN;
  RefreshRatios(coverages);
  return resolved;
}

void HorizonMix::Wake(const Record& record) {
  static_assert(kMaxModels <= 32);
  uint32_t awake = 1;
  for (size_t i = 1; i < models_; i++) awake |= std::isnan(record.Distance(FieldOf(i))) ? 0 : uint32_t{1} << i;
  if (awake & ~awake_) {
    for (size_t i = 0; i < models_ + 2U; i++) losses()[i] *= kPastOfTheOthers;
  }
  awake_ |= awake;
}

void HorizonMix::ScoreBand(const Record& record, double residual) {
  const size_t half_widths = FieldOf(models_);
  if (coverages_ == 0 || std::isnan(record.Distance(half_widths))) return;
  banded_ = plan_.loss_keep * banded_ + 1;
  for (size_t i = 0; i < coverages_; i++) {
    inside()[i] = plan_.loss_keep * inside()[i] + (residual <= record.Distance(half_widths + i) ? 1.F : 0.F);
  }
}

void HorizonMix::RefreshRatios(std::span<const double> coverages) {
  constexpr int64_t kEvery = 8;
  constexpr int64_t kOften = 256;
  if (band_.resolved() > kOften && band_.resolved() % kEvery != 0) return;
  for (size_t i = 0; i < coverages_; i++) {
    const double ratio = band_.HalfWidth(coverages[i], 1);
    const double missing = coverages[i] + plan_.reserve - inside()[i] / std::max(banded_, 1.F);
    const double wider = banded_ < kSomeResolved ? 0 : plan_.feedback * NormalWidthSlope(coverages[i]) * missing;
    ratios()[i] = static_cast<float>(ratio * std::exp(std::clamp(wider, -1., 1.)));
  }
}

void HorizonMix::Miss(int64_t now, int64_t cells) {
  plan_.grid.ForEachDue(now, cells, [&](int slot) { RecordAt(slot).value = kNaN; });
}

HorizonScore HorizonMix::Score(double unit) const {
  HorizonScore score;
  score.count = resolved_;
  score.absolute_error = mix_error_ * unit;
  score.naive_absolute_error = naive_error_ * unit;
  score.seasonal_naive_absolute_error = seasonal_naive_error_ * unit;
  score.banded_count = banded_;
  score.inside.assign(inside(), inside() + coverages_);
  return score;
}

size_t HorizonMix::Leader() const {
  return static_cast<size_t>(std::min_element(losses(), losses() + models_) - losses());
}

}  // namespace promcast
