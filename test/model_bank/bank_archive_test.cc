#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iomanip>

#include "bank_fixture.h"
#include "promcast/candidates.h"

namespace promcast {
namespace {

constexpr int64_t kHourMs = 3'600'000;
constexpr int kDay = 24, kWeek = 168;  // cells of an hour

struct Case {
  std::string name;
  BankOptions options;
};

// Every profile with every way of horizons, seasons and extra models, on hours, where weeks pass quickly.
std::vector<Case> Cases() {
  const std::vector<std::string> all(CandidateNames().begin(), CandidateNames().end());
  const std::vector<std::string> some(all.begin(), all.begin() + BankOptions::kMaxExtraModels);
  const std::vector<std::string> others(all.rbegin(), all.rbegin() + BankOptions::kMaxExtraModels);
  std::vector<Case> cases;
  for (const Profile profile : {Profile::kLean, Profile::kStandard, Profile::kRich}) {
    for (const bool far : {false, true}) {
      for (const std::string seasons : {"none", "day", "week", "detected"}) {
        for (const int extras : {0, 1, 2}) {
          for (const bool score : {false, true}) {
            BankOptions options;
            options.profile = profile;
            options.step_ms = kHourMs;
            options.horizons = far ? std::vector<int>{2, 12, 72} : std::vector<int>{3};
            options.coverages = far ? std::vector<double>{.5, .8, .95} : std::vector<double>{.9};
            if (seasons != "none" && seasons != "detected") options.seasons = {kDay};
            if (seasons == "week") options.seasons.push_back(kWeek);
            options.detect_seasons = seasons == "detected";
            if (extras > 0) options.extra_models = extras == 1 ? some : others;
            options.anomaly_score = score;
            cases.push_back({std::string(ProfileName(profile)) + (far ? " far" : " near") + ", seasons: " + seasons +
                                 ", extra models " + std::to_string(extras) + (score ? ", scored" : ""),
                             options});
          }
        }
      }
    }
  }
  return cases;
}

// One case in `every`, of all sorts.
std::vector<Case> SomeCases(size_t every) {
  std::vector<Case> some;
  const std::vector<Case> all = Cases();
  for (size_t i = 0; i < all.size(); i += every) some.push_back(all[i]);
  return some;
}

/// What a real series does: a daily and a weekly shape with noise, shifts of its level, wild values, missing cells one
/// by one and in rows, a time when it stands still, and one when it counts in whole numbers. Negative: so many cells
/// are missing.
std::vector<double> RealStream(int cells, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  std::vector<double> stream;
  double level = 100, noise = 0;
  if (seed % 5 == 0) level = 0;
  const int still = seed % 3 == 0 ? 0 : 200 + static_cast<int>(random() % 400);
  for (int i = 0; i < cells; i++) {
    noise = .7 * noise + normal(random);
    if (random() % 300 == 0) level += 40 * normal(random);
    const double day = 10 * std::sin(2 * M_PI * i / kDay) + 4 * std::cos(4 * M_PI * i / kDay);
    double value = level + (seed % 4 == 1 && i > cells / 2 ? 0 : day) + (i % kWeek > 5 * kDay ? -8 : 0) + noise;
    if (random() % 200 == 0) value *= 50;
    if (i >= still && i < still + 60) value = 77;
    if (i % 500 > 420) value = std::round(value / 20);
    if (random() % 30 == 0) value = kMissing;
    stream.push_back(value);
  }
  return stream;
}

struct Feeder {
  std::vector<double> stream;
  std::mt19937 random;
  size_t next = 0;

  // The same for all of them: a value, and now and then a gap.
  void Feed(std::initializer_list<ModelBank*> banks) {
    const uint32_t draw = random();
    for (ModelBank* bank : banks) {
      bank->Update(stream[next]);
      if (draw % 150 == 0) bank->Skip(draw / 150 % 40);
      if (draw % 1100 == 0) bank->Skip(draw / 1100 % 1000);
    }
    next++;
  }
};

std::string Saved(const ModelBank& bank) {
  std::string bytes;
  bank.Save(bytes);
  return bytes;
}

uint64_t Bits(double value) {
  return std::bit_cast<uint64_t>(value);
}

std::vector<uint64_t> AllAnswers(const ModelBank& bank, const BankOptions& options) {
  std::vector<uint64_t> bits;
  const auto add = [&](double value) { bits.push_back(Bits(value)); };
  for (int steps = 1; steps <= options.horizons.back() + 5; steps = steps * 3 / 2 + 1) {
    const Answer answer = Ask(bank, steps, options.coverages.size());
    add(answer.warm);
    add(answer.point);
    for (const double lower : answer.lower) add(lower);
    for (const double upper : answer.upper) add(upper);
  }
  add(bank.anomaly_score());
  add(bank.constant());
  for (const int season : bank.seasons()) add(season);
  for (size_t i = 0; i < options.horizons.size(); i++) {
    const HorizonScore score = bank.Score(i);
    for (const double sum :
         {score.count, score.absolute_error, score.naive_absolute_error, score.seasonal_naive_absolute_error,
          score.predict_linear_absolute_error, score.banded_count}) {
      add(sum);
    }
    for (const double inside : score.inside) add(inside);
    add(bank.skilful(i));
    for (const ModelWeight& model : bank.Models(i)) {
      add(model.weight);
      add(model.relative_loss);
    }
  }
  const BankBytes bytes = bank.Bytes();
  for (const size_t part : {bytes.models, bytes.pending, bytes.bands, bytes.other}) bits.push_back(part);
  return bits;
}

ModelBank Loaded(const std::shared_ptr<const BankPlan>& plan, const std::string& bytes) {
  std::string problem;
  auto bank = ModelBank::Load(plan, bytes, problem);
  EXPECT_TRUE(bank) << problem;
  return bank ? std::move(*bank) : ModelBank(plan);
}

TEST(BankArchive, ALoadedBankGoesOnBitForBit) {
  unsigned seed = 0;
  size_t most_seasons = 0;
  for (const auto& [name, options] : Cases()) {
    SCOPED_TRACE(name);
    const auto plan = MakeBankPlan(options);
    std::mt19937 random(++seed);
    Feeder feeder{RealStream(900, seed), random};
    ModelBank kept(plan);
    ModelBank loaded = Loaded(plan, Saved(kept));  // also before the first value
    for (size_t cell = 0; cell < feeder.stream.size(); cell++) {
      feeder.Feed({&kept, &loaded});
      if (random() % 60 == 0 || cell < 3) {
        const std::string bytes = Saved(loaded);
        ASSERT_EQ(bytes, Saved(kept)) << cell;
        loaded = Loaded(plan, bytes);
        ASSERT_EQ(Saved(loaded), bytes) << cell;
        ASSERT_EQ(AllAnswers(loaded, options), AllAnswers(kept, options)) << cell;
      }
      if (cell % 32 == 0) {
        ASSERT_EQ(AllAnswers(loaded, options), AllAnswers(kept, options)) << cell;
      }
    }
    if (options.detect_seasons) most_seasons = std::max(most_seasons, kept.seasons().size());
  }
  EXPECT_EQ(most_seasons, 2u);  // the streams show what they were made with
}

// Days of so many cells that phases hold several of them.
TEST(BankArchive, ABankOfLongDaysGoesOnBitForBit) {
  for (const int day : {1440, 2880}) {
    for (const bool detect : {false, true}) {
      BankOptions options;
      options.step_ms = 24 * kHourMs / day;
      options.horizons = {5, 60, day};
      options.coverages = {.8, .95};
      if (!detect) options.seasons = {day, 7 * day};
      options.detect_seasons = detect;
      const auto plan = MakeBankPlan(options);
      const int cells = 6 * day;
      const auto noise = WhiteNoise(cells, 3);
      ModelBank kept(plan), loaded(plan);
      for (int i = 0; i < cells; i++) {
        const double value = 50 + 20 * std::sin(2 * M_PI * i / day) + noise[i];
        kept.Update(value);
        loaded.Update(value);
        if (i % 347 == 0) loaded = Loaded(plan, Saved(loaded));
        if (i % 97 == 0) {
          ASSERT_EQ(AllAnswers(loaded, options), AllAnswers(kept, options)) << i;
        }
      }
      EXPECT_EQ(Saved(loaded), Saved(kept));
      EXPECT_EQ(kept.seasons().front(), day);
    }
  }
}

// What memory held before must not show.
TEST(BankArchive, SameInputSameBytes) {
  for (const auto& [name, options] : SomeCases(7)) {
    SCOPED_TRACE(name);
    const auto plan = MakeBankPlan(options);
    const auto stream = RealStream(400, 5);
    std::string before;
    for (const int dirt : {0x00, 0xA5, 0xFF}) {
      std::vector<void*> dirty;
      for (size_t size = 16; size < 20'000; size += size / 4 + 8) {
        for (int i = 0; i < 3; i++) dirty.push_back(std::memset(std::malloc(size), dirt, size));
      }
      for (void* memory : dirty) std::free(memory);
      ModelBank bank(plan);
      for (const double value : stream) bank.Update(value);
      const std::string bytes = Saved(bank);
      if (!before.empty()) {
        ASSERT_EQ(bytes, before);
      }
      before = bytes;
    }
  }
}

// A bank that has seen all sorts.
ModelBank Grown(const std::shared_ptr<const BankPlan>& plan, unsigned seed, int cells) {
  ModelBank bank(plan);
  Feeder feeder{RealStream(cells, seed), std::mt19937(seed)};
  while (feeder.next < feeder.stream.size()) feeder.Feed({&bank});
  return bank;
}

TEST(BankArchive, EveryTruncationIsRefusedAndSoIsAByteTooMany) {
  for (const auto& [name, options] : SomeCases(19)) {
    SCOPED_TRACE(name);
    const auto plan = MakeBankPlan(options);
    const std::string whole = Saved(Grown(plan, 1, 600));
    for (size_t size = 0; size < whole.size(); size++) {
      std::string problem;
      const std::string part = whole.substr(0, size);  // of its own size, so that a sanitizer sees a byte beyond
      ASSERT_FALSE(ModelBank::Load(plan, part, problem)) << size;
      ASSERT_NE(problem, "") << size;
    }
    std::string problem;
    EXPECT_FALSE(ModelBank::Load(plan, whole + '\0', problem));
    EXPECT_EQ(problem, "a bank's state: more bytes than expected");
  }
}

TEST(BankArchive, TheStateOfAnotherPlanIsRefusedWithALineThatSaysSo) {
  BankOptions base;
  base.horizons = {5, 60};
  base.seasons = {1440};
  base.floor = 0;
  std::vector<BankOptions> plans = {base};
  const auto other = [&](auto change) {
    plans.push_back(base);
    change(plans.back());
  };
  other([](BankOptions& o) { o.horizons = {5}; });
  other([](BankOptions& o) { o.horizons = {5, 61}; });
  other([](BankOptions& o) { o.coverages = {.9}; });
  other([](BankOptions& o) { o.coverages = {.8, .95}; });
  other([](BankOptions& o) { o.seasons = {720}; });
  other([](BankOptions& o) { o.seasons = {1440, 10'080}; });
  other([](BankOptions& o) { o.seasons = {}; });
  other([](BankOptions& o) { o.seasons = {}, o.detect_seasons = true; });
  other([](BankOptions& o) { o.profile = Profile::kLean; });
  other([](BankOptions& o) { o.profile = Profile::kRich; });
  other([](BankOptions& o) { o.extra_models = {"theta"}; });
  other([](BankOptions& o) { o.extra_models = {"drift"}; });
  other([](BankOptions& o) { o.without_models = {"direct_fast"}; });
  other([](BankOptions& o) { o.anomaly_score = false; });
  other([](BankOptions& o) { o.step_ms = 30'000; });
  other([](BankOptions& o) { o.floor = 1; });
  other([](BankOptions& o) { o.floor.reset(); });
  other([](BankOptions& o) { o.ceiling = 100; });
  for (size_t i = 0; i < plans.size(); i++) {
    const std::string bytes = Saved(ModelBank(MakeBankPlan(plans[i])));
    for (size_t j = 0; j < plans.size(); j++) {
      std::string problem;
      const auto bank = ModelBank::Load(MakeBankPlan(plans[j]), bytes, problem);
      ASSERT_EQ(bank.has_value(), i == j) << i << " into " << j;
      if (i != j) {
        ASSERT_NE(problem.find("other options"), std::string::npos) << problem;
      }
    }
  }
}

// Some bytes become others, or the extremes of a number, or those of a bank that has seen something else: then each
// field by itself may be sound.
void Damage(std::string& bytes, const std::string& others, std::mt19937& random) {
  static constexpr double kExtremes[] = {0., -0., -1., 1e308, -1e308, INFINITY, -INFINITY, NAN, 5e-324};
  for (uint32_t left = 1 + random() % 8; left > 0; left--) {
    // The first bytes name the plan: what other bytes they have is refused at once.
    const size_t place = sizeof(uint64_t) + random() % (bytes.size() - sizeof(uint64_t));
    const double extreme = kExtremes[random() % std::size(kExtremes)];
    const auto single = static_cast<float>(extreme);
    const size_t room = bytes.size() - place;
    switch (random() % 8) {
      case 0:
        std::memcpy(&bytes[place], &extreme, std::min(room, sizeof(extreme)));
        break;
      case 1:
        std::memcpy(&bytes[place], &single, std::min(room, sizeof(single)));
        break;
      case 2:
        std::memset(&bytes[place], random() % 2 ? 0xFF : 0x7F, std::min<size_t>(room, 1 + random() % 16));
        break;
      case 3:
      case 4:
      case 5:
        if (place < others.size()) {
          others.copy(&bytes[place], std::min<size_t>(room, 1 + random() % (random() % 2 ? 16 : 400)), place);
        }
        break;
      default:
        bytes[place] = static_cast<char>(random());
    }
  }
}

// Whatever the bytes say, a bank that was loaded from them can be used, and takes no more memory than it may.
TEST(BankArchive, DamagedBytesAreRefusedOrMakeABankThatCanBeUsed) {
  std::mt19937 random(11);
  int loaded = 0, refused = 0;
  for (const auto& [name, options] : SomeCases(7)) {
    SCOPED_TRACE(name);
    const auto plan = MakeBankPlan(options);
    const std::string wholes[] = {Saved(ModelBank(plan)), Saved(Grown(plan, random(), 30)),
                                  Saved(Grown(plan, random(), 600)), Saved(Grown(plan, random(), 610))};
    const size_t most_bytes = ModelBank(plan).StateBytes() + (options.detect_seasons ? 65'536 : 0);
    for (int run = 0; run < 200; run++) {
      std::string bytes = wholes[random() % 4];
      Damage(bytes, wholes[random() % 4], random);
      std::string problem;
      auto bank = ModelBank::Load(plan, bytes, problem);
      (bank ? loaded : refused)++;
      ASSERT_EQ(problem.empty(), bank.has_value());
      if (!bank) continue;
      ASSERT_EQ(Saved(*bank), bytes);
      AllAnswers(*bank, options);
      for (int i = 0; i < 40; i++) {
        bank->Update(random() % 10 == 0 ? kMissing : static_cast<double>(random() % 1000));
        if (random() % 20 == 0) bank->Skip(1 + random() % 300);
      }
      AllAnswers(*bank, options);
      ASSERT_LE(bank->StateBytes(), most_bytes);
      Saved(*bank);
    }
  }
  EXPECT_GT(loaded, 100);
  EXPECT_GT(refused, 100);
}

}  // namespace
}  // namespace promcast
