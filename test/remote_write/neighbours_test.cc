// Series that resemble the one before, as those of a real request do: what the decoder remembers of one must never show
// in the next.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "oracle.h"
#include "request_builder.h"

namespace promcast {
namespace {

using testing::Difference;
using testing::OracleDecode;
using testing::ProductDecode;
using testing::TextLabels;
namespace v1 = testing::v1;
namespace v2 = testing::v2;

constexpr int kRequests = 4000;
constexpr DecodeLimits kRoomy;
constexpr DecodeLimits kTight = {
    .max_labels_per_series = 6, .max_label_name_bytes = 16, .max_label_value_bytes = 33, .max_symbols = 4000};

class Neighbours {
 public:
  explicit Neighbours(uint64_t seed) : random_(seed) {}

  TextLabels First() {
    TextLabels labels = {{"__name__", "up"}};
    for (size_t i = Below(7); i > 0; i--) labels.emplace_back(Text(), Text());
    return labels;
  }

  /// The same series but for a few bytes, labels or places.
  TextLabels Next(TextLabels labels) {
    for (size_t i = Below(4); i > 0; i--) Change(labels);
    return labels;
  }

 private:
  size_t Below(size_t bound) { return random_() % bound; }

  /// Of a length at which something changes in how text is compared, hashed or written.
  std::string Text() {
    static constexpr size_t kSizes[] = {0,  1,  2,  3,  4,  7,  8,  9,   12,  13,  14,  15,  16, 17,
                                        24, 31, 32, 33, 47, 48, 49, 100, 123, 124, 127, 128, 300};
    std::string text(kSizes[Below(std::size(kSizes))], 'x');
    if (!text.empty()) text[Below(text.size())] = static_cast<char>('a' + Below(3));
    return text;
  }

  void Change(TextLabels& labels) {
    if (labels.empty()) return labels.emplace_back("__name__", Text()), void();
    auto& [name, value] = labels[Below(labels.size())];
    std::string& text = Below(3) == 0 ? name : value;
    switch (Below(7)) {
      case 0:
        text = Text();
        break;
      case 1:
      case 2:
        if (!text.empty()) text[Below(text.size())] ^= 1;
        break;
      case 3:
        Below(2) == 0 || text.empty() ? text.push_back('\x12') : text.pop_back();
        break;
      case 4:
        std::swap(labels[Below(labels.size())], labels[Below(labels.size())]);
        break;
      case 5:
        labels.erase(labels.begin() + static_cast<ptrdiff_t>(Below(labels.size())));
        break;
      case 6:
        labels.insert(labels.begin() + static_cast<ptrdiff_t>(Below(labels.size())),
                      {Below(3) == 0 ? "__name__" : Text(), Text()});
    }
  }

  std::mt19937_64 random_;
};

template <typename Request>
class NeighboursTest : public ::testing::Test {};
using Requests = ::testing::Types<v1::WriteRequest, v2::Request>;
TYPED_TEST_SUITE(NeighboursTest, Requests);

TYPED_TEST(NeighboursTest, AreDecodedAsIfEachStoodAlone) {
  constexpr WriteProtocol kProtocol =
      std::is_same_v<TypeParam, v1::WriteRequest> ? WriteProtocol::kV1 : WriteProtocol::kV2;
  for (const DecodeLimits& limits : {kRoomy, kTight}) {
    Neighbours neighbours(testing::kSeed);
    RequestDecoder decoder(limits, testing::kSeed);
    TextLabels labels = neighbours.First();
    for (int i = 0; i < kRequests; i++) {
      if (i % 50 == 0) labels = neighbours.First();
      TypeParam request;
      for (int k = 0; k < 12; k++) {
        auto& series = testing::AddSeries(request, labels = neighbours.Next(labels));
        for (int samples = (i + k) % 8; samples < 8; samples += 5) series.add_samples()->set_timestamp(i + k);
      }
      const std::string message = request.SerializeAsString();
      ASSERT_EQ(Difference(OracleDecode(kProtocol, message, limits), ProductDecode(kProtocol, message, decoder)), "")
          << "request " << i;
    }
  }
}

TYPED_TEST(NeighboursTest, OfAnotherRequestAreForgotten) {
  constexpr WriteProtocol kProtocol =
      std::is_same_v<TypeParam, v1::WriteRequest> ? WriteProtocol::kV1 : WriteProtocol::kV2;
  RequestDecoder decoder(kRoomy, testing::kSeed);
  std::string message;  // both stand in the same memory
  for (const char* const metric : {"requests_total_of_the_first", "requests_total_of_the_other"}) {
    TypeParam request;
    testing::AddSeries(request, {{"__name__", metric}, {"job", "j"}}).add_samples();
    const std::string bytes = request.SerializeAsString();
    message.assign(bytes);
    EXPECT_EQ(Difference(OracleDecode(kProtocol, bytes, kRoomy), ProductDecode(kProtocol, message, decoder)), "");
  }
}

}  // namespace
}  // namespace promcast
