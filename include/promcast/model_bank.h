#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "promcast/season_shape.h"

namespace promcast {

/// How much a bank remembers, and with it how accurate it is.
enum class Profile {
  kLean,      ///< levels and the first season's shape: about 700 bytes; anomalies are told by the first horizon
  kStandard,  ///< also the last cycle, longer seasons and direct regressions
  kRich,      ///< the same at a finer grain, more forecasts pending
};

/// "lean", "standard" or "rich".
std::string_view ProfileName(Profile profile);
std::optional<Profile> ProfileOf(std::string_view name);

/// What the banks of many series share.
struct BankOptions {
  static constexpr size_t kMaxHorizons = 32;
  static constexpr size_t kMaxCoverages = 8;
  static constexpr size_t kMaxSeasons = 4;
  static constexpr size_t kMaxExtraModels = 12;
  static constexpr int kMaxSteps = 50'000'000;

  std::vector<int> horizons;            ///< in steps of the grid, ascending, at least one
  std::vector<double> coverages{0.95};  ///< of the bands, ascending, in (0, 1)
  std::vector<int> seasons;             ///< season lengths in steps; may be empty
  bool detect_seasons = false;          ///< finds them while the series runs instead; `seasons` stays empty
  bool may_borrow_season = false;       ///< until a season was seen the shape of it may be borrowed, see Borrow()
  Profile profile = Profile::kStandard;
  std::vector<std::string> extra_models;    ///< beside the profile's, of CandidateNames(); each costs state and time
  std::vector<std::string> without_models;  ///< of the profile's, for ablations; the naive one stays
  bool anomaly_score = true;                ///< told by the next cell's forecast, which then is a horizon as well
  int64_t step_ms = 60'000;                 ///< turns half-lives, which are times, into steps
  std::optional<double> floor, ceiling;     ///< natural bounds of the values; forecasts and bands stay inside

  /// What is wrong with these options and what to give instead; nothing when they are valid.
  std::optional<std::string> Problem() const;
};

/// A forecast for one distance. Spans are the caller's, one element a coverage of the options.
struct ForecastOut {
  double point = 0;
  std::span<double> lower, upper;
};

/// Sums over resolved forecasts of one horizon, forgotten with time; ratios of them are scores.
struct HorizonScore {
  double count = 0;
  double absolute_error = 0, naive_absolute_error = 0, seasonal_naive_absolute_error = 0;
  /// Of the line through the last hour, or through as much as the horizon is long, kept in the range that forecasts are
  /// kept in; 0 where the bank does not remember so much (lean, or without a season).
  double predict_linear_absolute_error = 0;
  std::vector<double> inside;  ///< per coverage: how many actual values fell inside the band; over banded_count
  double banded_count = 0;
};

/// Bytes by what they are for.
struct BankBytes {
  size_t models = 0;   ///< what the models share and know
  size_t pending = 0;  ///< forecasts that wait for their value
  size_t bands = 0;    ///< residuals and weights
  size_t other = 0;    ///< the bank itself

  BankBytes& operator+=(const BankBytes& other);
  size_t sum() const { return models + pending + bands + other; }
};

/// How one model of a bank does at one horizon.
struct ModelWeight {
  std::string name;
  double weight;         ///< its share of the mix, as of now; 0 while it has had no forecast that resolved
  double relative_loss;  ///< its forgotten loss over that of the best model; NaN while it has none
};

struct BankPlan;
/// What follows from the options, once for all banks that share it. Throws std::invalid_argument when
/// options.Problem() says so.
std::shared_ptr<const BankPlan> MakeBankPlan(BankOptions options);

/// The models of one series, mixed per horizon by the forgotten loss of their resolved forecasts, with bands from the
/// mix's own resolved residuals. Bounded state, O(1) an update. Not thread-safe. Same input, same bytes.
///
/// With detect_seasons a bank begins without seasons, and takes on those that its series shows, at most three from some
/// cells to a week long, once they have repeated themselves clearly: levels, weights and bands stay as they are, the
/// seasons' shapes are learnt from what the search remembers of the past. A season that has vanished is given up.
///
/// Half-lives are counted in days, or in the longest season told where that is shorter than a day. Point forecasts stay
/// within the seen range and a fifth of it beyond, at zero or above while no value was negative, and within floor and
/// ceiling.
class ModelBank {
 public:
  /// So many values a bank must have seen before it forecasts.
  static constexpr int kWarmCells = 10;

  explicit ModelBank(std::shared_ptr<const BankPlan> plan);
  /// A bank with a plan of its own. Throws as MakeBankPlan does.
  explicit ModelBank(const std::shared_ptr<const BankOptions>& options);
  ~ModelBank();
  ModelBank(ModelBank&&) noexcept;
  ModelBank& operator=(ModelBank&&) noexcept;

  /// The next cell. NaN: missing. An infinite value counts as missing. Pending forecasts that were made for this cell
  /// are resolved first, then the models learn, then new forecasts become pending.
  void Update(double value);
  /// As Update(NaN) `cells` times, at the cost of one.
  void Skip(int64_t cells);

  /// The shape of the first season, once two whole ones were seen and it is not flat; seasons begin where `place` is 0.
  /// `place`: where in its season, 0 to 1, the newest cell lies.
  std::optional<SeasonShape> Shape(double place) const;
  /// Before the first Update, of a bank that may borrow and was told its seasons (false otherwise): forecasts lean on
  /// this shape, as far as the series turns out to follow it, until the first season was seen. `place`: where in its
  /// season the first cell will lie.
  bool Borrow(const SeasonShape& shape, double place);

  /// Where many banks take turns, each waits for memory: this asks ahead for what Update looks at that lies `depth`
  /// pointers (0 to 2) away. Each depth reads what the one before has asked for, so a while should pass between.
  void FetchForUpdate(int depth) const;
  /// The same of what Forecast and Score look at, for the options' horizons.
  void FetchForForecast(int depth) const;

  /// The forecast `steps` (1 up to the last horizon, and a little beyond) cells after the newest cell. Between the
  /// horizons weights and bands are those of the nearest ones. Always finite, lower <= point <= upper, and a band of
  /// more coverage holds one of less. False while the bank is warming up: until it has seen kWarmCells values and five one-step
  /// forecasts have resolved. Bands are wide first: a normal quantile of the few residuals, widened for their number,
  /// until the conformal quantile exists (1 + 2 / (1 - coverage) residuals); a horizon whose own residuals do not yet
  /// span it once more is at least as wide as the square root of time makes the next shorter one.
  bool Forecast(int steps, ForecastOut& out) const;
  /// Whether Forecast gives one by now.
  bool warm() const;
  /// The seasons that the models use, in steps: the options', or those found by now, first the one that gives the shape.
  std::vector<int> seasons() const;
  /// How many these are.
  size_t season_count() const;
  /// Every value seen so far was the same one.
  bool constant() const;
  /// |newest value - the forecast made for it by the shortest horizon| over half the band's width then (largest
  /// coverage): 1 = at the band's edge. The shortest horizon is the next cell; in lean banks, and where the options want
  /// no score, it may be the first one asked for. Negative when the value lay below the forecast; at most 1000. NaN while unknown, as after a missing cell, and
  /// where no forecast was kept for the newest cell.
  double anomaly_score() const;

  /// Of the horizon with this index in the options.
  HorizonScore Score(size_t horizon_index) const;
  /// The same in place of what `score` held, whose memory is used again.
  void Score(size_t horizon_index, HorizonScore& score) const;
  /// Whether the forecasts of that horizon resolved with less error than those of the naive baselines; false before any
  /// resolved.
  bool skilful(size_t horizon_index) const;
  /// All models at the horizon with this index in the options, in the bank's order.
  std::vector<ModelWeight> Models(size_t horizon_index) const;
  /// Everything the bank holds, itself included; equals what is allocated. Plans are not counted.
  BankBytes Bytes() const;
  size_t StateBytes() const { return Bytes().sum(); }

  /// Appends everything the bank knows to `out`. Same input, same bytes, on any machine of the same byte order.
  void Save(std::string& out) const;
  /// A bank with what Save wrote, which goes on bit for bit as the one that was saved. Nothing, and what is wrong in
  /// `problem`, when the bytes are not those of a bank with an equal plan. The bytes may come from anywhere: what they
  /// hold is checked, and no more is allocated than a bank of this plan takes.
  static std::optional<ModelBank> Load(std::shared_ptr<const BankPlan> plan, std::string_view bytes,
                                       std::string& problem);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace promcast
