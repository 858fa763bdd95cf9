#include "forecast/past.h"

#include <algorithm>
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
constexpr double kLogDamping = -.0028882;  // log2 .998: of an offset, a step
constexpr double kNewestCycle = .15;       // its weight in the first season's shape
constexpr double kNewestLonger = .2;       // in a longer one's
constexpr int kSmoothedPart = 144;         // a shape is smoothed over this part of its season to either side
constexpr int kRecalledCycles = 3;         // of a season that was found
constexpr size_t kLevelNow = 1;            // which level tells how far off a shape the series is when it is found
constexpr int kLongerSmoothing = 1;        // phases, where each is the mean of several cells
constexpr int64_t kMostCells = int64_t{1} << 62;
}  // namespace

void Past::Level::Update(double newest, double rate, int shift_after) {
  const auto [innovation, shifted] = filter.Pass(seen > 0 ? newest - value : 0, shift_after);
  if (shifted) seen = 0;
  seen = static_cast<uint8_t>(std::min(seen + 1, kMostSeen));
  value = seen == 1 ? newest : value + std::max(rate, 1. / seen) * innovation;
}

Past::Past(std::span<const int> season_lengths, const SeasonMemory& memory) {
  if (season_lengths.empty()) return;
  MakeFirstSeason(season_lengths[0], memory);
  if (memory.longer_phases == 0) return;
  longer_.reserve(season_lengths.size() - 1);
  for (int length : season_lengths.subspan(1)) longer_.push_back(MakeLonger(length, memory));
}

void Past::MakeFirstSeason(int length, const SeasonMemory& memory) {
  if (memory.lag_phases > 0) lag_ = std::make_unique<LagRing>(length, memory.lag_phases);
  const int phases = std::min(length, memory.profile_phases);
  profile_.emplace(length, memory.profile_phases, kNewestCycle, phases / kSmoothedPart);
}

SeasonProfile Past::MakeLonger(int length, const SeasonMemory& memory) {
  return {length, memory.longer_phases, kNewestLonger, length > memory.longer_phases ? kLongerSmoothing : 0};
}

void Past::Adopt(std::span<const FoundSeason> seasons, const SeasonMemory& memory) {
  const bool same_first = profile_ && !seasons.empty() && seasons[0].length == first_season();
  if (!same_first) {
    lag_.reset();
    profile_.reset();
    longer_.clear();
  }
  if (!same_first && !seasons.empty()) {
    MakeFirstSeason(seasons[0].length, memory);
    if (seasons[0].means != nullptr) {
      seasons[0].means->ForEachCell(int64_t{kRecalledCycles} * seasons[0].length, [this](double value) {
        if (lag_) lag_->Update(value);
        profile_->Update(value);
      });
    }
  }
  std::vector<SeasonProfile> longer;
  if (memory.longer_phases > 0 && seasons.size() > 1) longer.reserve(seasons.size() - 1);
  for (size_t i = 1; i < seasons.size() && memory.longer_phases > 0; i++) {
    const int length = seasons[i].length;
    const ExpandingMeans* means = seasons[i].means;
    const auto known = std::find_if(longer_.begin(), longer_.end(),
                                    [&, wanted = length](const SeasonProfile& one) { return one.season_length() == wanted; });
    longer.push_back(known != longer_.end() ? std::move(*known) : MakeLonger(length, memory));
    if (known == longer_.end() && means != nullptr && profile_->known()) LearnLonger(longer.back(), *means);
  }
  longer_ = std::move(longer);
  LookAtNow();
  for (Level& offset : offsets_) offset = {};
  if (!seasonal()) return;
  const double distance = levels_[kLevelNow].value - usual_now_;
  offsets_[kFirstSeason].value = distance;
  offsets_[kAllSeasons].value = distance - longer_seasons_now_;
}

// What the first season's shape leaves of the past.
void Past::LearnLonger(SeasonProfile& longer, const ExpandingMeans& means) const {
  const int64_t cells = std::min(means.cells() + means.open_cells(), int64_t{kRecalledCycles} * longer.season_length());
  int64_t ago = cells;
  means.ForEachCell(cells, [&](double value) {
    ago--;
    const int64_t ahead = first_season() - ago % first_season();  // the same phase
    longer.Update(value - profile_->At(ahead).smooth);
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
  if (!longer_.empty()) UpdateLongerSeasons(value);
  if (lag_) lag_->Update(value);
  if (profile_) profile_->Update(value);
  LookAtNow();
  if (seasonal()) UpdateOffsets(value);
}

void Past::LookAtNow() {
  PhaseMemory::Reading season{kNaN, kNaN};
  if (profile_) season = profile_->At(0);
  usual_now_ = OrSlowestLevel(season.smooth);
  sharp_usual_now_ = OrSlowestLevel(season.sharp);
  longer_seasons_now_ = LongerSeasons(0);
}

void Past::UpdateMoments(double value) {
  double delta = value - mean_;
  if (seen_ > kSomeSeen && variance_ > 0) {
    const double bound = kFarthest * deviation_;
    delta = std::clamp(delta, -bound, bound);
  }
  const double rate = 1. / static_cast<double>(std::min(seen_, kMany));
  mean_ += rate * delta;
  variance_ += rate * ((1 - rate) * delta * delta - variance_);
  deviation_ = std::sqrt(variance_) + kTiny;
}

void Past::UpdateLongerSeasons(double value) {
  double left = seasonal() ? value - profile_->At(1).smooth : kNaN;  // of the cell that the shape has not seen yet
  for (SeasonProfile& longer : longer_) {
    longer.Update(left);
    if (const double known = longer.At(0).smooth; !std::isnan(known)) left -= known;
  }
}

void Past::UpdateOffsets(double value) {
  double distance = value - usual_now_;
  for (Level& offset : offsets_) {
    const auto [innovation, shifted] = offset.filter.Pass(distance - offset.value, kOffsetShiftAfter);
    offset.value += shifted ? innovation : kOffsetRate * innovation;
    if (longer_.empty()) return;
    distance -= longer_seasons_now_;
  }
}

void Past::Skip(int64_t cells) {
  if (!profile_) return;
  if (lag_) lag_->Skip(cells);
  profile_->Skip(cells);
  for (SeasonProfile& longer : longer_) longer.Skip(cells);
  LookAtNow();
}

double Past::OrSlowestLevel(double value) const {
  return std::isnan(value) ? levels_.back().value : value;
}

Ahead Past::LookAhead(int64_t steps) const {
  Ahead ahead{steps, kNaN, 0, 0, 0, kNaN, kNaN, std::exp2(kLogDamping * static_cast<double>(steps))};
  PhaseMemory::Reading season{kNaN, kNaN};
  if (seasonal()) season = profile_->At(steps);
  ahead.season = season.smooth;
  ahead.usual = OrSlowestLevel(season.smooth);
  ahead.sharp_usual = OrSlowestLevel(season.sharp);
  ahead.longer_seasons = LongerSeasons(steps);
  if (lag_) {
    const int ago = lag_->AgoOfPhaseAhead(steps);
    ahead.last_cycle = lag_->Ago(ago);
    ahead.around_last_cycle = lag_->AroundAgo(ago, kWidth);
  }
  return ahead;
}

double Past::LongerSeasons(int64_t steps) const {
  double sum = 0;
  for (const SeasonProfile& longer : longer_) {
    const double distance = longer.At(steps).smooth;
    if (!std::isnan(distance)) sum += distance;
  }
  return sum;
}

double Past::SeasonAgo() const {
  return lag_ ? lag_->Ago(lag_->length()) : kNaN;
}

double Past::AroundSeasonAgo() const {
  return lag_ ? lag_->AroundAgo(lag_->length(), kWidth) : kNaN;
}

void Past::Fetch() const {
  if (lag_) FetchMemory(lag_.get(), sizeof(LagRing));
  if (profile_) profile_->Fetch();
  for (const SeasonProfile& longer : longer_) longer.Fetch();
}

size_t Past::HeapBytes() const {
  size_t bytes = longer_.capacity() * sizeof(SeasonProfile);
  if (lag_) bytes += sizeof(LagRing) + lag_->HeapBytes();
  if (profile_) bytes += profile_->HeapBytes();
  for (const SeasonProfile& longer : longer_) bytes += longer.HeapBytes();
  return bytes;
}

template <class Archive>
void Past::Persist(Archive& archive) {
  auto& [seen, usual_now, sharp_usual_now, longer_seasons_now, newest, levels, offsets, mean, variance, deviation, low,
         high, lag, profile, longer] = *this;
  archive(seen, usual_now, sharp_usual_now, longer_seasons_now, newest);
  for (Level& one : levels) archive(one);
  for (Level& one : offsets) archive(one);
  archive(mean, variance, deviation, low, high);
  archive.Require(seen >= 0 && seen < kMostCells, "how many values were seen");
  archive.Require(deviation >= 0 && low <= high && std::isfinite(low) && std::isfinite(high),
                  "the range of the values");
  if (lag) archive(*lag);
  if (profile) archive(*profile);
  for (SeasonProfile& one : longer) archive(one);
}
template void Past::Persist(ArchiveWriter&);
template void Past::Persist(ArchiveReader&);

}  // namespace promcast
