#include "forecast/direct_regression.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>

namespace promcast {
namespace {

constexpr int64_t kSomeSeen = 30;
constexpr int kWidth = 6;          // cells to either side where a season ago is read smoothed
constexpr float kFarthest = 8;     // deviations that a feature is from the usual at most
constexpr float kFirstNear = .7F;  // first weight of the last value, near and far ahead
constexpr float kFirstFar = .2F;
constexpr int kNearPart = 90;    // of a season: what is near
constexpr int kSomeLearnt = 50;  // before that a residual's deviation is not trusted
constexpr int kManyLearnt = 10'000;
constexpr float kSquareRate = .01F;
constexpr float kLeastClip = 1e-3F;
constexpr float kFree = std::numeric_limits<float>::quiet_NaN();  // a record that nothing waits in

template <size_t N>
float Dot(const std::array<float, N>& a, const std::array<float, N>& b) {
  using Vector = Eigen::Map<const Eigen::Matrix<float, static_cast<int>(N), 1>>;
  return Vector(a.data()).dot(Vector(b.data()));
}

template <size_t N>
void AddScaled(std::array<float, N>& to, const std::array<float, N>& direction, float factor) {
  for (size_t i = 0; i < N; i++) to[i] += factor * direction[i];
}

// The residual drawn to a few of its running deviations, which it then enters.
float Clipped(float residual, float clip, int seen, float& square) {
  const float bound = seen < kSomeLearnt ? std::numeric_limits<float>::max() : clip * std::sqrt(square) + kLeastClip;
  const float squared = seen < kSomeLearnt ? residual * residual : std::min(residual * residual, 4 * bound * bound);
  square += std::max(kSquareRate, 1.F / static_cast<float>(seen + 1)) * (squared - square);
  return std::clamp(residual, -bound, bound);
}

// A distance in deviations; none where a value is unknown.
float Feature(double distance, double scale) {
  const auto feature = static_cast<float>(distance * scale);
  return std::isnan(feature) ? 0 : std::clamp(feature, -kFarthest, kFarthest);
}

}  // namespace

struct DirectRegressions::Record {
  std::array<Eigen::half, kNow> now;
  std::array<Eigen::half, kThen> then;
  float usual = kFree;  // at the target
};

struct DirectRegressions::Horizon {
  Now now{};
  Then then{};
  UdCovariance<kThen> then_covariance{1};
  float square = 0, then_square = 0;  // running squares of the residuals
  int seen = 0;
};

struct DirectRegressions::Regression {
  UdCovariance<kNow> covariance{1};
};

DirectPlan DirectPlan::Make(std::vector<DirectOptions> options, std::vector<HorizonGrid> ladder, int first_season) {
  DirectPlan plan{std::move(options), std::move(ladder), 0, 0};
  for (const HorizonGrid& grid : plan.ladder) {
    plan.near_rungs += first_season == 0 || grid.steps < first_season;
    plan.records += plan.options.empty() ? 0 : grid.pending();
  }
  return plan;
}

DirectRegressions::DirectRegressions(const Past& past, const DirectPlan& plan)
    : past_(past), plan_(plan), regressions_(new Regression[plan.options.size()]), records_(new Record[plan.records]) {
  size_t horizons = 0;
  for (size_t i = 0; i < plan.options.size(); i++) horizons += rungs(i);
  horizons_.reset(new Horizon[horizons]);
  Restart();
}

DirectRegressions::~DirectRegressions() = default;

size_t DirectRegressions::rungs(size_t regression) const {
  return plan_.options[regression].near_only ? plan_.near_rungs : plan_.ladder.size();
}

DirectRegressions::Horizon* DirectRegressions::HorizonsOf(size_t regression) const {
  Horizon* first = horizons_.get();
  for (size_t i = 0; i < regression; i++) first += rungs(i);
  return first;
}

void DirectRegressions::Restart() {
  const int near = std::max(3, past_.first_season() / kNearPart);
  for (size_t i = 0; i < plan_.options.size(); i++) {
    const float diagonal = 1 / plan_.options[i].ridge;
    regressions_[i].covariance = UdCovariance<kNow>(diagonal);
    for (size_t rung = 0; rung < rungs(i); rung++) {
      Horizon& horizon = HorizonsOf(i)[rung] = {};
      horizon.then_covariance = UdCovariance<kThen>(diagonal);
      horizon.now[0] = plan_.ladder[rung].steps <= near ? kFirstNear : kFirstFar;
    }
  }
  std::fill_n(records_.get(), plan_.records, Record{});
}

void DirectRegressions::Observe() {
  const double usual = past_.Usual(0);
  const double scale = 1 / past_.deviation();
  auto distance = [&](double value) { return Feature(value - usual, scale); };
  now_[2] = now_[1];
  now_[1] = now_[0];
  now_[0] = distance(past_.newest());
  for (int i = 0; i < 4; i++) now_[3 + i] = distance(past_.level(i));
  now_[7] = distance(past_.SeasonAgo());
  now_[8] = distance(past_.SharpUsual(0));
  now_[9] = distance(past_.AroundSeasonAgo(kWidth));
  now_[10] = Feature(past_.newest() - past_.mean(), scale);
  now_[11] = Feature(past_.LongerSeasons(0), scale);
  now_[12] = 1;
}

DirectRegressions::Then DirectRegressions::ThenFeatures(int64_t steps, double usual) const {
  const double scale = 1 / past_.deviation();
  return {Feature(past_.LastCycle(steps) - usual, scale),
          Feature(past_.SharpUsual(steps) - usual, scale),
          Feature(past_.AroundLastCycle(steps, kWidth) - usual, scale),
          Feature(usual - past_.mean(), scale),
          Feature(usual - past_.Usual(0), scale),
          Feature(past_.LongerSeasons(steps), scale)};
}

void DirectRegressions::Learn(size_t rung, const Record& record, double value) {
  Now now;
  Then then;
  for (int i = 0; i < kNow; i++) now[i] = static_cast<float>(record.now[i]);
  for (int i = 0; i < kThen; i++) then[i] = static_cast<float>(record.then[i]);
  const auto target = static_cast<float>((value - record.usual) / past_.deviation());
  const auto stride = static_cast<float>(plan_.ladder[rung].stride);
  for (size_t i = 0; i < plan_.options.size(); i++) {
    if (rung >= rungs(i)) continue;
    const DirectOptions& options = plan_.options[i];
    Horizon& horizon = HorizonsOf(i)[rung];
    // The covariance holds every cell's features; this record stands for `stride` of them.
    const Now gain = regressions_[i].covariance.Gain(now);
    const float before = target - Dot(horizon.now, now) - Dot(horizon.then, then);
    const float rate = stride / (1 + stride * Dot(now, gain));
    AddScaled(horizon.now, gain, rate * Clipped(before, options.clip, horizon.seen, horizon.square));
    const float left = target - Dot(horizon.now, now) - Dot(horizon.then, then);
    const Then then_gain = horizon.then_covariance.Update(then, std::max(.5F, 1 - stride * (1 - options.keep)));
    AddScaled(horizon.then, then_gain, Clipped(left, options.clip, horizon.seen, horizon.then_square));
    if (horizon.seen < kManyLearnt) horizon.seen++;
  }
}

void DirectRegressions::Update(int64_t now, double value) {
  if (past_.seasonal() && !seasonal_) {
    seasonal_ = true;
    Restart();
  }
  Record* records = records_.get();
  for (size_t rung = 0; rung < plan_.ladder.size(); rung++) {
    const HorizonGrid& grid = plan_.ladder[rung];
    if (const int64_t issued = grid.IssuedFor(now); issued >= 0) {
      Record& record = records[grid.SlotOf(issued)];
      if (!std::isnan(record.usual)) Learn(rung, record, value);
      record.usual = kFree;
    }
    records += grid.pending();
  }
  Observe();
  ready_ = past_.seen() >= kSomeSeen;
  if (!ready_) return;
  for (size_t i = 0; i < plan_.options.size(); i++) regressions_[i].covariance.Update(now_, plan_.options[i].keep);
  records = records_.get();
  for (const HorizonGrid& grid : plan_.ladder) {
    if (grid.Keeps(now)) {
      Record& record = records[grid.SlotOf(now)];
      const double usual = past_.Usual(grid.steps);
      const Then then = ThenFeatures(grid.steps, usual);
      for (int i = 0; i < kNow; i++) record.now[i] = Eigen::half(now_[i]);
      for (int i = 0; i < kThen; i++) record.then[i] = Eigen::half(then[i]);
      record.usual = static_cast<float>(usual);
    }
    records += grid.pending();
  }
}

void DirectRegressions::Skip(int64_t now, int64_t cells) {
  Record* records = records_.get();
  for (const HorizonGrid& grid : plan_.ladder) {
    grid.ForEachDue(now, cells, [&](int slot) { records[slot].usual = kFree; });
    records += grid.pending();
  }
}

float DirectRegressions::Distance(const Horizon& horizon, const Then& then) const {
  return Dot(horizon.now, now_) + Dot(horizon.then, then);
}

void DirectRegressions::Forecast(int64_t steps, std::span<double> out) const {
  std::fill(out.begin(), out.end(), std::numeric_limits<double>::quiet_NaN());
  if (!ready_) return;
  const auto between = RungsAround(plan_.ladder, steps);
  const double usual = past_.Usual(steps);
  const Then then = ThenFeatures(steps, usual);
  for (size_t i = 0; i < out.size(); i++) {
    if (between.upper >= rungs(i)) continue;
    const Horizon* horizons = HorizonsOf(i);
    double distance = Distance(horizons[between.upper], then);
    if (between.lower != between.upper) {
      distance = between.part * distance + (1 - between.part) * Distance(horizons[between.lower], then);
    }
    out[i] = usual + past_.deviation() * distance;
  }
}

size_t DirectRegressions::ModelBytes() const {
  size_t bytes = plan_.options.size() * sizeof(Regression);
  for (size_t i = 0; i < plan_.options.size(); i++) bytes += rungs(i) * sizeof(Horizon);
  return bytes;
}

size_t DirectRegressions::PendingBytes() const {
  return plan_.records * sizeof(Record);
}

}  // namespace promcast
