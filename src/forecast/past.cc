#include "forecast/past.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "archive/archive.h"
#include "forecast/fetch_memory.h"

namespace promcast {
namespace {
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kFarthest = 8;  // deviations from the mean that a value counts as at most
constexpr int64_t kSomeSeen = 30;
constexpr int64_t kMany = 1 << 20;
constexpr int kMostSeen = 255;  // no level is slower than a plain mean of so many
constexpr double kTiny = 1e-9;
constexpr double kOffsetRate = .1;
constexpr int kOffsetShiftAfter = 12;
constexpr double kDamping = .998;                // of an offset, a step
constexpr double kLogDamping = -.0028882793248;  // its logarithm to base two
constexpr double kNewestCycle = .15;             // its weight in the first season's shape
constexpr double kNewestLonger = .2;             // in a longer one's
constexpr int kSmoothedPart = 144;               // a shape is smoothed over this part of its season to either side
constexpr int kRecalledCycles = 3;               // of a season that was found
constexpr size_t kLevelNow = 1;                  // which level tells how far off a shape the series is when it is found
constexpr int kLongerSmoothing = 1;              // phases, where each is the mean of several cells
constexpr int64_t kMostCells = int64_t{1} << 62;

template <size_t count>
constexpr std::array<double, count> Powers(double base) {
  std::array<double, count> powers{1};
  for (size_t i = 1; i < count; i++) powers[i] = base * powers[i - 1];
  return powers;
}

// What of an offset is expected to be left.
double OffsetLeft(int64_t steps) {
  static constexpr auto kSoon = Powers<64>(kDamping);
  if (static_cast<uint64_t>(steps) < kSoon.size()) return kSoon[static_cast<size_t>(steps)];
  return std::exp2(kLogDamping * static_cast<double>(steps));
}

}  // namespace

void Past::Level::Update(double newest, double rate, int shift_after) {
  const auto [innovation, shifted] = filter.Pass(seen > 0 ? newest - value : 0, shift_after);
  if (shifted) seen = 0;
  seen = static_cast<uint8_t>(std::min(seen + 1, kMostSeen));
  value = seen == 1 ? newest : value + (rate * seen > 2 ? rate : std::max(rate, 1. / seen)) * innovation;
}

void Past::Level::Follow(double distance) {
  const auto [innovation, shifted] = filter.Pass(distance - value, kOffsetShiftAfter);
  value += shifted ? innovation : kOffsetRate * innovation;
}

Past::Past(std::span<const int> season_lengths, const SeasonMemory& memory) {
  if (season_lengths.empty()) return;
  MakeFirstSeason(season_lengths[0], memory);
  if (memory.longer_phases == 0) return;
  cycles_->longer.reserve(season_lengths.size() - 1);
  for (int length : season_lengths.subspan(1)) cycles_->longer.push_back(MakeLonger(length, memory));
}

void Past::MakeFirstSeason(int length, const SeasonMemory& memory) {
  if (memory.lag_phases > 0 || memory.longer_phases > 0) cycles_ = std::make_unique<Cycles>();
  if (memory.lag_phases > 0) cycles_->lag.emplace(length, memory.lag_phases);
  const int phases = std::min(length, memory.profile_phases);
  profile_ = {length, memory.profile_phases, kNewestCycle, phases / kSmoothedPart, memory.grain};
}

SeasonProfile Past::MakeLonger(int length, const SeasonMemory& memory) {
  const int smoothing = length > memory.longer_phases ? kLongerSmoothing : 0;
  return {length, memory.longer_phases, kNewestLonger, smoothing, memory.grain};
}

void Past::Adopt(std::span<const FoundSeason> seasons, const SeasonMemory& memory) {
  const bool same_first = profile_ && !seasons.empty() && seasons[0].length == first_season();
  if (!same_first) {
    cycles_.reset();
    profile_ = {};
  }
  if (!same_first && !seasons.empty()) {
    MakeFirstSeason(seasons[0].length, memory);
    if (seasons[0].means != nullptr) {
      seasons[0].means->ForEachCell(int64_t{kRecalledCycles} * seasons[0].length, [this](double value) {
        if (LagRing* ring = lag()) ring->Update(value);
        profile_.Update(value);
      });
    }
  }
  if (memory.longer_phases > 0 && !seasons.empty()) AdoptLonger(seasons.subspan(1), memory);
  LookAtNow();
  offset_ = {};
  if (cycles_) cycles_->offset = {};
  if (!seasonal()) return;
  offset_.value = levels_[kLevelNow].value - usual_now_;
  if (cycles_) cycles_->offset.value = offset_.value - cycles_->longer_now;
}

void Past::AdoptLonger(std::span<const FoundSeason> seasons, const SeasonMemory& memory) {
  std::vector<SeasonProfile> longer;
  longer.reserve(seasons.size());
  for (const auto& [length, means] : seasons) {
    std::vector<SeasonProfile>& before = cycles_->longer;
    const auto known = std::find_if(before.begin(), before.end(), [wanted = length](const SeasonProfile& one) {
      return one && one.season_length() == wanted;
    });
    longer.push_back(known != before.end() ? std::move(*known) : MakeLonger(length, memory));
    if (known == before.end() && means != nullptr && profile_.known()) LearnLonger(longer.back(), *means);
  }
  cycles_->longer = std::move(longer);
}

// What the first season's shape leaves of the past.
void Past::LearnLonger(SeasonProfile& longer, const ExpandingMeans& means) const {
  const int64_t cells = std::min(means.cells() + means.open_cells(), int64_t{kRecalledCycles} * longer.season_length());
  int64_t ago = cells;
  means.ForEachCell(cells, [&](double value) {
    ago--;
    const int64_t ahead = first_season() - ago % first_season();  // the same phase
    longer.Update(value - profile_.At(ahead).smooth);
  });
}

void Past::Update(double value) {
  if (seen_ == 0) {
    low_ = high_ = mean_ = value;
  }
  seen_++;
  newest_ = value;
  low_ = std::min(low_, value);
  high_ = std::max(high_, value);
  for (size_t i = 0; i < levels_.size(); i++) levels_[i].Update(value, kLevelRates[i], kShiftAfter[i]);
  UpdateMoments(value);
  if (has_longer_seasons()) UpdateLongerSeasons(value);
  if (LagRing* ring = lag()) ring->Update(value);
  if (profile_) profile_.Update(value);
  LookAtNow();
  if (seasonal()) UpdateOffsets(value);
}

void Past::LookAtNow() {
  PhaseReading season{kNaN, kNaN};
  if (profile_) season = profile_.At(0);
  usual_now_ = OrSlowestLevel(season.smooth);
  if (!cycles_) return;
  cycles_->sharp_usual_now = OrSlowestLevel(season.sharp);
  cycles_->longer_now = LongerSeasons(0);
}

double Past::sharp_usual_now() const {
  if (cycles_) return cycles_->sharp_usual_now;
  return OrSlowestLevel(profile_ ? profile_.At(0).sharp : kNaN);
}

void Past::UpdateMoments(double value) {
  double delta = value - mean_;
  const double root = std::max(deviation_ - kTiny, 0.);
  if (seen_ > kSomeSeen && root > 0) {
    const double bound = kFarthest * deviation_;
    delta = std::clamp(delta, -bound, bound);
  }
  const double rate = 1. / static_cast<double>(std::min(seen_, kMany));
  mean_ += rate * delta;
  deviation_ = std::sqrt((1 - rate) * (root * root + rate * delta * delta)) + kTiny;
}

void Past::UpdateLongerSeasons(double value) {
  double left = seasonal() ? value - profile_.At(1).smooth : kNaN;  // of the cell that the shape has not seen yet
  for (SeasonProfile& longer : cycles_->longer) {
    longer.Update(left);
    if (const double known = longer.At(0).smooth; !std::isnan(known)) left -= known;
  }
}

void Past::UpdateOffsets(double value) {
  const double distance = value - usual_now_;
  offset_.Follow(distance);
  if (has_longer_seasons()) cycles_->offset.Follow(distance - cycles_->longer_now);
}

void Past::Skip(int64_t cells) {
  if (!profile_) return;
  if (LagRing* ring = lag()) ring->Skip(cells);
  profile_.Skip(cells);
  if (has_longer_seasons()) {
    for (SeasonProfile& longer : cycles_->longer) longer.Skip(cells);
  }
  LookAtNow();
}

double Past::OrSlowestLevel(double value) const {
  return std::isnan(value) ? levels_.back().value : value;
}

Ahead Past::LookAhead(int64_t steps) const {
  Ahead ahead{steps, kNaN, 0, 0, 0, kNaN, kNaN, OffsetLeft(steps)};
  PhaseReading season{kNaN, kNaN};
  if (seasonal()) season = profile_.At(steps);
  ahead.season = season.smooth;
  ahead.usual = OrSlowestLevel(season.smooth);
  ahead.sharp_usual = OrSlowestLevel(season.sharp);
  ahead.longer_seasons = LongerSeasons(steps);
  if (const LagRing* ring = lag()) {
    const int ago = ring->AgoOfPhaseAhead(steps);
    ahead.last_cycle = ring->Ago(ago);
    ahead.around_last_cycle = ring->AroundAgo(ago, kWidth);
  }
  return ahead;
}

double Past::LongerSeasons(int64_t steps) const {
  if (!cycles_) return 0;
  double sum = 0;
  for (const SeasonProfile& longer : cycles_->longer) {
    const double distance = longer.At(steps).smooth;
    if (!std::isnan(distance)) sum += distance;
  }
  return sum;
}

double Past::SeasonAgo() const {
  return lag() ? lag()->Ago(lag()->length()) : kNaN;
}

double Past::AroundSeasonAgo() const {
  return lag() ? lag()->AroundAgo(lag()->length(), kWidth) : kNaN;
}

void Past::Fetch() const {
  if (!profile_) return;
  profile_.FetchHead();
  FetchMemory(cycles_.get(), cycles_ ? sizeof(Cycles) : 0);
}

void Past::FetchPhases() const {
  if (!profile_) return;
  profile_.FetchPhases();
  if (!cycles_) return;
  if (const LagRing* ring = lag()) ring->Fetch();
  for (const SeasonProfile& longer : cycles_->longer) longer.FetchHead();
}

void Past::FetchAhead(int64_t steps) const {
  if (!profile_) return;
  profile_.FetchAhead(steps);
  if (!cycles_) return;
  if (const LagRing* ring = lag()) ring->FetchAround(ring->AgoOfPhaseAhead(steps), kWidth);
  for (const SeasonProfile& longer : cycles_->longer) longer.FetchHead();
}

size_t Past::HeapBytes() const {
  size_t bytes = profile_.HeapBytes();
  if (!cycles_) return bytes;
  bytes += sizeof(Cycles) + cycles_->longer.capacity() * sizeof(SeasonProfile);
  if (lag()) bytes += lag()->HeapBytes();
  for (const SeasonProfile& longer : cycles_->longer) bytes += longer.HeapBytes();
  return bytes;
}

template <class Archive>
void Past::Persist(Archive& archive) {
  auto& [seen, newest, usual_now, levels, offset, mean, deviation, low, high, profile, cycles] = *this;
  archive(seen, newest, usual_now);
  for (Level& one : levels) archive(one);
  archive(offset, mean, deviation, low, high);
  archive.Require(seen >= 0 && seen < kMostCells, "how many values were seen");
  archive.Require(deviation >= 0 && low <= high && std::isfinite(low) && std::isfinite(high),
                  "the range of the values");
  if (profile) archive(profile);
  if (!cycles) return;
  archive(cycles->sharp_usual_now, cycles->longer_now, cycles->offset);
  if (cycles->lag) archive(*cycles->lag);
  for (SeasonProfile& one : cycles->longer) archive(one);
}
template void Past::Persist(ArchiveWriter&);
template void Past::Persist(ArchiveReader&);

}  // namespace promcast
