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

// Bytes of a bank with horizons of 5 min, 15 min, 1 h and 24 h, or of 1 h alone.
size_t Bytes(Profile profile, int step_minutes, bool all_horizons) {
  const int day = 1440 / step_minutes;
  auto options = all_horizons ? Options({5 / step_minutes, 15 / step_minutes, 60 / step_minutes, day}, {day, 7 * day})
                              : Options({60 / step_minutes}, {day});
  options->step_ms = step_minutes * 60'000;
  options->coverages = {.8, .95};
  options->profile = profile;
  return ModelBank(options).StateBytes();
}

TEST(BankState, ProfilesKeepToTheirSize) {
  EXPECT_LE(Bytes(Profile::kLean, 1, false), 1024u);
  EXPECT_LE(Bytes(Profile::kStandard, 5, true), 5632u);
  EXPECT_LE(Bytes(Profile::kStandard, 1, true), 8192u);
}

}  // namespace
}  // namespace promcast
