#include "intervals/checked_band.h"

#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace promcast {
namespace {

TEST(CheckedBand, KeepsThePointExactlyAndWidthsToTheirStatedPart) {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> magnitude(-8, 8);
  std::uniform_real_distribution<double> share(0, 1);
  for (size_t coverages = 1; coverages <= 8; coverages++) {
    std::vector<std::byte> memory(CheckedBand::Bytes(coverages) + 1);
    CheckedBand band(memory.data() + 1);  // of any alignment
    for (int i = 0; i < 200; i++) {
      const auto point = static_cast<float>(std::pow(10, magnitude(random)));
      std::vector<double> widths(coverages, std::pow(10, magnitude(random)));
      for (size_t c = coverages - 1; c-- > 0;) widths[c] = widths[c + 1] * share(random);
      band.Write(point, widths);
      std::vector<float> read(coverages);
      EXPECT_EQ(band.Read(read), point);
      EXPECT_NEAR(read.back(), widths.back(), widths.back() / 256);
      for (size_t c = 0; c < coverages; c++) EXPECT_NEAR(read[c], widths[c], widths.back() * (1. / 510 + 1. / 256));
    }
  }
}

TEST(CheckedBand, WritesOnlyItsOwnBytes) {
  std::vector<std::byte> memory(CheckedBand::Bytes(3) + 2, std::byte{0xa5});
  CheckedBand band(memory.data() + 1);
  band.Write(1, std::array{1., 2., 3.});
  band.Clear();
  EXPECT_EQ(memory.front(), std::byte{0xa5});
  EXPECT_EQ(memory.back(), std::byte{0xa5});
}

TEST(CheckedBand, ANarrowerBandOfMoreCoverageCountsAsTheOneBefore) {
  std::array<std::byte, CheckedBand::Bytes(3)> memory;
  CheckedBand band(memory.data());
  band.Write(0, std::array{2., 1., 4.});
  std::array<float, 3> read;
  band.Read(read);
  EXPECT_EQ(read[1], read[0]);
  EXPECT_NEAR(read[0], 2, .01);
}

TEST(CheckedBand, NothingWaitsAfterClearingOrWhatIsNotFinite) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr double kMost = std::numeric_limits<float>::max();  // rounds up to infinity
  std::array<std::byte, CheckedBand::Bytes(2)> memory;
  CheckedBand band(memory.data());
  std::array<float, 2> read;
  for (double widest : {kInfinity, kMost}) {
    band.Write(1, std::array{1., 2.});
    EXPECT_EQ(band.Read(read), 1);
    band.Write(1, std::array{1., widest});
    EXPECT_TRUE(std::isnan(band.Read(read)));
  }
  band.Write(1, std::array{0., 0.});
  EXPECT_EQ(band.Read(read), 1);
  EXPECT_EQ(read[1], 0);
  band.Clear();
  EXPECT_TRUE(std::isnan(band.Read(read)));
}

}  // namespace
}  // namespace promcast
