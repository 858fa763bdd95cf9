#include "remote_write/symbol_table.h"

#include <algorithm>
#include <cassert>

#include "timeseries/fingerprint.h"

namespace promcast {
namespace {

constexpr size_t kKept = 64 << 10;

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
  const size_t begin = size_;
  const size_t end = begin + std::min(most, hashes_.size() - begin);
  for (std::string_view text; size_ < end && reader.TakeShortField(kTag, text);) Add(text);
  from = reader;
  return size_ - begin;
}

}  // namespace promcast
