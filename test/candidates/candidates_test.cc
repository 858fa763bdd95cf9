#include <set>

#include "candidates_fixture.h"

namespace promcast {
namespace {

using testing::Each;
using testing::IsNan;

TEST(Candidates, EveryNameMakesAModelOfThatName) {
  std::set<std::string_view> names;
  for (std::string_view name : CandidateNames()) {
    names.insert(name);
    const auto model = MakeCandidate(name, kSeasons);
    ASSERT_NE(model, nullptr) << name;
    EXPECT_EQ(model->name(), name);
  }
  EXPECT_EQ(names.size(), 14U);
}

TEST(Candidates, AnUnknownNameMakesNothing) {
  EXPECT_EQ(MakeCandidate("prophet", kSeasons), nullptr);
  EXPECT_EQ(MakeCandidate("", kSeasons), nullptr);
}

TEST(Candidates, ASeasonThatIsNotThereMakesNothing) {
  const std::set<std::string_view> seasonless = {"drift",   "holt_damped",    "theta",
                                                 "croston", "autoregression", "autoregression_log"};
  for (std::string_view name : CandidateNames()) {
    const std::vector<int> no_seasons = {0, 1, -5};  // lengths below two are none
    EXPECT_EQ(MakeCandidate(name, no_seasons) != nullptr, seasonless.contains(name)) << name;
    const std::vector<int> one = {1, 24, 24};
    EXPECT_EQ(MakeCandidate(name, one) != nullptr, name != "double_seasonal") << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Candidates, EveryCandidate,
                         testing::ValuesIn(CandidateNames().begin(), CandidateNames().end()), NameOf);

TEST_P(EveryCandidate, IsSilentBeforeAValue) {
  const auto model = Make();
  EXPECT_THAT(AskCurve(*model, 100), Each(IsNan()));
  model->Update(kMissing);
  model->Skip(1000);
  EXPECT_THAT(AskCurve(*model, 100), Each(IsNan()));
}

TEST_P(EveryCandidate, SpeaksAfterTheLongestSeason) {
  const auto model = Make();
  Feed(*model, TwoSeasons(84, 1));
  EXPECT_THAT(AskCurve(*model, 300), Each(testing::Not(IsNan())));
}

TEST_P(EveryCandidate, SkippingCellsIsAsMissingThem) {
  const auto skipped = Make();
  const auto missed = Make();
  const auto values = TwoSeasons(600, 2);
  size_t at = 0;
  for (int cells : {0, 1, 2, 5, 12, 83, 84, 700, 1, 3}) {
    for (int i = 0; i < 60; i++, at++) {
      skipped->Update(values[at]);
      missed->Update(values[at]);
    }
    skipped->Skip(cells);
    for (int i = 0; i < cells; i++) missed->Update(kMissing);
    ASSERT_THAT(AskCurve(*skipped, 100), testing::Pointwise(testing::NanSensitiveDoubleEq(), AskCurve(*missed, 100)));
  }
}

TEST_P(EveryCandidate, CellsMissingBeforeTheFirstValueLeaveNoTrace) {
  const auto late = Make();
  const auto early = Make();
  late->Skip(5);
  for (double value : TwoSeasons(90, 8)) {
    late->Update(value);
    early->Update(value);
    ASSERT_THAT(AskCurve(*late, 90), testing::Pointwise(testing::NanSensitiveDoubleEq(), AskCurve(*early, 90)));
  }
}

TEST_P(EveryCandidate, TheLongestGapGrowsNoFurther) {
  const auto once = Make();
  const auto often = Make();
  const auto values = TwoSeasons(300, 9);
  Feed(*once, values);
  Feed(*often, values);
  once->Skip(std::numeric_limits<int64_t>::max());
  for (int i = 0; i < 3; i++) often->Skip(std::numeric_limits<int64_t>::max());
  EXPECT_EQ(AskCurve(*once, 90), AskCurve(*often, 90));
}

TEST_P(EveryCandidate, LearnsTheSeasonThroughGaps) {
  if (!HasSeason()) return;
  const auto whole = Make();
  const auto holed = Make();
  const auto values = TwoSeasons(3000, 3);
  for (size_t i = 0; i < values.size(); i++) {
    whole->Update(values[i]);
    holed->Update(i % 11 == 3 ? kMissing : values[i]);
  }
  EXPECT_THAT(AskCurve(*holed, 84), testing::Pointwise(testing::DoubleNear(8), AskCurve(*whole, 84)));
}

TEST_P(EveryCandidate, FollowsScale) {
  const auto one = Make();
  const auto other = Make();
  for (double value : TwoSeasons(500, 4)) {
    one->Update(value);
    other->Update(value * 1e4);
  }
  const auto curve = AskCurve(*one, 400);
  const auto scaled = AskCurve(*other, 400);
  for (size_t i = 0; i < curve.size(); i++) ASSERT_NEAR(scaled[i], 1e4 * curve[i], 1);  // values of 1e6 in floats
}

TEST_P(EveryCandidate, FollowsShiftsUnlessItNeedsATrueZero) {
  if (NeedsTrueZero()) return;
  const auto one = Make();
  const auto other = Make();
  for (double value : TwoSeasons(500, 5)) {
    one->Update(value);
    other->Update(value - 1000);
  }
  const auto curve = AskCurve(*one, 400);
  const auto shifted = AskCurve(*other, 400);
  for (size_t i = 0; i < curve.size(); i++) ASSERT_NEAR(shifted[i], curve[i] - 1000, 1e-3);
}

TEST_P(EveryCandidate, SameInputSameAnswer) {
  const auto one = Make();
  const auto other = Make();
  const auto values = TwoSeasons(700, 6);
  Feed(*one, values);
  for (double value : values) {
    other->Update(value);
    AskCurve(*other, 5);  // asking changes nothing
  }
  EXPECT_EQ(AskCurve(*one, 500), AskCurve(*other, 500));
}

TEST_P(EveryCandidate, AnAnswerDoesNotDependOnWhatElseIsAsked) {
  const auto model = Make();
  Feed(*model, TwoSeasons(700, 7));
  const auto curve = AskCurve(*model, 1000);
  for (int steps : {1, 2, 143, 144, 145, 288, 289, 290, 433, 1000}) {
    ASSERT_EQ(Ask(*model, steps), curve[static_cast<size_t>(steps - 1)]) << steps;
  }
  const std::vector<int> backwards = {900, 300, 290, 1};
  std::vector<double> out(4);
  model->Forecast(backwards, out);
  EXPECT_THAT(out, testing::ElementsAre(curve[899], curve[299], curve[289], curve[0]));
}

TEST_P(EveryCandidate, AConstantStaysOne) {
  if (GetParam() == "croston") return;  // its correction lowers it, as the paper has it
  const auto model = Make();
  for (int i = 0; i < 500; i++) model->Update(5);
  EXPECT_THAT(AskCurve(*model, 400), Each(5.));
}

}  // namespace
}  // namespace promcast
