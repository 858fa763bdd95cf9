#include "forecast/direct_regression.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "archive/archive.h"
#include "forecast/block_float.h"
#include "forecast/fetch_memory.h"

namespace promcast {
namespace {

constexpr int64_t kSomeSeen = 30;
constexpr float kFarthest = 8;     // deviations that a feature is from the usual at most
constexpr float kFirstNear = .7F;  // first weight of the last value, near and far ahead
constexpr float kFirstFar = .2F;
constexpr int kTurns = 2;        // the covariance takes every second value in
constexpr float kRidge = 4;      // prior precision of a weight, in regressors of one deviation
constexpr int kNearPart = 90;    // of a season: what is near
constexpr int kSomeLearnt = 50;  // before that a residual's deviation is not trusted
constexpr int kManyLearnt = 10'000;
constexpr float kSquareRate = .01F;
constexpr int kSettled = 99;  // from there on a square's rate is that one
constexpr float kLeastClip = 1e-3F;
constexpr int kKept = DirectRegressions::kThen + DirectRegressions::kNow - 1;  // features, but the constant
constexpr float kFree = std::numeric_limits<float>::quiet_NaN();               // a record that nothing waits in

template <class Vector>
float Dot(const Vector& a, const Vector& b) {
  Float4 sum{};
  for (size_t i = 0; i < Vector::kBlocks; i++) sum += a.block[i] * b.block[i];
  return Sum(sum);
}

// The residual drawn to a few of its running deviations, which it then enters.
inline float Clipped(float residual, float clip, int seen, float& square) {
  if (seen < kSomeLearnt) {
    square += (residual * residual - square) / static_cast<float>(seen + 1);
    return residual;
  }
  const float bound = clip * std::sqrt(square) + kLeastClip;
  const float rate = seen < kSettled ? 1.F / static_cast<float>(seen + 1) : kSquareRate;
  square += rate * (std::min(residual * residual, 4 * bound * bound) - square);
  return std::clamp(residual, -bound, bound);
}

// Distances in deviations; none where a value is unknown.
Float4 FeatureBlock(double scale, double a, double b, double c, double d) {
  const Float4 features{static_cast<float>(a * scale), static_cast<float>(b * scale), static_cast<float>(c * scale),
                        static_cast<float>(d * scale)};
  return Max(Min(Where(features == features, features), All4(kFarthest)), All4(-kFarthest));
}

}  // namespace

struct DirectRegressions::Record {
  std::array<BlockInt, kKept> features;
  float unit = 0;
  float usual = kFree;  // at the target
};

struct DirectRegressions::Horizon {
  std::array<float, kKept + 1> weights{};  // in the order of Features
  float square = 0, then_square = 0;       // running squares of the residuals
  int seen = 0;

  Features Weights() const {
    const float* from = weights.data();
    return {{Load4(from), Load4(from + 4), Load4(from + 8), Load4(from + 12), LoadFirst<3>(from + 16)}};
  }
};

DirectPlan DirectPlan::Make(std::vector<DirectOptions> options, std::vector<HorizonGrid> ladder, int first_season) {
  DirectPlan plan;
  plan.options = std::move(options);
  plan.ladder = std::move(ladder);
  plan.all_rungs = plan.ladder.size();
  for (const HorizonGrid& grid : plan.ladder) {
    plan.near_rungs += first_season == 0 || grid.steps < first_season;
    plan.first_record.push_back(plan.records);
    plan.records += plan.options.empty() ? 0 : grid.pending();
  }
  return plan;
}

DirectRegressions::DirectRegressions(const Past& past, const DirectPlan& plan)
    : past_(past), plan_(plan), records_(new Record[plan.records]) {
  horizons_.reset(new Horizon[horizons()]);
  Restart();
}

DirectRegressions::~DirectRegressions() = default;

DirectRegressions::Record* DirectRegressions::RecordsOf(size_t rung) const {
  return records_.get() + plan_.first_record[rung];
}

DirectRegressions::Horizon* DirectRegressions::HorizonsOf(size_t regression) const {
  Horizon* first = horizons_.get();
  for (size_t i = 0; i < regression; i++) first += rungs(i);
  return first;
}

size_t DirectRegressions::horizons() const {
  size_t sum = 0;
  for (size_t i = 0; i < plan_.options.size(); i++) sum += rungs(i);
  return sum;
}

void DirectRegressions::Restart() {
  seasonal_ = past_.seasonal();
  const int near = std::max(3, past_.first_season() / kNearPart);
  covariance_ = UdCovariance<kNow>(1 / kRidge);
  then_covariance_ = UdCovariance<kThen>(1 / kRidge);
  std::fill_n(records_.get(), plan_.records, Record{});
  for (size_t i = 0; i < plan_.options.size(); i++) {
    for (size_t rung = 0; rung < rungs(i); rung++) {
      Horizon& horizon = HorizonsOf(i)[rung] = {};
      horizon.weights[0] = plan_.ladder[rung].steps <= near ? kFirstNear : kFirstFar;
    }
  }
}

void DirectRegressions::Observe() {
  const Past& past = past_;
  const double usual = past.usual_now();
  const double scale = 1 / past.deviation();
  const float newest = now_[0];
  const float before = now_[1];
  Float4 block = FeatureBlock(scale, past.newest() - usual, 0, 0, past.level(0) - usual);
  block[1] = newest;
  block[2] = before;
  Store4(&now_[0], block);
  Store4(&now_[4], FeatureBlock(scale, past.level(1) - usual, past.level(2) - usual, past.level(3) - usual,
                                past.SeasonAgo() - usual));
  Store4(&now_[8], FeatureBlock(scale, past.sharp_usual_now() - usual, past.AroundSeasonAgo() - usual,
                                past.newest() - past.mean(), past.longer_seasons_now()));
}

DirectRegressions::Features DirectRegressions::FeaturesOf(const Ahead& ahead) const {
  const double scale = 1 / past_.deviation();
  Features features{{Load4(&now_[0]), Load4(&now_[4]), Load4(&now_[8]),
                     FeatureBlock(scale, ahead.last_cycle - ahead.usual, ahead.sharp_usual - ahead.usual,
                                  ahead.around_last_cycle - ahead.usual, ahead.usual - past_.mean()),
                     FeatureBlock(scale, ahead.usual - past_.usual_now(), ahead.longer_seasons, 0, 0)}};
  features.block[4][2] = 1;
  return features;
}

void DirectRegressions::Learn(size_t rung, const Record& record, double value) {
  constexpr Float4 kConstant{0, 0, 1, 0};
  Features features;
  std::array<float, 4 * Features::kBlocks> unpacked{};
  UnpackBlock(record.features.data(), record.features.size(), record.unit, unpacked.data());
  for (size_t i = 0; i < Features::kBlocks; i++) features.block[i] = Load4(&unpacked[4 * i]);
  const Now now{{features.block[0], features.block[1], features.block[2], Float4{1}}};
  const Then then{{features.block[3], features.block[4]}};
  features.block[4] += kConstant;
  const auto target = static_cast<float>((value - record.usual) / past_.deviation());
  const auto stride = static_cast<float>(plan_.ladder[rung].stride);
  const float longest = plan_.options.front().keep;
  const Now gain = covariance_.Gain(now);
  const float leverage = Dot(now, gain);
  const Float4 constant_gain = kConstant * gain.block[3][0];
  // All horizons take turns in this covariance, so that it counts that many times their values.
  const auto rungs_counted = static_cast<float>(plan_.all_rungs);
  const Then then_gain = then_covariance_.Update(then, std::max(.5F, 1 - stride * (1 - longest) / rungs_counted));
  const float then_leverage = Dot(then, then_gain);
  Horizon* horizons = horizons_.get();
  const size_t regressions = plan_.options.size();
  for (size_t i = 0; i < regressions; i++) {
    const size_t served = rungs(i);
    Horizon* const all = std::exchange(horizons, horizons + served);
    if (rung >= served) continue;
    const DirectOptions& options = plan_.options[i];
    Horizon& horizon = all[rung];
    const Features weights = horizon.Weights();
    const float shorter = i == 0 ? 1 : Memory(longest) / Memory(options.keep);
    // The covariance counts one value in kTurns; this record stands for `stride` of them.
    const float share = stride / kTurns * shorter;
    const float before = target - Dot(weights, features);
    const float rate = share / (1 + share * leverage) * Clipped(before, options.clip, horizon.seen, horizon.square);
    const float left = before - rate * leverage;
    const float then_share = shorter * rungs_counted;
    const float then_rate = then_share / (1 + (then_share - 1) * then_leverage) *
                            Clipped(left, options.clip, horizon.seen, horizon.then_square);
    float* to = horizon.weights.data();
    for (int b = 0; b < 3; b++) Store4(to + 4 * b, weights.block[b] + rate * gain.block[b]);
    Store4(to + 12, weights.block[3] + then_rate * then_gain.block[0]);
    StoreFirst<3>(to + 16, weights.block[4] + then_rate * then_gain.block[1] + rate * constant_gain);
    if (horizon.seen < kManyLearnt) horizon.seen++;
  }
}

// In cells, as far as there were so many.
float DirectRegressions::Memory(float keep) const {
  return std::min(static_cast<float>(past_.seen()), 1 / (1 - keep));
}

void DirectRegressions::Update(int64_t now, double value) {
  if (past_.seasonal() != seasonal_) Restart();
  const size_t rungs = plan_.all_rungs;
  for (size_t rung = 0; rung < rungs; rung++) {
    const HorizonGrid& grid = plan_.ladder[rung];
    const int64_t issued = grid.IssuedFor(now);
    if (issued < 0) continue;
    Record& record = RecordsOf(rung)[grid.SlotOf(issued)];
    if (!std::isnan(record.usual)) Learn(rung, record, value);
    record.usual = kFree;
  }
  Observe();
  ready_ = past_.seen() >= kSomeSeen;
  if (!ready_) return;
  // Counted in values: where every second cell is missing it still learns.
  static_assert(kTurns == 2);
  if (past_.seen() % kTurns != 0) return;
  const float keep = plan_.options.front().keep;
  covariance_.Update({{Load4(&now_[0]), Load4(&now_[4]), Load4(&now_[8]), Float4{1}}}, keep * keep);
}

void DirectRegressions::Keep(size_t rung, int64_t now, const Ahead& ahead, const Features& features) {
  if (!ready_) return;
  Record& record = RecordsOf(rung)[plan_.ladder[rung].SlotOf(now)];
  std::array<float, 4 * Features::kBlocks> values;
  for (size_t i = 0; i < Features::kBlocks; i++) Store4(&values[4 * i], features.block[i]);
  record.unit = PackBlock(values.data(), record.features.size(), record.features.data());
  record.usual = static_cast<float>(ahead.usual);
}

void DirectRegressions::Skip(int64_t now, int64_t cells) {
  for (size_t rung = 0; rung < plan_.all_rungs; rung++) {
    Record* records = RecordsOf(rung);
    plan_.ladder[rung].ForEachDue(now, cells, [&](int slot) { records[slot].usual = kFree; });
  }
}

void DirectRegressions::Forecast(const Ahead& ahead, const Features& features, std::span<double> out) const {
  std::fill(out.begin(), out.end(), std::numeric_limits<double>::quiet_NaN());
  if (!ready_) return;
  const auto between = RungsAround(plan_.ladder, ahead.steps);
  const Horizon* next = horizons_.get();
  for (size_t i = 0; i < out.size(); i++) {
    const size_t served = rungs(i);
    const Horizon* const horizons = std::exchange(next, next + served);
    if (between.upper >= served) continue;
    double distance = Dot(horizons[between.upper].Weights(), features);
    if (between.lower != between.upper) {
      distance = between.part * distance + (1 - between.part) * Dot(horizons[between.lower].Weights(), features);
    }
    out[i] = ahead.usual + past_.deviation() * distance;
  }
}

void DirectRegressions::FetchFeatures() const {
  FetchMemory(this, 1);  // past and plan
  const auto* const end = reinterpret_cast<const char*>(this + 1);
  FetchMemory(&horizons_, static_cast<size_t>(end - reinterpret_cast<const char*>(&horizons_)));
}

void DirectRegressions::FetchWeights() const {
  FetchMemory(horizons_.get(), horizons() * sizeof(Horizon));
}

void DirectRegressions::FetchDue(int64_t now) const {
  for (size_t rung = 0; rung < plan_.all_rungs; rung++) {
    const int64_t issued = plan_.ladder[rung].IssuedFor(now);
    if (issued >= 0) FetchMemory(RecordsOf(rung) + plan_.ladder[rung].SlotOf(issued), sizeof(Record));
  }
}

size_t DirectRegressions::ModelBytes() const {
  return horizons() * sizeof(Horizon);
}

size_t DirectRegressions::PendingBytes() const {
  return plan_.records * sizeof(Record);
}

template <class Archive>
void DirectRegressions::Persist(Archive& archive) {
  auto& [past, plan, covariance, then_covariance, learnt, records, now, seasonal, ready] = *this;
  static_assert(sizeof(Horizon) == (kNow + kThen + 2) * sizeof(float) + sizeof(int));
  static_assert(sizeof(Record) == kKept * sizeof(BlockInt) + 2 * sizeof(float));
  const std::span all(learnt.get(), horizons());
  archive(covariance, then_covariance);
  archive.Block(all);
  archive.Block(std::span(records.get(), static_cast<size_t>(plan.records)));
  archive(now, seasonal, ready);
  const bool counted =
      std::all_of(all.begin(), all.end(), [](const Horizon& one) { return one.seen >= 0 && one.seen <= kManyLearnt; });
  archive.Require(counted, "how much a regression has learnt");
}
template void DirectRegressions::Persist(ArchiveWriter&);
template void DirectRegressions::Persist(ArchiveReader&);

}  // namespace promcast
