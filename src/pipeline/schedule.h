#pragma once

#include <algorithm>
#include <bitset>
#include <cstdint>
#include <span>
#include <vector>

namespace promcast {

/// Spreads the members of one interval evenly over it: each member has a fixed place within the interval, taken from
/// its number, and is called once an interval. Neighbours by number, which are likely to be neighbours in memory too
/// and to resemble each other, are called one after the other. A lap that comes too late is left out, never piled up.
/// Members are called until they answer false. Not thread-safe.
class Schedule {
 public:
  explicit Schedule(int64_t interval_ms)
      : interval_ms_(interval_ms),
        slot_ms_(std::max<int64_t>(100, interval_ms / 600)),
        slots_(static_cast<size_t>((interval_ms + slot_ms_ - 1) / slot_ms_)) {}

  static constexpr size_t kCalledTogether = 64;

  using Member = uint32_t;  ///< its number

  void Add(Member member) { slots_[PlaceOf(member)].push_back(member); }

  /// When the next slot is due. In the past when it is overdue.
  int64_t next_due_ms() const { return (next_slot_ + 1) * slot_ms_; }

  /// Which of the members that were called together stay, the first in bit 0.
  using Staying = std::bitset<kCalledTogether>;

  /// Calls `call(std::span<const Member>) -> Staying` for the members of the next due slot, if any is due at `now_ms`,
  /// kCalledTogether of them at a time; true when one was.
  template <class Call>
  bool RunNextSlot(int64_t now_ms, Call&& call) {
    const int64_t newest_slot = now_ms / slot_ms_ - 1;  // a slot is due when it has passed
    const auto lap = static_cast<int64_t>(slots_.size());
    if (next_slot_ < 0 || next_slot_ > newest_slot + 2 * lap)
      next_slot_ = newest_slot;  // first call, or the clock went back
    if (next_slot_ > newest_slot) return false;
    const int64_t missed_laps = (newest_slot - next_slot_) / lap;  // going on in the same place keeps turns fair
    late_slots_ += missed_laps * lap;
    next_slot_ += missed_laps * lap;
    std::vector<Member>& members = slots_[static_cast<size_t>(next_slot_++ % lap)];
    size_t kept = 0;
    for (size_t begin = 0; begin < members.size(); begin += kCalledTogether) {
      const size_t end = std::min(begin + kCalledTogether, members.size());
      const Staying staying = call(std::span<const Member>(members).subspan(begin, end - begin));
      for (size_t i = begin; i < end; i++) {
        if (staying[i - begin]) members[kept++] = members[i];
      }
    }
    members.resize(kept);
    return true;
  }

  int64_t interval_ms() const { return interval_ms_; }
  /// Slots left out because a whole lap had been missed.
  int64_t late_slots() const { return late_slots_; }
  size_t allocated_bytes() const {
    size_t bytes = slots_.capacity() * sizeof(slots_[0]);
    for (const auto& slot : slots_) bytes += slot.capacity() * sizeof(Member);
    return bytes;
  }

 private:
  /// Multiples of the golden section spread evenly, however many there are. Source: Knuth, The Art of Computer
  /// Programming, volume 3, 6.4.
  size_t PlaceOf(Member member) const {
    const uint64_t part = static_cast<uint32_t>(member / kCalledTogether) * uint32_t{0x9e3779b9};
    return static_cast<size_t>(static_cast<uint32_t>(part) * uint64_t{slots_.size()} >> 32);
  }

  const int64_t interval_ms_;
  const int64_t slot_ms_;
  std::vector<std::vector<Member>> slots_;
  int64_t next_slot_ = -1;  // counted from the epoch
  int64_t late_slots_ = 0;
};

}  // namespace promcast
