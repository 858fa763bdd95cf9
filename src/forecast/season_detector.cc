#include "forecast/season_detector.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "archive/archive.h"

namespace promcast {
namespace {

constexpr int64_t kHourMs = 3'600'000, kDayMs = 86'400'000;
constexpr int kMeansADay = 60;  // in the slow window at first
constexpr int kWeeks = 3;       // that the slow window holds at last
constexpr int kMeans = ExpandingMeans::kMeans;
constexpr double kSignificant = 5;
constexpr double kSignificantCalendar = 2.5;  // of an hour, a day, a week
constexpr double kLeastCorrelation = .4;      // of these
constexpr double kFewestCycles = 2;           // of these
constexpr double kReviewedCycles = 2.5;
constexpr double kStillSeen = .15;  // correlation
constexpr int kMostMisses = 4;
constexpr double kPrecise = .002, kOff = .006;  // of a season: from there on its length is corrected
constexpr double kSame = .1;                    // of a season: so near to a multiple of it nothing is one of its own
constexpr int kMultiples = 12;
constexpr double kLeastShare = .02;  // of the variance of the clearest season
constexpr int kDivisors = 6;
constexpr double kWholeEnough = .004;  // a profile over a season that is off by so much does not smear
constexpr int kMostCycles = 8;         // that make a season of a whole number of cells
constexpr float kBetterShape = 2;
constexpr int kLongest = 1 << 25;  // a season, in cells

bool IsMultiple(double cells, double of, int most) {
  const double ratio = std::round(cells / of);
  return ratio >= 1 && ratio <= most && std::abs(cells - ratio * of) <= kSame * of;
}

// How many cycles make a whole number of cells.
int CyclesOf(double cells, double precision) {
  if (std::abs(cells - std::round(cells)) <= std::max(precision, kWholeEnough * cells)) return 1;
  int best = 1;
  double least = 1;
  for (int cycles = 1; cycles <= kMostCycles; cycles++) {
    const double length = cycles * cells;
    const double off = std::abs(length - std::round(length)) / length;
    if (off < least) {
      least = off;
      best = cycles;
    }
    if (off <= kWholeEnough) break;
  }
  return best;
}

}  // namespace

SeasonSearchPlan SeasonSearchPlan::Make(int64_t step_ms) {
  SeasonSearchPlan plan;
  const auto cells = [step_ms](int64_t length_ms) {
    const int64_t whole = length_ms % step_ms == 0 ? length_ms / step_ms : 0;
    return whole >= PeriodSearch::kShortest ? static_cast<int>(std::min<int64_t>(whole, 1 << 24)) : 0;
  };
  plan.hour = cells(kHourMs);
  plan.day = cells(kDayMs);
  plan.week = cells(7 * kDayMs);
  const int64_t day = std::clamp<int64_t>(kDayMs / step_ms, 1, 1 << 24);
  plan.slow_least = static_cast<int>(std::max<int64_t>(1, day / kMeansADay));
  plan.slow_most = plan.slow_least;
  while (int64_t{plan.slow_most} * kMeans < kWeeks * 7 * day) plan.slow_most *= 2;
  if (plan.slow_least > 1) plan.fast_most = 1;
  while (2 * plan.fast_most * 2 <= plan.slow_least && plan.fast_most > 0) plan.fast_most *= 2;
  return plan;
}

SeasonDetector::SeasonDetector(const SeasonSearchPlan& plan) : plan_(plan), fast_(1), slow_(plan.slow_least) {}

void SeasonDetector::Spread(uint64_t seed) {
  const uint64_t mixed = (seed ^ seed >> 29) * 0x9e3779b97f4a7c15;
  fast_.Restart(1, static_cast<int>(mixed >> 58));
  slow_.Restart(plan_.slow_least, static_cast<int>((mixed >> 32 & 0xffff) % plan_.slow_least));
}

bool SeasonDetector::Update(double value) {
  const bool fast = plan_.fast_most > 0 && fast_.Update(value) && LookAt(fast_, false);
  const bool slow = slow_.Update(value) && LookAt(slow_, true);
  return fast || slow;
}

bool SeasonDetector::Skip(int64_t cells) {
  const bool fast = plan_.fast_most > 0 && fast_.Skip(cells) && LookAt(fast_, false);
  const bool slow = slow_.Skip(cells) && LookAt(slow_, true);
  return fast || slow;
}

int SeasonDetector::LongestRest() const {
  return 7 * kMeansADay * plan_.slow_least;
}

bool SeasonDetector::LookAt(ExpandingMeans& window, bool slow) {
  const bool full = window.means() == kMeans;
  if (!full && !(slow && window.means() == kMeans * 3 / 4)) return false;
  const bool changed = Search(window);
  changed_ = changed_ || changed;
  if (!full || window.scale() < (slow ? plan_.slow_most : plan_.fast_most)) return changed;
  if (slow) {
    window.Restart(plan_.slow_least, 0);
  } else {
    const int round = plan_.fast_most * kMeans;
    rest_ = changed_ ? 0 : std::min(std::max(2 * rest_, round), LongestRest());
    changed_ = false;
    window.Restart(1, rest_);
  }
  return changed;
}

bool SeasonDetector::Search(const ExpandingMeans& window) {
  std::array<float, kMeans> means;
  const int count = window.means();
  for (int i = 0; i < count; i++) means[i] = window.Mean(i);
  PeriodSearch search({means.data(), static_cast<size_t>(count)});
  const double scale = window.scale();
  bool changed = Review(search, scale, count);
  if (!search.usable()) return changed;
  for (size_t i = 0; i < count_; i++) {
    const double period = found_[i].cells / scale;
    if (2 * period <= count) search.Remove(period);
  }
  double most = 0;
  for (size_t i = 0; i < count_; i++) most = std::max<double>(most, found_[i].variance);
  for (size_t looks = 0; looks < kMostSeasons && count_ < kMostSeasons; looks++) {
    auto repetition = search.Find(kSignificant);
    if (!repetition || Known(repetition->period * scale)) repetition = Likely(search, scale, count);
    if (!repetition || repetition->variance < kLeastShare * most) break;
    most = std::max<double>(most, repetition->variance);
    changed = Take(*repetition, scale) || changed;
    search.Remove(repetition->period);
  }
  return changed;
}

// Counts in how many windows in a row each season was missing, gives up those that have vanished, and corrects lengths
// that this window shows better than those before.
bool SeasonDetector::Review(const PeriodSearch& search, double cells_a_mean, int means) {
  std::array<Season, kMostSeasons> before = found_;
  const size_t known = std::exchange(count_, 0);
  bool changed = false;
  for (size_t i = 0; i < known; i++) {
    Season season = before[i];
    Look(search, cells_a_mean, means, season);
    const bool kept = season.misses < kMostMisses && !Known(season.cells);
    changed = changed || !kept || season.cells != before[i].cells;
    if (kept) found_[count_++] = season;
  }
  return changed;
}

void SeasonDetector::Look(const PeriodSearch& search, double cells_a_mean, int means, Season& season) const {
  double period = static_cast<double>(season.cells) / season.cycles / cells_a_mean;
  const bool correctable = period >= PeriodSearch::kShortest;
  if (!correctable) period = season.cells / cells_a_mean;
  if (period < PeriodSearch::kShortest || kReviewedCycles * period > means) return;
  Repetition seen = search.usable() ? search.Near(period) : Repetition{};
  season.misses = seen.correlation < kStillSeen ? static_cast<uint8_t>(season.misses + 1) : 0;
  if (season.misses > 0 || !correctable) return;
  if (season.cells != plan_.day && season.cells != plan_.week) seen = search.Fundamental(seen);
  const double cells = period * cells_a_mean;
  const double off = std::abs(seen.period * cells_a_mean - cells);
  if (seen.precision * cells_a_mean > kPrecise * cells || off <= kOff * cells) return;
  const float variance = season.variance;
  season = SeasonOf(seen, cells_a_mean);
  season.variance = variance;
}

// The clearest of hour, day and week that is not known yet.
std::optional<Repetition> SeasonDetector::Likely(const PeriodSearch& search, double cells_a_mean, int means) const {
  for (const int cells : {plan_.hour, plan_.day, plan_.week}) {
    const double period = cells / cells_a_mean;
    if (period < PeriodSearch::kShortest || kFewestCycles * period > means || Known(cells)) continue;
    Repetition repetition = search.At(period);
    if (repetition.correlation < kLeastCorrelation || repetition.significance < kSignificantCalendar) continue;
    if (search.At(.9 * period).correlation > repetition.correlation) continue;  // the slope of another peak
    if (2.2 * period <= means && search.At(1.1 * period).correlation > repetition.correlation) continue;
    if (search.Fundamental(repetition).period < period) continue;  // which is not clear enough yet
    repetition.precision = 0;
    return repetition;
  }
  return std::nullopt;
}

bool SeasonDetector::Known(double cells) const {
  const auto* end = found_.data() + count_;
  return std::any_of(found_.data(), end, [&](const Season& season) {
    if (IsMultiple(cells, season.cells, 1) || IsMultiple(season.cells, cells, kDivisors)) return true;
    const bool likely = cells == plan_.day || cells == plan_.week;
    return !likely && IsMultiple(cells, static_cast<double>(season.cells) / season.cycles, kMultiples);
  });
}

SeasonDetector::Season SeasonDetector::SeasonOf(const Repetition& repetition, double cells_a_mean) const {
  const double cells = repetition.period * cells_a_mean;
  const double precision = repetition.precision * cells_a_mean;
  const auto variance = static_cast<float>(repetition.variance);
  for (const int likely : {plan_.hour, plan_.day, plan_.week}) {
    if (likely > 0 && std::abs(cells - likely) <= 2 * precision + kWholeEnough * likely) {
      return {likely, variance, 1, 0};
    }
  }
  const int cycles = CyclesOf(cells, precision);
  return {static_cast<int>(std::lround(cycles * cells)), variance, static_cast<uint8_t>(cycles), 0};
}

bool SeasonDetector::Take(const Repetition& repetition, double cells_a_mean) {
  const Season season = SeasonOf(repetition, cells_a_mean);
  const int cells = season.cells;
  if (Known(cells)) return false;
  Season* first = found_.data();
  count_ = static_cast<uint8_t>(
      std::remove_if(first, first + count_,
                     [&](const Season& shorter) { return IsMultiple(cells, shorter.cells, kDivisors); }) -
      first);
  found_[count_++] = season;
  const bool day_leads = found_[0].cells == plan_.day;
  if (cells == plan_.day || (!day_leads && season.variance > kBetterShape * found_[0].variance)) {
    std::rotate(first, first + count_ - 1, first + count_);
  }
  return true;
}

const ExpandingMeans* SeasonDetector::MemoryOf(int season) const {
  for (const ExpandingMeans* window : {&fast_, &slow_}) {
    if (window->cells() >= season && season >= PeriodSearch::kShortest * window->scale()) return window;
  }
  return nullptr;
}

template <class Archive>
void SeasonDetector::Persist(Archive& archive) {
  auto& [plan, fast, slow, found, rest, count, changed] = *this;
  archive(fast, slow, rest, count, changed);
  archive.Require(rest >= 0 && rest <= LongestRest(), "the rest between two searches");
  archive.Require(count <= kMostSeasons, "how many seasons were found");
  for (size_t i = 0; i < count && archive.ok(); i++) {
    auto& [cells, variance, cycles, misses] = found[i];
    archive(cells, variance, cycles, misses);
    archive.Require(cells >= 2 && cells <= kLongest && cycles >= 1 && cycles <= kMostCycles, "the length of a season");
  }
}
template void SeasonDetector::Persist(ArchiveWriter&);
template void SeasonDetector::Persist(ArchiveReader&);

}  // namespace promcast
