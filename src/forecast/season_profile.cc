#include "forecast/season_profile.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "archive/archive.h"

namespace promcast {
namespace {
constexpr double kFarthest = 8;  // usual distances
constexpr double kDistanceRate = .01;
constexpr int kSomeLearnt = 32;  // before that the usual distance is not trusted
constexpr int kManySeasons = 1 << 20;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
}  // namespace

SeasonProfile::SeasonProfile(int season_length, int max_phases, double newest_weight, int smoothing)
    : clock_(season_length, max_phases),
      cells_(clock_.phases()),
      newest_weight_(static_cast<float>(newest_weight)),
      smoothing_(smoothing) {
  waiting_.fill(kNaN);
}

void SeasonProfile::Update(double value) {
  int step = clock_.step() + 1;
  if (step == clock_.length()) step = 0;
  clock_.Set(step);
  if (!std::isnan(value)) open_.Add(value);
  if (clock_.IsLastOfPhase(step)) ClosePhase();
}

void SeasonProfile::Skip(int64_t cells) {
  // Once every waiting phase has been learnt, only the clock moves.
  const int64_t phase_steps = clock_.length() / clock_.phases() + 1;
  const int64_t steps = std::min(cells, phase_steps * (kDelay + 1));
  for (int64_t i = 0; i < steps; i++) Update(kNaN);
  const int64_t left = cells - steps;
  if (left == 0) return;
  const int64_t passed = clock_.step() + 1 + left;  // of the season under way
  const int64_t ended = passed / clock_.length() - (clock_.step() + 1) / clock_.length();
  if (ended > 0) cells_.Fit();
  seasons_ = static_cast<int>(std::min<int64_t>(seasons_ + ended, kManySeasons));
  clock_.Set(static_cast<int>((passed - 1) % clock_.length()));
}

void SeasonProfile::ClosePhase() {
  const int phases = clock_.phases();
  const int closed = clock_.PhaseOf(clock_.step());
  if (!std::isnan(waiting_[0])) {
    const int phase = (closed - kDelay + phases * kDelay) % phases;
    Learn(phase, waiting_[0], phase > closed ? seasons_ - 1 : seasons_);
  }
  std::copy(waiting_.begin() + 1, waiting_.end(), waiting_.begin());
  waiting_.back() = open_.count > 0 ? open_.Mean() : kNaN;
  open_.Clear();
  if (closed + 1 == phases) {
    cells_.Fit();
    seasons_ = std::min(seasons_ + 1, kManySeasons);
  }
}

void SeasonProfile::Learn(int phase, double value, int season) {
  const double known = cells_.Get(phase);
  if (std::isnan(known)) return cells_.Set(phase, value);
  double error = value - known;
  if (learnt_ >= kSomeLearnt && distance_ > 0) error = std::clamp(error, -kFarthest * distance_, kFarthest * distance_);
  learnt_ = std::min(learnt_ + 1, kManySeasons);
  distance_ += static_cast<float>(std::max(kDistanceRate, 1. / learnt_) * (std::abs(error) - distance_));
  cells_.Set(phase, known + std::max<double>(newest_weight_, 1. / (season + 1)) * error);
}

PhaseMemory::Reading SeasonProfile::At(int64_t steps) const {
  if (seasons_ == 0) return {kNaN, kNaN};
  const double position = clock_.Position(steps);
  const double below = std::floor(position);
  return cells_.Around(static_cast<int>(below), position - below, smoothing_);
}

template <class Archive>
void SeasonProfile::Persist(Archive& archive) {
  auto& [clock, cells, open, waiting, newest_weight, smoothing, distance, learnt, seasons] = *this;
  auto& [open_sum, open_count] = open;
  int step = clock.step();
  archive(step, cells, open_sum, open_count, waiting, distance, learnt, seasons);
  archive.Require(step >= -1 && step < clock.length(), "a place in a season");
  archive.Require(open_count >= 0 && open_count <= clock.length(), "a phase of a season");
  archive.Require(learnt >= 0 && learnt <= kManySeasons && seasons >= 0 && seasons <= kManySeasons,
                  "how many seasons were seen");
  if (Archive::kReads && archive.ok()) clock.Set(step);
}
template void SeasonProfile::Persist(ArchiveWriter&);
template void SeasonProfile::Persist(ArchiveReader&);

}  // namespace promcast
