#include "forecast/season_profile.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <new>

#include "archive/archive.h"
#include "forecast/season_clock.h"

namespace promcast {
namespace {
constexpr double kFarthest = 8;  // usual distances
constexpr double kDistanceRate = .01;
constexpr int kSomeLearnt = 32;  // before that the usual distance is not trusted
constexpr int kMany = 255;       // from there on rates stay what they are
constexpr int kRound = 113;      // a prime, so that a phase meets all numbers that values take in turn
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
}  // namespace

struct SeasonProfile::Head {
  Head(SeasonClock at_start, double weight, int width, PhaseGrain of_cells)
      : clock(at_start),
        newest_weight(static_cast<float>(weight)),
        smoothing(static_cast<uint8_t>(width)),
        grain(of_cells) {
    waiting.fill(std::numeric_limits<float>::quiet_NaN());
  }

  PhaseUnit unit;
  double open_sum = 0;  // of the phase that is under way
  [[no_unique_address]] SeasonClock clock;
  uint16_t unknown = 0;               // phases; in the clock's last bytes
  std::array<float, kDelay> waiting;  // closed phases from the unit's base, oldest first; NaN: nothing seen
  int open_count = 0;                 // cells of the phase that is under way
  float newest_weight;
  float distance = 0;  // running mean distance of a new value from its phase
  uint8_t smoothing;
  uint8_t learnt = 0;   // values; after the last number of eight bits comes the kRound-th before it
  uint8_t seasons = 0;  // whole ones that have passed
  PhaseGrain grain;

  size_t cell_bytes() const { return clock.phases() * (grain == kFine ? sizeof(int16_t) : sizeof(int8_t)); }
};

SeasonProfile::Head& SeasonProfile::head() const {
  return *std::launder(reinterpret_cast<Head*>(memory_.get()));
}

template <class Use>
auto SeasonProfile::WithCells(Use&& use) const {
  Head& own = head();
  std::byte* const first = memory_.get() + sizeof(Head);
  const auto phases = static_cast<size_t>(own.clock.phases());
  if (own.grain == kFine) {
    return use(PhaseMemory<int16_t>(own.unit, own.unknown, {reinterpret_cast<int16_t*>(first), phases}));
  }
  return use(PhaseMemory<int8_t>(own.unit, own.unknown, {reinterpret_cast<int8_t*>(first), phases}));
}

SeasonProfile::SeasonProfile(int season_length, int max_phases, double newest_weight, int smoothing, PhaseGrain grain) {
  static_assert(sizeof(Head) == 64);
  const Head start(SeasonClock(season_length, max_phases), newest_weight, smoothing, grain);
  memory_.reset(new std::byte[sizeof(Head) + start.cell_bytes()]);
  new (memory_.get()) Head(start);
  WithCells([](auto cells) { cells.Clear(); });
}

// What waits is told from the base, which may change.
template <class Change>
void SeasonProfile::ChangeCells(Change&& change) {
  Head& own = head();
  const double base = own.unit.base;
  WithCells(change);
  if (own.unit.base == base) return;
  for (float& value : own.waiting) value = static_cast<float>(value + (base - own.unit.base));
}

void SeasonProfile::Update(double value) {
  Head& own = head();
  int step = own.clock.step() + 1;
  if (step == own.clock.length()) step = 0;
  own.clock.Set(step);
  if (!std::isnan(value)) {
    own.open_sum += value;
    own.open_count++;
  }
  if (own.clock.IsLastOfPhase(step)) ClosePhase();
}

void SeasonProfile::Skip(int64_t cells) {
  SeasonClock& clock = head().clock;
  // Once every waiting phase has been learnt, only the clock moves.
  const int64_t phase_steps = clock.length() / clock.phases() + 1;
  const int64_t steps = std::min(cells, phase_steps * (kDelay + 1));
  for (int64_t i = 0; i < steps; i++) Update(kNaN);
  const int64_t left = cells - steps;
  if (left == 0) return;
  const int64_t passed = clock.step() + 1 + left;  // of the season under way
  const int64_t ended = passed / clock.length() - (clock.step() + 1) / clock.length();
  if (ended > 0) ChangeCells([](auto known) { known.Fit(); });
  head().seasons = static_cast<uint8_t>(std::min<int64_t>(head().seasons + ended, kMany));
  clock.Set(static_cast<int>((passed - 1) % clock.length()));
}

void SeasonProfile::ClosePhase() {
  Head& own = head();
  const int phases = own.clock.phases();
  const int closed = own.clock.PhaseOf(own.clock.step());
  if (!std::isnan(own.waiting[0])) {
    const int phase = (closed - kDelay + phases * kDelay) % phases;
    Learn(phase, own.unit.base + own.waiting[0], phase > closed ? own.seasons - 1 : own.seasons);
  }
  std::copy(own.waiting.begin() + 1, own.waiting.end(), own.waiting.begin());
  const double newest = own.open_count > 0 ? own.open_sum / own.open_count : kNaN;
  const bool first = std::all_of(own.waiting.begin(), own.waiting.end(), [](float one) { return std::isnan(one); });
  if (first && own.open_count > 0 && own.unknown == phases) own.unit.base = newest;
  own.waiting.back() = static_cast<float>(newest - own.unit.base);
  own.open_sum = 0;
  own.open_count = 0;
  if (closed + 1 == phases) {
    ChangeCells([](auto known) { known.Fit(); });
    own.seasons = static_cast<uint8_t>(std::min(own.seasons + 1, kMany));
  }
}

void SeasonProfile::Learn(int phase, double value, int season) {
  Head& own = head();
  const double known = WithCells([phase](auto cells) { return cells.Get(phase); });
  double learnt = value;
  if (!std::isnan(known)) {
    double error = value - known;
    if (own.learnt >= kSomeLearnt && own.distance > 0) {
      error = std::clamp(error, -kFarthest * own.distance, kFarthest * own.distance);
    }
    own.learnt = static_cast<uint8_t>(own.learnt == kMany ? kMany - kRound + 1 : own.learnt + 1);
    own.distance += static_cast<float>(std::max(kDistanceRate, 1. / own.learnt) * (std::abs(error) - own.distance));
    learnt = known + std::max<double>(own.newest_weight, 1. / (std::max(season, 0) + 1)) * error;
  }
  ChangeCells([&](auto cells) { cells.Set(phase, learnt, own.learnt); });
}

PhaseReading SeasonProfile::At(int64_t steps) const {
  if (!known()) return {kNaN, kNaN};
  const double position = head().clock.Position(steps);
  const int below = static_cast<int>(position + 1) - 1;  // the position is above -1
  const int smoothing = head().smoothing;
  return WithCells([&](auto cells) { return cells.Around(below, position - below, smoothing); });
}

bool SeasonProfile::known() const {
  return head().seasons > 0;
}

int SeasonProfile::season_length() const {
  return head().clock.length();
}

void SeasonProfile::FetchPhases() const {
  const SeasonClock& clock = head().clock;
  const int phase = clock.step() < 0 ? 0 : clock.PhaseOf(clock.step());
  WithCells([phase](auto cells) { cells.Fetch(phase); });
}

void SeasonProfile::FetchAhead(int64_t steps) const {
  if (!known()) return;
  const int phase = std::max(static_cast<int>(head().clock.Position(steps)), 0);
  WithCells([phase](auto cells) { cells.Fetch(phase); });
}

size_t SeasonProfile::HeapBytes() const {
  return memory_ ? sizeof(Head) + head().cell_bytes() : 0;
}

template <class Archive>
void SeasonProfile::Persist(Archive& archive) {
  auto& [unit, open_sum, clock, unknown, waiting, open_count, newest_weight, distance, smoothing, learnt, seasons,
         grain] = head();
  int step = clock.step();
  archive(step);
  WithCells([&](auto cells) { archive(cells); });
  archive(open_sum, open_count, waiting, distance, learnt, seasons);
  archive.Require(step >= -1 && step < clock.length(), "a place in a season");
  archive.Require(open_count >= 0 && open_count <= clock.length(), "a phase of a season");
  if (Archive::kReads && archive.ok()) clock.Set(step);
}
template void SeasonProfile::Persist(ArchiveWriter&);
template void SeasonProfile::Persist(ArchiveReader&);

}  // namespace promcast
