#include "bank_fixture.h"
#include "counted_new.h"

namespace promcast {
namespace {

TEST(BankState, StateBytesEqualWhatIsAllocated) {
  for (std::vector<int> horizons : {std::vector<int>{1}, std::vector<int>{60}, std::vector<int>{5, 15, 60, 1440}}) {
    for (std::vector<int> seasons : {std::vector<int>{}, std::vector<int>{120}, std::vector<int>{1440, 10'080}}) {
      auto options = Options(horizons, seasons);
      const size_t before = AllocatedBytes();
      ModelBank bank(options);
      EXPECT_EQ(bank.StateBytes(), sizeof(ModelBank) + AllocatedBytes() - before);
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
  const size_t before = AllocatedBytes();
  for (double value : values) {
    bank.Update(value);
    bank.Forecast(60, out);
  }
  bank.Skip(7000);
  EXPECT_EQ(AllocatedBytes(), before);
}

TEST(BankState, OneHorizonAndADayAtMostThreeKibibytes) {
  ModelBank bank(Options({60}, {1440}));
  EXPECT_LE(bank.StateBytes(), 3 * 1024U);
}

}  // namespace
}  // namespace promcast
