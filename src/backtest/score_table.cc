#include "backtest/score_table.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

namespace promcast {
namespace {

constexpr int64_t kFewestForecasts = 20;
constexpr double kSmallestRatio = 1e-6;
constexpr double kSmallestWinkler = 1e-12;
constexpr double kSkillMargin = 1.05;
constexpr double kWithin = .02;

class GeometricMean {
 public:
  void Add(double ratio) {
    sum_ += std::log(std::max(ratio, kSmallestRatio));
    count_++;
  }
  double value() const { return std::exp(sum_ / count_); }

 private:
  double sum_ = 0, count_ = 0;
};

/// Sums over the series of one row.
struct Pool {
  int64_t series = 0, skilled = 0, banded = 0, within = 0;
  GeometricMean relative_mae, naive, ewma, winkler;
  double cover = 0;

  void Add(const HorizonErrors& errors, const BandErrors& band) {
    series++;
    relative_mae.Add(errors.forecast / errors.seasonal_naive);
    naive.Add(errors.naive / errors.seasonal_naive);
    ewma.Add(errors.ewma / errors.seasonal_naive);
    const double best = std::min({errors.naive, errors.seasonal_naive, errors.ewma});
    skilled += errors.forecast <= kSkillMargin * best ? 1 : 0;
    if (band.count < kFewestForecasts) return;
    const auto inside = static_cast<double>(band.inside), count = static_cast<double>(band.count);
    banded++;
    cover += inside / count;
    within += std::abs(inside - band.coverage_sum) <= kWithin * count ? 1 : 0;
    winkler.Add(band.winkler / std::max(band.winkler_base, kSmallestWinkler));
  }
};

}  // namespace

std::vector<ScoreRow> PoolScores(const std::vector<SeriesErrors>& series) {
  std::map<std::tuple<bool, int64_t, double>, Pool> pools;
  for (const SeriesErrors& one : series) {
    for (const HorizonErrors& errors : one.horizons) {
      if (errors.count < kFewestForecasts || !(errors.seasonal_naive > 0)) continue;
      for (const BandErrors& band : errors.bands) {
        pools[{one.flat, errors.horizon_ms, band.coverage}].Add(errors, band);
      }
    }
  }
  std::vector<ScoreRow> rows;
  for (const auto& [key, pool] : pools) {
    ScoreRow& row = rows.emplace_back();
    std::tie(row.flat, row.horizon_ms, row.coverage) = key;
    row.series = pool.series;
    row.relative_mae = pool.relative_mae.value();
    row.naive = pool.naive.value();
    row.ewma = pool.ewma.value();
    row.skill = static_cast<double>(pool.skilled) / static_cast<double>(pool.series);
    if (pool.banded == 0) continue;
    const auto banded = static_cast<double>(pool.banded);
    row.cover = pool.cover / banded;
    row.within = static_cast<double>(pool.within) / banded;
    row.winkler = pool.winkler.value();
  }
  return rows;
}

}  // namespace promcast
