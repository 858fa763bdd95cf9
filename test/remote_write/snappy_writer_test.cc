#include "remote_write/snappy_writer.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "remote_write/snappy_block.h"
#include "remote_write/wire.h"

namespace promcast {
namespace {

TEST(SnappyWriterTest, TheLibraryInflatesWhateverMixOfLiteralsAndRepeatsIsWritten) {
  std::mt19937_64 random(5);
  const auto pick = [&](size_t count) { return static_cast<size_t>(random() % count); };
  for (int round = 0; round < 500; round++) {
    struct Element {
      bool repeat;
      size_t from, bytes;
    };
    std::string text;
    std::vector<Element> elements;
    for (size_t i = pick(200); i > 0; i--) {
      const size_t bytes = pick(4) == 0 ? pick(3000) : pick(70);
      const size_t window = std::min<size_t>(text.size(), SnappyWriter::kWindowBytes);
      const size_t back = window == 0 ? 0 : 1 + pick(window);
      if (bytes >= SnappyWriter::kMinRepeatBytes && back >= bytes && pick(2) == 0) {
        elements.push_back({true, text.size() - back, bytes});
        text += std::string(text, text.size() - back, bytes);
      } else {
        elements.push_back({false, text.size(), bytes});
        for (size_t j = 0; j < bytes; j++) text += static_cast<char>(random());
      }
    }
    std::string block(SnappyWriter::MaxBytes(text.size()), '?');
    SnappyWriter writer(WriteVarint(block.data(), text.size()));
    size_t written = 0;
    for (const Element& element : elements) {
      ASSERT_EQ(writer.position(), written);
      if (element.repeat) {
        writer.Repeat(static_cast<uint32_t>(element.from), static_cast<uint32_t>(element.bytes));
      } else if (const size_t bytes = element.bytes; bytes > 0 && bytes <= SnappyWriter::kShortBytes && pick(2) == 0) {
        std::string readable = text.substr(element.from, bytes);
        readable.append(SnappyWriter::kShortBytes - bytes, '!');
        writer.ShortLiteral(readable.data(), bytes);
      } else {
        writer.Literal(std::string_view(text).substr(element.from, element.bytes));
      }
      written += element.bytes;
    }
    const auto block_bytes = static_cast<size_t>(writer.Finish() - block.data());
    ASSERT_LE(block_bytes, block.size());
    ByteBuffer inflated;
    ASSERT_TRUE(SnappyDecode(std::string_view(block).substr(0, block_bytes), text.size(), inflated).ok());
    ASSERT_EQ(inflated.view(), text);
  }
}

}  // namespace
}  // namespace promcast
