#include "bank_fixture.h"
#include "promcast/candidates.h"
#include "promcast/model_bank.h"

namespace promcast {
namespace {

TEST(BankModels, EveryCandidateCanJoinAndTheForecastStaysFinite) {
  for (std::string_view name : CandidateNames()) {
    auto options = Options({1, 10}, {24, 168});
    options->extra_models = {std::string(name)};
    ModelBank bank(options);
    auto values = Seasonal(900, 24, 20, 1);
    for (double& value : values) {
      value = std::abs(value) + 30;
      bank.Update(value);
    }
    EXPECT_TRUE(std::isfinite(Ask(bank, 10).point)) << name;
    EXPECT_NEAR(Ask(bank, 10).point, 50, 45) << name;
  }
}

TEST(BankModels, AnExtraModelThatKnowsTheSeriesLeads) {
  auto options = Options({10});
  options->extra_models = {"drift"};
  options->without_models = {"direct_slow", "direct_fast"};
  ModelBank bank(options);
  const auto noise = WhiteNoise(3000, 1);
  for (size_t i = 0; i < noise.size(); i++) bank.Update(.5 * static_cast<double>(i) + .1 * noise[i]);
  EXPECT_EQ(Leader(bank, 0), "drift");
  EXPECT_NEAR(Ask(bank, 10).point, .5 * 3009, 1);
}

TEST(BankModels, AModelThatIsLeftOutNeverLeads) {
  auto options = Options({30}, {120});
  options->without_models = {"direct_slow", "direct_fast", "season_and_level"};
  ModelBank bank(options);
  for (double value : Seasonal(4000, 120, 50, 2)) bank.Update(value);
  EXPECT_EQ(Leader(bank, 0), "seasonal_naive");
}

TEST(BankModels, WeightsAddUpAndTheBestModelsLossIsTheMeasure) {
  auto options = Options({5, 120}, {120});
  ModelBank bank(options);
  for (double value : Seasonal(4000, 120, 50, 3)) bank.Update(value);
  for (size_t horizon : {0, 1}) {
    double sum = 0;
    double least = std::numeric_limits<double>::infinity();
    for (const ModelWeight& model : bank.Models(horizon)) {
      sum += model.weight;
      const bool asleep = model.name == "direct_fast" && horizon == 1;  // it serves only shorter horizons
      EXPECT_EQ(model.weight == 0, asleep) << model.name;
      EXPECT_EQ(std::isnan(model.relative_loss), asleep) << model.name;
      if (model.relative_loss < least) least = model.relative_loss;
    }
    EXPECT_NEAR(sum, 1, 1e-6);
    EXPECT_EQ(least, 1);
  }
}

TEST(BankModels, AnUnknownModelIsNamedWithThoseThereAre) {
  BankOptions options;
  options.horizons = {1};
  options.extra_models = {"guess"};
  EXPECT_THAT(options.Problem().value_or(""), testing::AllOf(testing::HasSubstr("guess"), testing::HasSubstr("theta")));
  options.extra_models = {};
  options.without_models = {"direct_quick"};
  EXPECT_THAT(options.Problem().value_or(""),
              testing::AllOf(testing::HasSubstr("direct_quick"), testing::HasSubstr("direct_fast")));
}

}  // namespace
}  // namespace promcast
