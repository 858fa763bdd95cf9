#include "remote_write/snappy_reader.h"

#include <gtest/gtest.h>
#include <snappy.h>

#include <cstdint>
#include <optional>
#include <random>
#include <string>

namespace promcast {
namespace {

constexpr size_t kGuardBytes = 128;
constexpr char kGuard = '\x5a';

// Nothing when it is refused. What stands behind the place for the bytes must stay as it is.
std::optional<std::string> Inflated(std::string_view elements, size_t bytes) {
  std::string to(bytes + kGuardBytes, kGuard);
  const bool whole = InflateSnappyElements(elements, to.data(), bytes);
  EXPECT_EQ(to.substr(bytes), std::string(kGuardBytes, kGuard));
  to.resize(bytes);
  return whole ? std::optional(to) : std::nullopt;
}

std::optional<std::string> InflatedByTheLibrary(std::string_view elements, size_t bytes) {
  std::string block;
  for (size_t rest = bytes; true; rest >>= 7) {
    block += static_cast<char>(rest < 0x80 ? rest : rest | 0x80);
    if (rest < 0x80) break;
  }
  block += elements;
  std::string to(bytes, '\0');
  if (!snappy::RawUncompress(block.data(), block.size(), to.data())) return std::nullopt;
  return to;
}

class Elements {
 public:
  explicit Elements(uint64_t seed) : random_(seed) {}

  /// Literals and copies of every form, near and far, mostly valid; `bytes` becomes what they yield.
  std::string Next(size_t& bytes) {
    std::string elements;
    bytes = 0;
    for (size_t i = Below(40); i > 0; i--)
      Below(bytes == 0 ? 1 : 3) == 0 ? Literal(elements, bytes) : Copy(elements, bytes);
    return elements;
  }

  void Mutate(std::string& elements) {
    if (elements.empty()) return;
    const size_t at = Below(elements.size());
    switch (Below(3)) {
      case 0:
        elements[at] = static_cast<char>(random_());
        break;
      case 1:
        elements.resize(at);
        break;
      case 2:
        elements.insert(at, 1, static_cast<char>(random_()));
    }
  }

  size_t Below(size_t bound) { return random_() % bound; }

 private:
  void Append(std::string& elements, uint64_t number, size_t number_bytes) {
    for (size_t i = 0; i < number_bytes; i++) elements += static_cast<char>(number >> (8 * i));
  }

  void Literal(std::string& elements, size_t& bytes) {
    const size_t size = 1 + Below(Below(4) == 0 ? 400 : 64);
    const size_t length_bytes = size > 256       ? 2 + Below(3)
                                : size > 60      ? 1 + Below(4)
                                : Below(10) == 0 ? 1 + Below(4)
                                                 : 0;
    elements += static_cast<char>((length_bytes > 0 ? 59 + length_bytes : size - 1) << 2);
    Append(elements, size - 1, length_bytes);
    for (size_t i = 0; i < size; i++) elements += static_cast<char>(random_());
    bytes += size;
  }

  void Copy(std::string& elements, size_t& bytes) {
    const size_t distance = 1 + Below(Below(2) == 0 ? std::min<size_t>(bytes, 70) : bytes);
    if (distance < 2048 && Below(2) == 0) {
      const size_t size = 4 + Below(8);
      elements += static_cast<char>(distance >> 8 << 5 | (size - 4) << 2 | 1);
      Append(elements, distance, 1);
      bytes += size;
      return;
    }
    const size_t size = 1 + Below(64);
    const bool far = Below(8) == 0;
    elements += static_cast<char>((size - 1) << 2 | (far ? 3 : 2));
    Append(elements, distance, far ? 4 : 2);
    bytes += size;
  }

  std::mt19937_64 random_;
};

TEST(SnappyReaderTest, InflatesAsTheLibraryDoes) {
  Elements random(1);
  int taken = 0, refused = 0;
  for (int i = 0; i < 200000; i++) {
    size_t bytes = 0;
    std::string elements = random.Next(bytes);
    if (random.Below(2) == 0) random.Mutate(elements);
    if (random.Below(8) == 0) bytes += random.Below(3) - 1;
    if (bytes > 100000) bytes = 0;
    const auto expected = InflatedByTheLibrary(elements, bytes);
    ASSERT_EQ(Inflated(elements, bytes), expected) << i;
    (expected ? taken : refused)++;
  }
  EXPECT_GT(std::min(taken, refused), 20000);
}

TEST(SnappyReaderTest, RefusesEveryTruncation) {
  Elements random(2);
  for (int i = 0; i < 300; i++) {
    size_t bytes = 0;
    const std::string elements = random.Next(bytes);
    for (size_t size = 0; size < elements.size(); size++) {
      ASSERT_EQ(Inflated(std::string_view(elements).substr(0, size), bytes), std::nullopt) << i << " " << size;
    }
  }
}

TEST(SnappyReaderTest, RepeatsFromEveryDistance) {
  for (size_t distance = 1; distance <= 80; distance++) {
    for (size_t size = 1; size <= 64; size++) {
      for (const size_t behind : {0, 200}) {  // elements are taken otherwise where the block's end is near
        std::string elements, expected;
        const auto literal = [&](size_t bytes) {
          elements += std::string("\xf0", 1) + static_cast<char>(bytes - 1);
          for (size_t i = 0; i < bytes; i++) elements += static_cast<char>(i), expected += static_cast<char>(i);
        };
        literal(distance);
        elements += static_cast<char>((size - 1) << 2 | 2);
        elements += static_cast<char>(distance);
        elements += '\0';
        for (size_t i = 0; i < size; i++) expected += expected[expected.size() - distance];
        if (behind > 0) literal(behind);
        ASSERT_EQ(Inflated(elements, expected.size()), expected) << distance << " " << size;
      }
    }
  }
}

}  // namespace
}  // namespace promcast
