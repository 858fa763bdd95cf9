#include "pipeline/patient_bank.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>

namespace promcast {
namespace {

BankOptions Options() {
  BankOptions options;
  options.step_ms = 60'000;
  options.horizons = {5};
  options.seasons = {24};
  options.anomaly_score = true;
  return options;
}

std::string Saved(const ModelBank& bank) {
  std::string bytes;
  bank.Save(bytes);
  return bytes;
}

// Cells with gaps in between, and looks at random times: it is never seen in another state than a bank that learns at
// once.
TEST(PatientBankTest, WhoLooksSeesThatItHasLearntEverything) {
  const auto plan = MakeBankPlan(Options());
  for (unsigned seed = 0; seed < 20; seed++) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    std::normal_distribution<double> noise;
    ModelBank eager(plan);
    PatientBank patient{ModelBank(plan)};
    for (int cell = 0; cell < 400; cell++) {
      const unsigned what = random() % 50;
      if (what == 0) {
        eager.Skip(700);
        patient.Skip(700);
      } else {
        const double value = what < 3 ? std::numeric_limits<double>::quiet_NaN() : std::sin(cell / 4.) + noise(random);
        eager.Update(value);
        patient.Update(value);
      }
      if (random() % 4 == 0) {
        ASSERT_EQ(Saved(*patient), Saved(eager)) << "cell " << cell;
      }
    }
    EXPECT_EQ(Saved(*patient), Saved(eager));
  }
}

TEST(PatientBankTest, IsFullUntilTheUpdateThatMakesItLearn) {
  const auto plan = MakeBankPlan(Options());
  ModelBank eager(plan);
  PatientBank patient{ModelBank(plan)};
  int cells = 0;
  const auto update = [&] {
    eager.Update(cells);
    patient.Update(cells++);
  };
  while (!patient.is_full()) update();
  EXPECT_GT(cells, 1);
  update();
  EXPECT_FALSE(patient.is_full());
  EXPECT_EQ(Saved(*patient), Saved(eager));
}

TEST(PatientBankTest, NothingWaitsAfterALook) {
  PatientBank patient{ModelBank(MakeBankPlan(Options()))};
  while (!patient.is_full()) patient.Update(1);
  const PatientBank& looked_at = patient;
  EXPECT_FALSE(looked_at->warm());
  EXPECT_FALSE(patient.is_full());
}

}  // namespace
}  // namespace promcast
