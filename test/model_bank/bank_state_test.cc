#include "allocation/counted_new.h"
#include "bank_fixture.h"

namespace promcast {
namespace {

TEST(BankState, StateBytesEqualWhatIsAllocated) {
  for (std::vector<int> horizons : {std::vector<int>{1}, std::vector<int>{60}, std::vector<int>{5, 15, 60, 1440}}) {
    for (std::vector<int> seasons : {std::vector<int>{}, std::vector<int>{120}, std::vector<int>{1440, 10'080}}) {
      for (Profile profile : {Profile::kLean, Profile::kStandard, Profile::kRich}) {
        auto options = Options(horizons, seasons);
        options->profile = profile;
        options->extra_models = {"theta", "holt_winters"};
        const auto plan = MakeBankPlan(*options);
        const size_t before = AllocatedBytes();
        ModelBank bank(plan);
        EXPECT_EQ(bank.StateBytes(), sizeof(ModelBank) + AllocatedBytes() - before);
      }
    }
  }
}

TEST(BankState, NothingIsAllocatedAfterConstruction) {
  auto options = Options({5, 15, 60, 1440}, {1440});
  const auto values = Seasonal(5000, 1440, 5, 1);
  ModelBank bank(options);
  double lower = 0;
  double upper = 0;
  ForecastOut out{0, {&lower, 1}, {&upper, 1}};
  const size_t before = Allocations();
  for (double value : values) {
    bank.Update(value);
    bank.Forecast(60, out);
  }
  bank.Skip(7000);
  EXPECT_EQ(Allocations(), before);
}

// Found seasons are taken on and given up: what is allocated then is counted as well.
TEST(BankState, StateBytesEqualWhatIsAllocatedWhileSeasonsComeAndGo) {
  for (Profile profile : {Profile::kLean, Profile::kStandard, Profile::kRich}) {
    auto options = Options({5, 15, 60});
    options->detect_seasons = true;
    options->profile = profile;
    options->extra_models = {"theta", "holt_winters"};
    const auto plan = MakeBankPlan(*options);
    const auto noise = WhiteNoise(40'000, 1);
    const size_t before = AllocatedBytes();
    ModelBank bank(plan);
    const size_t bytes_without = bank.StateBytes();
    EXPECT_EQ(bytes_without, sizeof(ModelBank) + AllocatedBytes() - before);
    size_t most = 0;
    for (int i = 0; i < 40'000; i++) {
      const double day = std::sin(2 * M_PI * i / 1440), hour = i < 8000 ? std::sin(2 * M_PI * i / 37) : 0;
      bank.Update(3 * day + 3 * hour + noise[i]);
      if (i % 500 != 0) continue;
      const size_t seasons = bank.seasons().size();  // frees what it takes
      most = std::max(most, seasons);
      ASSERT_EQ(bank.StateBytes(), sizeof(ModelBank) + AllocatedBytes() - before) << i;
      ASSERT_EQ(bank.StateBytes() > bytes_without, seasons > 0) << i;
    }
    EXPECT_EQ(most, 2u);
  }
}

// Bytes of a bank with horizons of 5 min, 15 min, 1 h and 24 h and no more, or of 1 h alone.
size_t Bytes(Profile profile, int step_minutes, bool all_horizons) {
  const int day = 1440 / step_minutes;
  auto options = all_horizons ? Options({5 / step_minutes, 15 / step_minutes, 60 / step_minutes, day}, {day, 7 * day})
                              : Options({60 / step_minutes}, {day});
  options->step_ms = step_minutes * 60'000;
  options->coverages = {.8, .95};
  options->profile = profile;
  options->anomaly_score = false;
  return ModelBank(options).StateBytes();
}

TEST(BankState, ProfilesKeepToTheirSize) {
  EXPECT_LE(Bytes(Profile::kLean, 1, false), 704u);
  EXPECT_LE(Bytes(Profile::kStandard, 5, true), 5760u);
  EXPECT_LE(Bytes(Profile::kStandard, 1, true), 8192u);
}

}  // namespace
}  // namespace promcast
