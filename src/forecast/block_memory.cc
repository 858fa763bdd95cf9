#include "forecast/block_memory.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>

#include "archive/archive.h"

namespace promcast {
namespace {
constexpr float kRoom = .25F;       // of a new range: the next value may lie a little beyond
constexpr int kOutermost = 100;     // a code that only the ends of the range have
constexpr int kSomeKnown = 8;       // before that their range is not trusted
constexpr float kReach = 16;        // ranges beyond the other values of the block
constexpr float kFarthest = 1e36F;  // values beyond count as that
constexpr float kBeyondAll = 1e37F;
}  // namespace

int8_t BlockMemory::Block::CodeOf(float value) const {
  if (unit == 0) return 0;
  const auto largest = static_cast<float>(kLargestCode);
  return static_cast<int8_t>(std::lrint(std::clamp((value - base) / unit, -largest, largest)));
}

inline BlockMemory::CodeSum BlockMemory::Block::SumOf(int first, int count) const {
  constexpr uint64_t kLow = 0x0101010101010101, kHigh = kLow << 7, kEven = 0x00ff00ff00ff00ff;
  constexpr int kEight = 8, kByteBits = 8;
  uint64_t pairs = 0;    // sums of four bytes each
  uint64_t unknown = 0;  // by place in the word: how many bytes were zero
  const auto add = [&](uint64_t bytes, uint64_t mask) {
    pairs += (bytes & mask & kEven) + ((bytes & mask) >> kByteBits & kEven);
    unknown += (~(((bytes & ~kHigh) + ~kHigh) | bytes) & kHigh & mask) >> (kByteBits - 1);
  };
  const auto load = [&](int from) {
    uint64_t bytes = 0;
    std::memcpy(&bytes, codes.data() + from, sizeof(bytes));
    return bytes ^ kHigh;  // codes above the unknown one, which is zero then
  };
  int at = first;
  for (; at + kEight <= first + count; at += kEight) add(load(at), ~uint64_t{0});
  if (const int left = first + count - at; left > 0) {
    const int from = std::min(at, kBlockPhases - kEight);
    add(load(from) >> kByteBits * (at - from), (uint64_t{1} << kByteBits * left) - 1);
  }
  const int known = count - static_cast<int>(unknown * kLow >> 56);
  return {static_cast<int>(pairs * (kEven / 0xff) >> 48) + known * kUnknown, known};
}

// Without a branch, so that it becomes vector code.
BlockMemory::CodeRange BlockMemory::Block::RangeBut(int left_out) const {
  std::array<int8_t, kBlockPhases> others = codes;
  others[left_out] = kUnknown;
  CodeRange range{std::numeric_limits<int8_t>::max(), kUnknown, 0};
  for (const int8_t code : others) {
    const int8_t low = code == kUnknown ? std::numeric_limits<int8_t>::max() : code;
    range.low = low < range.low ? low : range.low;
    range.high = code > range.high ? code : range.high;
    range.known = static_cast<int8_t>(range.known + (code == kUnknown ? 0 : 1));
  }
  return range;
}

void BlockMemory::Block::Fit(int left_out, float value) {
  float low = std::numeric_limits<float>::infinity();
  float high = -low;
  const CodeRange others = RangeBut(left_out);
  if (others.known > 0) {
    low = ValueOf(others.low);
    high = ValueOf(others.high);
  }
  if (others.known >= kSomeKnown && low < high) {
    value = std::clamp(value, low - kReach * (high - low), high + kReach * (high - low));
  }
  low = std::min(low, value);
  high = std::max(high, value);
  // Each fit rounds all values once more.
  if (Holds(value) && high - low > unit * kLargestCode) return;
  BlockMemory::Block fitted;
  fitted.base = low / 2 + high / 2;
  fitted.unit = (high / 2 - low / 2) * (1 + kRoom) / kLargestCode;
  for (int i = 0; i < kBlockPhases; i++) {
    if (codes[i] != kUnknown) fitted.codes[i] = fitted.CodeOf(ValueOf(codes[i]));
  }
  *this = fitted;
}

BlockMemory::BlockMemory(int phases) : phases_(phases), blocks_(new Block[blocks()]) {}

void BlockMemory::Clear() {
  std::fill_n(blocks_.get(), blocks(), Block());
}

void BlockMemory::Set(int phase, double value) {
  Block& block = blocks_[phase / kBlockPhases];
  const int place = phase % kBlockPhases;
  const auto rounded = static_cast<float>(std::clamp<double>(value, -kFarthest, kFarthest));
  int8_t& code = block.codes[place];
  // Anew as well when one of the outermost goes: its range is given back.
  if (!block.Holds(rounded) || (code != kUnknown && std::abs(code) >= kOutermost)) block.Fit(place, rounded);
  code = block.CodeOf(rounded);
}

double BlockMemory::MeanAround(int phase, int width) const {
  float sum = 0;
  int known = 0;
  int at = phase - width;
  while (at < 0) at += phases_;
  for (int left = 2 * width + 1; left > 0;) {
    // As far as one block reaches.
    const Block& block = blocks_[static_cast<unsigned>(at) / kBlockPhases];
    const int first = static_cast<int>(static_cast<unsigned>(at) % kBlockPhases);
    const int count = std::min(left, std::min(kBlockPhases - first, phases_ - at));
    const auto [codes, held] = block.SumOf(first, count);
    sum += static_cast<float>(held) * block.base + block.unit * static_cast<float>(codes);
    known += held;
    left -= count;
    at += count;
    if (at == phases_) at = 0;
  }
  return known > 0 ? sum / static_cast<float>(known) : std::numeric_limits<double>::quiet_NaN();
}

size_t BlockMemory::HeapBytes() const {
  return blocks() * sizeof(Block);
}

template <class Archive>
void BlockMemory::Persist(Archive& archive) {
  auto& [phases, memory] = *this;
  static_assert(sizeof(Block) == 2 * sizeof(float) + kBlockPhases);
  const std::span all(memory.get(), blocks());
  archive.Block(all);
  const bool finite = std::all_of(all.begin(), all.end(), [](const Block& block) {
    return std::abs(block.base) <= kBeyondAll && block.unit >= 0 && block.unit <= kBeyondAll;
  });
  archive.Require(finite, "a block of phases");
}
template void BlockMemory::Persist(ArchiveWriter&);
template void BlockMemory::Persist(ArchiveReader&);

}  // namespace promcast
