#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "remote_write/wire.h"

namespace promcast {

/// The symbols of one 2.0 request and the hash of each. What room it has is kept for the next request. One thread at a
/// time, but several may read it between two calls of other methods.
class SymbolTable {
 public:
  static constexpr uint32_t kTag = WireTag(4, WireType::kBytes);  ///< of a symbol in a request
  static constexpr size_t kSymbolBytes = 16;  ///< what room for one takes

  /// `longest_plain_bytes`: see plain().
  SymbolTable(size_t longest_plain_bytes, uint64_t hash_seed) : longest_plain_(longest_plain_bytes), seed_(hash_seed) {}

  /// Forgets all. What is added from now on stands in `message`, which has at most 4 GiB.
  void Begin(std::string_view message);
  /// Makes room for so many in all.
  void Reserve(size_t symbols);
  /// Gives room for more than 65,536 symbols (1 MiB) back, where there are fewer.
  void GiveRoomBack();
  bool full() const { return size_ == hashes_.size(); }
  /// There must be room.
  void Add(std::string_view text);
  /// Adds the symbols that follow each other in the reader as fields of fewer than 128 bytes, as long as there is room,
  /// up to `most`; returns how many.
  size_t AddRun(WireReader& reader, size_t most);

  size_t size() const { return size_; }
  std::string_view Text(uint32_t symbol) const { return {message_ + places_[symbol].offset, bytes(symbol)}; }
  size_t bytes(uint32_t symbol) const { return places_[symbol].bytes; }
  /// One a symbol: HashLabelText.
  const uint64_t* hashes() const { return hashes_.data(); }
  /// None is too long, and only one is empty.
  bool plain() const { return longest_ <= longest_plain_ && empty_ <= 1; }

 private:
  // Of a text in the message.
  struct Place {
    uint32_t offset, bytes;
  };
  static_assert(sizeof(Place) + sizeof(uint64_t) == kSymbolBytes);

  const size_t longest_plain_;
  const uint64_t seed_;
  const char* message_ = nullptr;
  std::vector<Place> places_;  // these two are as long as there is room
  std::vector<uint64_t> hashes_;
  size_t size_ = 0;
  size_t longest_ = 0, empty_ = 0;
};

}  // namespace promcast
