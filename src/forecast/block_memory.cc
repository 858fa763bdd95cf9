#include "forecast/block_memory.h"

#include <algorithm>
#include <array>
#include <bit>
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

using Bytes16 [[gnu::vector_size(16)]] = int8_t;
using Words2 [[gnu::vector_size(16)]] = uint64_t;
constexpr int kAtOnce = sizeof(Bytes16);

// From the middle on a vector of which all counts; before and behind it one of which nothing does.
constexpr std::array<int8_t, 3 * kAtOnce> kRun = [] {
  std::array<int8_t, 3 * kAtOnce> run{};
  std::fill_n(run.begin() + kAtOnce, kAtOnce, int8_t{-1});
  return run;
}();

Bytes16 LoadBytes(const int8_t* at) {
  Bytes16 bytes;
  std::memcpy(&bytes, at, sizeof(bytes));
  return bytes;
}
}  // namespace

int8_t BlockMemory::Block::CodeOf(float value) const {
  if (unit == 0) return 0;
  const auto largest = static_cast<float>(kLargestCode);
  return static_cast<int8_t>(std::lrint(std::clamp((value - base) / unit, -largest, largest)));
}

inline BlockMemory::CodeSum BlockMemory::Block::SumOf(int first, int count) const {
  constexpr uint64_t kOnes = 0x0101010101010101, kEven = 0x00ff00ff00ff00ff;
  Words2 pairs{};  // sums of four codes each, told from the unknown one
  Words2 known{};  // by place in the word: how many are
  for (int at = first; at < first + count; at += kAtOnce) {
    const int from = std::min(at, kBlockPhases - kAtOnce);
    const int end = std::min(first + count - from, kAtOnce);
    const Bytes16 held = LoadBytes(codes.data() + from);
    const Bytes16 counted = (held != kUnknown) & LoadBytes(kRun.data() + kAtOnce - (at - from)) &
                            LoadBytes(kRun.data() + 2 * kAtOnce - end);
    const auto words = std::bit_cast<Words2>((held ^ kUnknown) & counted);
    pairs += (words & kEven) + (words >> 8 & kEven);
    known += std::bit_cast<Words2>(counted) & kOnes;
  }
  const int held = static_cast<int>((known[0] + known[1]) * kOnes >> 56);
  return {static_cast<int>((pairs[0] + pairs[1]) * (kEven / 0xff) >> 48) + held * kUnknown, held};
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
