// Holds the decoder against generated protobuf code over mutated requests.
// PROMCAST_MUTATIONS sets how many of them there are in total; a million when
// it is not set. (Meant for slow builds alone, such as those under a
// sanitizer.)
#include <gtest/gtest.h>

#include <cstdlib>
#include <iomanip>
#include <sstream>

#include "oracle.h"
#include "oracle.pb.h"
#include "request_builder.h"

namespace promcast {
namespace {

using testing::Difference;
using testing::OracleDecode;
using testing::ProductDecode;

constexpr int kBaseRequests = 500;

// Low enough for mutations to reach them.
constexpr DecodeLimits kLimits = {
    .max_labels_per_series = 6, .max_label_name_bytes = 130, .max_label_value_bytes = 200, .max_symbols = 40};

int Mutations() {
  const char* set = std::getenv("PROMCAST_MUTATIONS");
  return set != nullptr ? std::atoi(set) : 1000000;
}

class Mutator {
 public:
  Mutator(WriteProtocol protocol, uint64_t seed) : protocol_(protocol), random_(seed) {
    for (int i = 0; i < kBaseRequests; i++) bases_.push_back(testing::RandomRequest(protocol, random_));
  }

  std::string Next() {
    std::string message = bases_[Below(bases_.size())];
    if (Below(2) == 0) {
      MutateInside(message);
    } else {
      Mutate(message);
    }
    return message;
  }

 private:
  size_t Below(size_t bound) { return random_() % bound; }

  void Mutate(std::string& bytes) {
    for (size_t i = 1 + Below(3); i > 0; i--) MutateOnce(bytes);
  }

  void MutateOnce(std::string& bytes) {
    const size_t at = Below(bytes.size() + 1);
    const size_t size = Below(std::min<size_t>(bytes.size() - at, 40) + 1);
    const auto byte = static_cast<char>(random_());
    switch (Below(7)) {
      case 0:
        if (at < bytes.size()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << Below(8)));
        break;
      case 1:
        if (at < bytes.size()) bytes[at] = byte;
        break;
      case 2:
        bytes.resize(at);
        break;
      case 3:
        bytes.insert(at, 1 + Below(11), Below(2) == 0 ? byte : '\x80');
        break;
      case 4:
        bytes.insert(Below(bytes.size() + 1), bytes.substr(at, size));
        break;
      case 5:
        bytes.erase(at, size);
        break;
      case 6: {
        const std::string& other = bases_[Below(bases_.size())];
        bytes.resize(at);
        bytes += other.substr(Below(other.size() + 1));
      }
    }
  }

  // Changes one series alone, so that the request around it stays whole.
  void MutateInside(std::string& message) {
    if (protocol_ == WriteProtocol::kV1) {
      MutateSeries<oracle::V1Request>(message);
    } else {
      MutateSeries<oracle::V2Request>(message);
    }
  }
  template <typename Request>
  void MutateSeries(std::string& message) {
    Request request;
    request.ParseFromString(message);
    if (request.timeseries_size() == 0) return Mutate(message);
    Mutate(*request.mutable_timeseries(static_cast<int>(Below(static_cast<size_t>(request.timeseries_size())))));
    message = request.SerializeAsString();
  }

  const WriteProtocol protocol_;
  std::mt19937_64 random_;
  std::vector<std::string> bases_;
};

std::string Hex(std::string_view bytes) {
  std::ostringstream out;
  for (const char c : bytes) out << std::hex << std::setw(2) << std::setfill('0') << (c & 0xff);
  return out.str();
}

class DifferentialTest : public ::testing::TestWithParam<WriteProtocol> {};

TEST_P(DifferentialTest, DecodesMutatedRequestsAsGeneratedCodeDoes) {
  Mutator mutator(GetParam(), testing::kSeed);
  RequestDecoder decoder(kLimits, testing::kSeed);
  int taken = 0, refused = 0, broken_series = 0, whole_series = 0;
  for (int i = 0, count = Mutations() / 2; i < count; i++) {
    const std::string message = mutator.Next();
    const auto expected = OracleDecode(GetParam(), message, kLimits);
    const std::string difference = Difference(expected, ProductDecode(GetParam(), message, decoder));
    ASSERT_EQ(difference, "") << "mutation " << i << ": " << Hex(message);
    (expected ? taken : refused)++;
    if (!expected) continue;
    for (const auto& series : expected->series)
      (series.errors.contains(SeriesError::kNone) ? whole_series : broken_series)++;
  }
  // The mutations reach both sides of each decision, not one alone.
  EXPECT_GT(std::min(taken, refused), Mutations() / 20);
  EXPECT_GT(std::min(whole_series, broken_series), Mutations() / 20);
}

TEST_P(DifferentialTest, DecodesEveryTruncationAsGeneratedCodeDoes) {
  std::mt19937_64 random(testing::kSeed);
  RequestDecoder decoder(kLimits, testing::kSeed);
  for (int i = 0; i < 100; i++) {
    const std::string message = testing::RandomRequest(GetParam(), random);
    for (size_t size = 0; size <= message.size(); size++) {
      const std::string part = message.substr(0, size);
      ASSERT_EQ(Difference(OracleDecode(GetParam(), part, kLimits), ProductDecode(GetParam(), part, decoder)), "")
          << size << " bytes of " << Hex(message);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Protocols, DifferentialTest, ::testing::Values(WriteProtocol::kV1, WriteProtocol::kV2),
                         [](const auto& instance) { return instance.param == WriteProtocol::kV1 ? "V1" : "V2"; });

}  // namespace
}  // namespace promcast
