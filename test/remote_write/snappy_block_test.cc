#include "remote_write/snappy_block.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace promcast {
namespace {

using ::testing::HasSubstr;

constexpr size_t kMaxDecodedBytes = 1 << 20;

std::string Encoded(std::string_view bytes) {
  std::string block;
  SnappyEncode(bytes, block);
  ByteBuffer same;
  SnappyEncode(bytes, same);
  EXPECT_EQ(same.view(), block);
  return block;
}

TEST(SnappyBlockTest, DecodesWhatItEncoded) {
  std::mt19937_64 random(1);
  ByteBuffer buffer;
  for (size_t size : {0, 1, 59, 60, 61, 255, 256, 65535, 65536, 65537, 300000}) {
    std::string bytes(size, 'a');
    for (char& c : bytes) c = static_cast<char>('a' + random() % 3);
    ASSERT_TRUE(SnappyDecode(Encoded(bytes), kMaxDecodedBytes, buffer).ok()) << size;
    EXPECT_EQ(buffer.view(), bytes) << size;
  }
}

TEST(SnappyBlockTest, RefusesEveryTruncation) {
  const std::string block = Encoded("some text, some text, and some more text that does not repeat: 0123456789");
  ByteBuffer buffer;
  for (size_t size = 0; size < block.size(); size++) {
    EXPECT_EQ(SnappyDecode(block.substr(0, size), kMaxDecodedBytes, buffer).code(), absl::StatusCode::kInvalidArgument)
        << size;
  }
}

TEST(SnappyBlockTest, RefusesABlockWithoutALength) {
  size_t length = 0;
  for (const std::string& block : {std::string(), std::string("\x80"), std::string(6, '\xff')}) {
    EXPECT_THAT(std::string(SnappyDecodedLength(block, kMaxDecodedBytes, length).message()),
                HasSubstr("does not begin with a decoded length"));
  }
}

TEST(SnappyBlockTest, RefusesALengthAboveTheLimitBeforeAnythingIsAllocated) {
  const std::string block = Encoded(std::string(1000, 'x'));
  ByteBuffer buffer;
  EXPECT_TRUE(SnappyDecode(block, 1000, buffer).ok());
  ByteBuffer untouched;
  EXPECT_THAT(std::string(SnappyDecode(block, 999, untouched).message()), HasSubstr("declares 1000 decoded bytes"));
  EXPECT_EQ(untouched.capacity_bytes(), 0u);
}

TEST(SnappyBlockTest, RefusesALengthThatTheBlockCannotHold) {
  size_t length = 0;
  std::string block = "\x5c";  // 92 bytes, in 1 + 3
  block += std::string(3, '\0');
  EXPECT_THAT(std::string(SnappyDecodedLength(block, kMaxDecodedBytes, length).message()), HasSubstr("cannot hold"));
  block[0] = '\x58';  // 88 = 22 x 4
  EXPECT_TRUE(SnappyDecodedLength(block, kMaxDecodedBytes, length).ok());
  EXPECT_EQ(length, 88u);
}

TEST(SnappyBlockTest, TakesTheMostCompressibleBytesThereAre) {
  ByteBuffer buffer;
  const std::string zeros(kMaxDecodedBytes, '\0');
  ASSERT_TRUE(SnappyDecode(Encoded(zeros), kMaxDecodedBytes, buffer).ok());
  EXPECT_EQ(buffer.view(), zeros);
}

TEST(ByteBufferTest, GivesLargeMemoryBack) {
  ByteBuffer buffer;
  buffer.Resize(10 << 20);
  EXPECT_GE(buffer.capacity_bytes(), 10u << 20);
  buffer.Resize(10);
  EXPECT_GE(buffer.capacity_bytes(), 10u << 20);
  buffer.Shrink(1 << 20);
  EXPECT_EQ(buffer.capacity_bytes(), 1u << 20);
  buffer.Shrink(0);
  EXPECT_EQ(buffer.capacity_bytes(), 0u);
  EXPECT_EQ(buffer.view(), "");
}

}  // namespace
}  // namespace promcast
