#include "pipeline/lineage.h"

#include <algorithm>
#include <utility>

namespace promcast {

void Lineage::Leave(const Fingerprint& identity, LeftModel left, size_t limit) {
  MutexLock lock(mutex_);
  if (size_ >= limit) return;
  by_identity_[identity].push_back(std::move(left));
  size_++;
}

LeftModel Lineage::Take(const Fingerprint& identity, const Fingerprint& series, const Rule* rule, CellReading reading,
                        uint32_t step_ms, int64_t timestamp_ms) {
  MutexLock lock(mutex_);
  const auto all = by_identity_.find(identity);
  if (all == by_identity_.end()) return {};
  std::vector<LeftModel>& left = all->second;
  auto best = left.end();
  for (auto one = left.begin(); one != left.end(); one++) {
    const CellGrid& grid = one->model->grid;
    const bool fits = one->rule == rule && grid.reading() == reading && (step_ms == 0 || grid.step_ms() == step_ms) &&
                      !grid.empty() && grid.newest_ms() < timestamp_ms;
    if (!fits) continue;
    if (best == left.end() || one->series == series || (best->series != series && one->left_ms >= best->left_ms)) {
      best = one;
    }
  }
  if (best == left.end()) return {};
  LeftModel taken = std::move(*best);
  left.erase(best);
  if (left.empty()) by_identity_.erase(all);
  size_--;
  return taken;
}

void Lineage::Forget(int64_t before_ms, int64_t now_ms) {
  MutexLock lock(mutex_);
  for (auto all = by_identity_.begin(); all != by_identity_.end();) {
    size_ -= std::erase_if(
        all->second, [&](const LeftModel& left) { return left.left_ms < before_ms || left.left_ms > now_ms; });
    all = all->second.empty() ? by_identity_.erase(all) : std::next(all);
  }
}

size_t Lineage::size() const {
  MutexLock lock(mutex_);
  return size_;
}

BankBytes Lineage::bytes() const {
  MutexLock lock(mutex_);
  BankBytes bytes;
  for (const auto& [identity, all] : by_identity_) {
    for (const LeftModel& left : all) {
      bytes += left.model->bank->Bytes();
      bytes.other += sizeof(LeftModel) + sizeof(SeriesModel) - sizeof(ModelBank);
    }
  }
  return bytes;
}

}  // namespace promcast
