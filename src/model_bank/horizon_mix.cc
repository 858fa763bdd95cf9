#include "model_bank/horizon_mix.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <new>
#include <type_traits>

#include "archive/archive.h"
#include "forecast/block_float.h"
#include "forecast/float4.h"

namespace promcast {
namespace {

constexpr float kFarthest = 20;         // usual residuals that a residual counts as at most
constexpr float kFarthestKept = 1000;   // scales from the mix that a model counts as at most
constexpr int64_t kSomeResolved = 20;   // before that the usual residual is not trusted
constexpr int64_t kManyResolved = 100;  // before that no model is tilted
constexpr float kSleepingCharge = 1.25F;
constexpr float kPastOfTheOthers = .1F;  // when a model wakes
constexpr float kTiny = 1e-9F;           // of the losses' own unit; keeps ratios of zero losses finite
constexpr float kLeastRatio = .01F;      // of losses; its powers are still numbers
constexpr float kTiltRate = .03F;
constexpr float kTiltForgotten = .003F;
constexpr float kFarthestTilted = 2;  // usual residuals
constexpr float kMostTilted = 50;
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

template <class Number>
Number Power4(Number x) {
  return x * x * (x * x);
}

// The models' weights before they are made to add up to one. `best`: the least loss of those awake; of what sleeps the
// loss may be anything.
Float4 MedianWeights(float best, Float4 losses) {
  const Float4 ratios = (best + kTiny) / (losses + kTiny);
  return Power4(Max(Min(ratios, All4(1)), All4(kLeastRatio)));
}
Float4 MeanWeights(Float4 median_weights, Float4 tilts) {
  return Power4(median_weights) * tilts;
}

// Changes `count` numbers four at a time. The last four may reach beyond them, where all is left as it is.
template <class Change>
void ChangeFours(float* numbers, size_t count, Change change) {
  size_t i = 0;
  for (; i + 4 <= count; i += 4) Store4(numbers + i, change(i, Load4(numbers + i)));
  if (i == count) return;
  const Float4 old = Load4(numbers + i);
  const Mask4 changed = Mask4{0, 1, 2, 3} < static_cast<int>(count - i);
  Store4(numbers + i, Select(changed, change(i, old), old));
}

}  // namespace

// A forecast that waits for its value. The codes of its fields follow it in memory.
struct HorizonMix::Record {
  float point = kNaN;  // in two parts; NaN: free
  float point_rest = 0;
  float unit = 0;

  BlockInt* codes() { return reinterpret_cast<BlockInt*>(this + 1); }
};

void HorizonMix::Lay(HorizonPlan& plan) {
  const HorizonMix mix(plan, nullptr);
  plan.sum_bytes = sizeof(Head) + mix.sums() * sizeof(float) + (mix.knows_phases() ? sizeof(PhaseScale) : 0);
  const size_t bytes = sizeof(Record) + mix.fields() * sizeof(BlockInt);
  plan.record_bytes = (bytes + alignof(Record) - 1) / alignof(Record) * alignof(Record);
}

size_t HorizonMix::Bytes(const HorizonPlan& plan) {
  const HorizonMix mix(plan, nullptr);
  return (plan.sum_bytes + mix.PendingBytes() + kAlignment - 1) / kAlignment * kAlignment;
}

void HorizonMix::Start(const HorizonPlan& plan, std::byte* memory) {
  static_assert(alignof(Head) == kAlignment && alignof(Record) == kAlignment);
  const HorizonMix mix(plan, memory);
  std::fill_n(memory, Bytes(plan), std::byte{});
  new (memory) Head;
  std::uninitialized_fill_n(mix.tilts(), mix.models(), 1.F);
  std::uninitialized_fill_n(mix.losses(), mix.sums() - mix.models(), 0.F);
  if (mix.knows_phases()) new (memory + sizeof(Head) + mix.sums() * sizeof(float)) PhaseScale;
  for (int slot = 0; slot < plan.grid.pending(); slot++) {
    new (memory + plan.sum_bytes + slot * plan.record_bytes) Record;
  }
  for (int slot = 0; plan.checks && slot < plan.checks->pending(); slot++) mix.CheckAt(slot).Clear();
}

HorizonMix::Record& HorizonMix::RecordAt(int slot) const {
  return *std::launder(reinterpret_cast<Record*>(memory_ + plan_.sum_bytes + slot * plan_.record_bytes));
}

CheckedBand HorizonMix::CheckAt(int slot) const {
  return CheckedBand(memory_ + plan_.sum_bytes + RecordBytes() + slot * CheckedBand::Bytes(coverages()));
}

PhaseScale& HorizonMix::phase_scale() const {
  return *std::launder(reinterpret_cast<PhaseScale*>(memory_ + sizeof(Head) + sums() * sizeof(float)));
}

Mixed HorizonMix::Mix(std::span<const double> forecasts, int64_t target) const {
  // What most banks have is known to the compiler, which then leaves no loop.
  switch (const size_t blocks = Lanes(models()) / 4) {
    case 2:
      return MixBlocks(std::integral_constant<size_t, 2>(), forecasts.data(), target);
    case 3:
      return MixBlocks(std::integral_constant<size_t, 3>(), forecasts.data(), target);
    default:
      return MixBlocks(blocks, forecasts.data(), target);
  }
}

template <class Blocks>
Mixed HorizonMix::MixBlocks(Blocks blocks, const double* forecasts, int64_t target) const {
  constexpr size_t kMostBlocks = kMaxModels / 4;
  const double base = forecasts[0];
  std::array<float, kMaxModels> apart;  // from the base
  for (size_t i = 0; i < 4 * blocks; i++) apart[i] = static_cast<float>(forecasts[i] - base);
  Float4 distance[kMostBlocks];
  Float4 weight[kMostBlocks];  // in the median
  Float4 best = All4(kInfinity);
  Float4 lowest{};
  Float4 highest{};
  for (size_t b = 0; b < blocks; b++) {
    const Float4 one = Load4(&apart[4 * b]);
    const Mask4 awake = one == one;
    distance[b] = Where(awake, one);
    weight[b] = Where(awake, All4(1));
    best = Min(best, Select(awake, Load4(losses() + 4 * b), All4(kInfinity)));
    lowest = Min(lowest, distance[b]);
    highest = Max(highest, distance[b]);
  }
  const float best_loss = Smallest(best);
  const float low = Smallest(lowest);
  const float high = Largest(highest);
  Float4 weight_sums{};
  Float4 mean_weight_sums{};
  Float4 sums{};
  for (size_t b = 0; b < blocks; b++) {
    weight[b] *= MedianWeights(best_loss, Load4(losses() + 4 * b));
    const Float4 mean_weight = MeanWeights(weight[b], Load4(tilts() + 4 * b));
    weight_sums += weight[b];
    mean_weight_sums += mean_weight;
    sums += mean_weight * distance[b];
  }
  const Float4 totals = Sums(weight_sums, mean_weight_sums, sums, Float4{});
  const float weights = totals[0];
  const float mean_distance = std::clamp(totals[2] / totals[1], low, high);
  Float4 below[kMostBlocks]{};  // weight at or below each
  for (size_t j = 0; j < blocks; j++) {
    for (size_t k = 0; k < 4; k++) {
      const Float4 from = All4(distance[j][k]);
      const Float4 more = All4(weight[j][k]);
      for (size_t b = 0; b < blocks; b++) below[b] += Where(from <= distance[b], more);
    }
  }
  Float4 medians = All4(high);
  for (size_t b = 0; b < blocks; b++) {
    const Mask4 candidate = (2 * below[b] >= weights) & (weight[b] > 0);
    medians = Min(medians, Select(candidate, distance[b], medians));
  }
  const float median_distance = Smallest(medians);
  const float mixed_distance = median_distance + (mean_distance - median_distance) * MeanShare();
  Mixed mixed;
  Float4 spread{};
  for (size_t b = 0; b < blocks; b++) {
    spread += weight[b] * Abs(distance[b] - mixed_distance);
    Store4(&mixed.models[4 * b], Load4(&apart[4 * b]) - mixed_distance);
  }
  mixed.point = base + mixed_distance;
  mixed.mean = mean_distance - mixed_distance;
  mixed.median = median_distance - mixed_distance;
  mixed.scale = head().band.Scale(Sum(spread) / weights);
  if (knows_phases()) mixed.scale *= phase_scale().At(Position(target));
  return mixed;
}

double HorizonMix::HalfWidth(size_t index, double scale) const {
  return ratios()[index] > 0 ? ratios()[index] * scale : head().band.HalfWidth(plan_.coverages[index], scale);
}

void HorizonMix::Issue(int64_t now, const Mixed& mixed, std::span<const double> half_widths) {
  Fields fields;
  // What is so far off costs the others no precision; NaN stays NaN.
  const auto usual = static_cast<float>(mixed.scale);
  const float farthest = usual > 0 ? kFarthestKept * usual : kInfinity;
  for (size_t i = 0; i < models(); i += 4) {
    const Float4 distance = Load4(&mixed.models[i]);
    const Float4 kept = Max(Min(distance, All4(farthest)), All4(-farthest));
    Store4(&fields[i], Select(distance == distance, kept, distance));
  }
  fields[mean()] = std::clamp(mixed.mean, -farthest, farthest);
  fields[median()] = std::clamp(mixed.median, -farthest, farthest);
  for (size_t i = 0; i < coverages(); i++) {
    fields[charged() + i] = half_widths.empty() ? kNaN : static_cast<float>(half_widths[i]);
  }
  Record& record = RecordAt(plan_.grid.SlotOf(now));
  record.point = static_cast<float>(mixed.point);
  record.point_rest = static_cast<float>(mixed.point - record.point);
  fields[scale()] = usual;
  fields[line()] = static_cast<float>(mixed.line - mixed.point);
  record.unit = PackBlock(fields.data(), this->fields(), record.codes());
}

// `moved`: where the value lies from the mix. Errors beyond `limit` count as that.
void HorizonMix::Charge(const float* distances, float moved, float limit) {
  const float residual = std::abs(moved);
  // A wild value leaves every model far off: all errors shrink alike, so that their order still counts.
  const float share = residual > limit ? limit / residual : 1;
  const float asleep = kSleepingCharge * share * residual;
  ChangeFours(losses(), charged(), [&](size_t i, Float4 loss) {
    const Float4 error = share * Abs(moved - Load4(distances + i));
    return plan_.loss_keep * loss + Min(Select(error == error, error, All4(asleep)), All4(limit));
  });
}

void HorizonMix::Tilt(const float* distances, float moved) {
  const float usual = head().band.mean_residual();
  if (!(usual > 0)) return;
  const float mean_distance = distances[mean()];
  const float lack = std::clamp((moved - mean_distance) / usual, -1.F, 1.F);
  ChangeFours(tilts(), models(), [&](size_t i, Float4 tilt) {
    const Float4 apart = (Load4(distances + i) - mean_distance) / usual;
    const Float4 bounded = Max(Min(apart, All4(kFarthestTilted)), All4(-kFarthestTilted));
    const Float4 side = Where(apart == apart, bounded);
    const Float4 moved_tilt = tilt * (1 + kTiltRate * lack * side) + kTiltForgotten * (1 - tilt);
    return Max(Min(moved_tilt, All4(kMostTilted)), All4(1 / kMostTilted));
  });
}

void HorizonMix::IssueCheck(int64_t now, double point, std::span<const double> half_widths) {
  CheckAt(plan_.checks->SlotOf(now)).Write(static_cast<float>(point), half_widths);
}

void HorizonMix::ResolveCheck(int64_t now, double value) {
  const int64_t issued = plan_.checks->IssuedFor(now);
  if (issued < 0) return;
  std::array<float, kMaxCoverages> half_widths;
  CheckedBand check = CheckAt(plan_.checks->SlotOf(issued));
  const float point = check.Read({half_widths.data(), coverages()});
  if (std::isnan(point)) return;
  ScoreBand(half_widths.data(), static_cast<float>(std::abs(value - point)));
  check.Clear();
  RefreshRatios();
}

std::optional<ResolvedForecast> HorizonMix::Resolve(int64_t now, double value) {
  if (plan_.checks) ResolveCheck(now, value);
  const int64_t issued = plan_.grid.IssuedFor(now);
  if (issued < 0) return std::nullopt;
  Record& record = RecordAt(plan_.grid.SlotOf(issued));
  if (std::isnan(record.point)) return std::nullopt;
  Fields fields;
  UnpackBlock(record.codes(), this->fields(), record.unit, fields.data());
  const double error = value - (static_cast<double>(record.point) + record.point_rest);
  const float* half_widths = fields.data() + charged();
  const ResolvedForecast resolved{error, coverages() > 0 ? half_widths[coverages() - 1] : kNaN};
  const auto moved = static_cast<float>(error);
  const float residual = std::abs(moved);
  const bool trusted = head().band.resolved() >= kSomeResolved && head().band.mean_residual() > 0;
  Wake(fields.data());
  Charge(fields.data(), moved, trusted ? kFarthest * head().band.mean_residual() : kInfinity);
  if (head().band.resolved() >= kManyResolved) Tilt(fields.data(), moved);
  auto forgotten_sum = [&](float& sum, float one) { sum = plan_.loss_keep * sum + one; };
  forgotten_sum(head().resolved, 1);
  forgotten_sum(head().mix_error, residual);
  forgotten_sum(head().naive_error, std::abs(moved - fields[0]));
  const float seasonal_naive = fields[plan_.seasonal_naive];
  forgotten_sum(head().seasonal_naive_error,
                std::abs(moved - (std::isnan(seasonal_naive) ? fields[0] : seasonal_naive)));
  forgotten_sum(line_error(), std::isnan(fields[line()]) ? 0 : std::abs(moved - fields[line()]));
  ScoreBand(half_widths, residual);
  if (trusted && knows_phases()) {
    phase_scale().Learn(Position(now), residual / head().band.mean_residual(), plan_.phase_rate);
  }
  head().band.Resolve(residual, fields[scale()], plan_.band);
  record.point = kNaN;
  RefreshRatios();
  return resolved;
}

void HorizonMix::Wake(const float* distances) {
  static_assert(kMaxModels <= 32);
  const auto all = static_cast<uint32_t>((uint64_t{1} << models()) - 1);
  if (head().awake == all) return;
  uint32_t awake = 0;
  for (size_t i = 0; i < models(); i++) awake |= std::isnan(distances[i]) ? 0 : uint32_t{1} << i;
  if (awake & ~head().awake) {
    for (size_t i = 0; i < charged(); i++) losses()[i] *= kPastOfTheOthers;
  }
  head().awake |= awake;
}

void HorizonMix::ScoreBand(const float* half_widths, float residual) {
  if (coverages() == 0 || std::isnan(half_widths[0])) return;
  const CoverageFeedback& feedback = plan_.feedback;
  head().banded = feedback.keep * head().banded + 1;
  for (size_t i = 0; i < coverages(); i++) {
    inside()[i] = feedback.keep * inside()[i] + (residual <= half_widths[i] ? 1.F : 0.F);
  }
  const float missed = residual <= half_widths[coverages() - 1] ? 0 : 1;
  recently_missed() += static_cast<float>(feedback.recent_rate) * (missed - recently_missed());
}

void HorizonMix::RefreshRatios() {
  constexpr int64_t kEvery = 8;
  constexpr int64_t kOften = 256;
  if (!plan_.checks && head().band.resolved() > kOften && head().band.resolved() % kEvery != 0) return;
  for (size_t i = 0; i < coverages(); i++) {
    const double coverage = plan_.coverages[i];
    if (!head().band.Established(coverage)) {
      ratios()[i] = 0;
      continue;
    }
    double ratio = head().band.HalfWidth(coverage, 1);
    if (const SteadyTail& tail = plan_.tails[i]; tail.inner_coverage > 0) {
      ratio = std::sqrt(ratio * tail.ratio * head().band.HalfWidth(tail.inner_coverage, 1));
    }
    const bool known = head().banded >= static_cast<float>(kSomeResolved);
    ratio *= known ? plan_.feedback.Factor(i, inside()[i] / head().banded, recently_missed()) : 1;
    ratios()[i] = static_cast<float>(ratio);
  }
}

void HorizonMix::Miss(int64_t now, int64_t cells) {
  plan_.grid.ForEachDue(now, cells, [&](int slot) { RecordAt(slot).point = kNaN; });
  if (plan_.checks) plan_.checks->ForEachDue(now, cells, [&](int slot) { CheckAt(slot).Clear(); });
}

void HorizonMix::Score(double unit, HorizonScore& score) const {
  score.count = head().resolved;
  score.absolute_error = head().mix_error * unit;
  score.naive_absolute_error = head().naive_error * unit;
  score.seasonal_naive_absolute_error = head().seasonal_naive_error * unit;
  score.predict_linear_absolute_error = line_error() * unit;
  score.banded_count = head().banded;
  score.inside.assign(inside(), inside() + coverages());
}

std::vector<ModelWeight> HorizonMix::Weights(uint32_t dropped) const {
  const auto awake = [&](size_t model) { return ((head().awake & ~dropped) >> model & 1U) != 0; };
  float best = kInfinity;
  for (size_t i = 0; i < models(); i++) best = awake(i) ? std::min(best, losses()[i]) : best;
  std::vector<double> mean_weights(models());
  std::vector<double> median_weights(models());
  double mean_sum = 0;
  double median_sum = 0;
  for (size_t i = 0; i < models(); i++) {
    if (!awake(i)) continue;
    const Float4 weight = MedianWeights(best, All4(losses()[i]));
    median_sum += median_weights[i] = weight[0];
    mean_sum += mean_weights[i] = MeanWeights(weight, All4(tilts()[i]))[0];
  }
  const double mean_share = MeanShare();
  std::vector<ModelWeight> weights(models(), {{}, 0, kNaN});
  for (size_t i = 0; i < models(); i++) {
    if (!awake(i)) continue;
    weights[i].weight = mean_share * mean_weights[i] / mean_sum + (1 - mean_share) * median_weights[i] / median_sum;
    weights[i].relative_loss = (losses()[i] + kTiny) / (best + kTiny);
  }
  return weights;
}

// What the mean weighs in the mix of both.
float HorizonMix::MeanShare() const {
  const float mean_loss = losses()[mean()] + kTiny;
  const float median_loss = losses()[median()] + kTiny;
  if (mean_loss <= median_loss) return 1 / (1 + Power4(Power4(mean_loss / median_loss)));
  const float mean_vote = Power4(Power4(median_loss / mean_loss));
  return mean_vote / (mean_vote + 1);
}

void HorizonMix::FetchDue(int64_t now) const {
  const int64_t issued = plan_.grid.IssuedFor(now);
  if (issued >= 0) FetchMemory(&RecordAt(plan_.grid.SlotOf(issued)), plan_.record_bytes);
}

// Any bits are some sums and some forecast: what is no number sleeps.
template <class Archive>
void HorizonMix::Persist(Archive& archive) {
  auto& [awake, banded, resolved, mix_error, naive_error, seasonal_naive_error, band] = head();
  archive(awake, banded, resolved, mix_error, naive_error, seasonal_naive_error, band);
  archive.Block(std::span(memory_ + sizeof(Head), plan_.sum_bytes - sizeof(Head) + PendingBytes()));
  archive.Require(uint64_t{awake} < uint64_t{1} << models(), "which models are awake");
}
template void HorizonMix::Persist(ArchiveWriter&);
template void HorizonMix::Persist(ArchiveReader&);

}  // namespace promcast
