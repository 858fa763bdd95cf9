#include "allocation/counted_new.h"
#include "candidates_fixture.h"

namespace promcast {
namespace {

INSTANTIATE_TEST_SUITE_P(State, EveryCandidate, testing::ValuesIn(CandidateNames().begin(), CandidateNames().end()),
                         NameOf);

const std::vector<std::vector<int>> kManySeasons = {
    {2, 3}, {12, 84}, {288, 2016}, {1440, 10'080}, {50'000'000, 49'999'999}};

TEST_P(EveryCandidate, HoldsTheBytesItSays) {
  for (const auto& seasons : kManySeasons) {
    const size_t before = AllocatedBytes();
    const auto model = MakeCandidate(GetParam(), seasons);
    EXPECT_EQ(model->StateBytes(), AllocatedBytes() - before) << seasons[0];
  }
}

TEST_P(EveryCandidate, AllocatesNothingAfterItsConstruction) {
  const auto model = Make();
  const auto values = TwoSeasons(1000, 1);
  const int steps[] = {1, 5, 1000};
  double out[3];
  const size_t before = Allocations();
  for (double value : values) {
    model->Update(value);
    model->Forecast(steps, out);
  }
  model->Skip(100'000);
  model->Update(1);
  model->Forecast(steps, out);
  EXPECT_EQ(Allocations(), before);
}

TEST_P(EveryCandidate, AHugeSeasonTakesLittle) {
  EXPECT_LE(MakeCandidate(GetParam(), std::vector<int>{49'999'999, 50'000'000})->StateBytes(), 4096U);
}

}  // namespace
}  // namespace promcast
