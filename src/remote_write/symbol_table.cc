#include "remote_write/symbol_table.h"

#include <algorithm>
#include <cassert>

#include "timeseries/fingerprint.h"

namespace promcast {
namespace {

constexpr size_t kKept = 64 << 10;
constexpr uint32_t kSymbol = WireTag(4, WireType::kBytes);  // of a request

}  // namespace

void SymbolTable::Begin(std::string_view message) {
  message_ = message.data();
  size_ = longest_ = empty_ = 0;
}

void SymbolTable::GiveRoomBack() {
  if (hashes_.size() <= kKept || size_ > kKept) return;
  places_.resize(size_);
  places_.shrink_to_fit();
  hashes_.resize(size_);
  hashes_.shrink_to_fit();
}

void SymbolTable::Reserve(size_t symbols) {
  if (symbols <= hashes_.size()) return;
  places_.reserve(symbols);  // no more than that: resize alone would double what there was
  places_.resize(symbols);
  hashes_.reserve(symbols);
  hashes_.resize(symbols);
}

void SymbolTable::Add(std::string_view text) {
  assert(!full());
  longest_ = std::max(longest_, text.size());
  empty_ += text.empty() ? 1 : 0;
  places_[size_] = {static_cast<uint32_t>(text.data() - message_), static_cast<uint32_t>(text.size())};
  hashes_[size_] = HashLabelText(text, seed_);
  size_++;
}

size_t SymbolTable::AddRun(WireReader& from, size_t most) {
  WireReader reader = from;
  Place* const places = places_.data();
  uint64_t* const hashes = hashes_.data();
  const char* const message = message_;
  const uint64_t seed = seed_;
  const size_t begin = size_;
  const size_t end = begin + std::min(most, hashes_.size() - begin);
  size_t longest = 0, empty = 0;
  size_t at = begin;
  for (std::string_view text; at < end && reader.TakeShortField(kSymbol, text); at++) {
    longest = std::max(longest, text.size());
    empty += text.empty() ? 1 : 0;
    places[at] = {static_cast<uint32_t>(text.data() - message), static_cast<uint32_t>(text.size())};
    hashes[at] = HashLabelText(text, seed);
  }
  longest_ = std::max(longest_, longest);
  empty_ += empty;
  size_ = at;
  from = reader;
  return at - begin;
}

}  // namespace promcast
