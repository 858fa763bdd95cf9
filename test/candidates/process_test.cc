#include <functional>

#include "candidates_fixture.h"

namespace promcast {
namespace {

using Noise = std::function<double()>;

struct Process {
  std::string_view model;
  int steps;
  double share;  // of naive's mean absolute error that the model may have at most
  std::function<std::vector<double>(int cells, const Noise&)> values;
};

std::vector<double> Series(int cells, const std::function<double(int)>& value) {
  std::vector<double> values;
  for (int i = 0; i < cells; i++) values.push_back(value(i));
  return values;
}

double Wave(int i, int season) {
  return std::sin(i * 2 * M_PI / season) + (i % season < season / 4 ? 1 : 0);
}

double Bend(int i) {
  return i % 4000 < 2000 ? i % 4000 : 4000 - i % 4000;
}

std::vector<double> Arma(int cells, const Noise& noise) {
  double before = 0, now = 0;
  return Series(cells, [&](int) {
    const double next = 1.5 * now - .8 * before + noise();
    before = now;
    return now = next;
  });
}

std::vector<double> DampedWalk(int cells, const Noise& noise, const std::function<double(int)>& shape) {
  double wander = 0;
  return Series(cells, [&](int i) {
    wander = .9 * wander + noise();
    return shape(i) + wander;
  });
}

const std::vector<Process> kProcesses = {
    {"drift", 20, .8,
     [](int cells, const Noise& noise) {
       double walk = 0;
       return Series(cells, [&](int) { return walk += .5 + noise(); });
     }},
    {"holt_damped", 10, .8,
     [](int cells, const Noise& noise) {
       double level = 0, trend = 0;
       return Series(cells, [&](int) {
         const double expected = level + .98 * trend, error = noise();
         level = expected + .3 * error;
         trend = .98 * trend + .03 * error;
         return expected + error;
       });
     }},
    {"theta", 10, .8, [](int cells, const Noise& n) { return Series(cells, [&](int i) { return .05 * i + n(); }); }},
    {"holt_winters", 6, .5,
     [](int cells, const Noise& noise) {
       return Series(cells, [&](int i) { return .01 * i + 5 * Wave(i, 12) + noise(); });
     }},
    {"holt_winters_multiplicative", 6, .5,
     [](int cells, const Noise& noise) {
       return Series(cells, [&](int i) { return (20 + .02 * i) * (3 + Wave(i, 12)) + noise(); });
     }},
    {"double_seasonal", 6, .5,
     [](int cells, const Noise& noise) {
       return DampedWalk(cells, noise, [](int i) { return 5 * Wave(i, 12) + 5 * Wave(i, 84); });
     }},
    {"autoregression", 2, .8, Arma},
    {"autoregression_log", 2, .8,
     [](int cells, const Noise& noise) {
       auto values = Arma(cells, noise);
       for (double& value : values) value = std::exp(.3 * value);
       return values;
     }},
    {"harmonic_trend", 6, .6,
     [](int cells, const Noise& noise) {
       return Series(cells, [&](int i) { return .02 * Bend(i) + 5 * std::sin(i * 2 * M_PI / 12) + noise(); });
     }},
    {"damped_profile", 6, .5,
     [](int cells, const Noise& noise) { return DampedWalk(cells, noise, [](int i) { return 5 * Wave(i, 12); }); }},
    {"damped_profile_week", 20, .5,
     [](int cells, const Noise& noise) { return DampedWalk(cells, noise, [](int i) { return 10 * Wave(i, 84); }); }},
    {"damped_profile_week_log", 20, .5,
     [](int cells, const Noise& noise) {
       auto values = DampedWalk(cells, noise, [](int i) { return 10 * Wave(i, 84); });
       for (double& value : values) value = std::exp(.05 * value);
       return values;
     }},
    {"croston", 5, .8,
     [](int cells, const Noise& noise) { return Series(cells, [&](int) { return noise() > 0 ? 10 + noise() : 0.; }); }},
    {"seasonal_naive_week", 20, .5,
     [](int cells, const Noise& noise) { return Series(cells, [&](int i) { return 10 * Wave(i, 84) + noise(); }); }},
};

class OwnProcess : public testing::TestWithParam<Process> {};

INSTANTIATE_TEST_SUITE_P(Candidates, OwnProcess, testing::ValuesIn(kProcesses),
                         [](const auto& process) { return std::string(process.param.model); });

TEST_P(OwnProcess, IsForecastBetterThanByTheNewestValue) {
  const Process& process = GetParam();
  for (unsigned seed = 1; seed <= 3; seed++) {
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal;
    const auto values = process.values(6000, [&] { return normal(random); });
    const auto model = MakeCandidate(process.model, kSeasons);
    double error = 0, naive_error = 0;
    for (size_t i = 0; i + static_cast<size_t>(process.steps) < values.size(); i++) {
      model->Update(values[i]);
      if (i < 1000) continue;
      const double actual = values[i + static_cast<size_t>(process.steps)];
      // Croston's answer is a mean: it is judged by squares, which a mean minimises.
      const double power = process.model == "croston" ? 2 : 1;
      error += std::pow(std::abs(actual - Ask(*model, process.steps)), power);
      naive_error += std::pow(std::abs(actual - values[i]), power);
    }
    EXPECT_LT(error, process.share * naive_error) << "ratio " << error / naive_error << ", seed " << seed;
  }
}

TEST(OwnProcesses, EveryCandidateHasOne) {
  std::vector<std::string_view> models;
  for (const Process& process : kProcesses) models.push_back(process.model);
  EXPECT_THAT(models, testing::UnorderedElementsAreArray(CandidateNames().begin(), CandidateNames().end()));
}

}  // namespace
}  // namespace promcast
