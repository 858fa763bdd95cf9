#include "pipeline/cohorts.h"

#include <algorithm>
#include <iterator>

namespace promcast {

std::optional<size_t> Cohorts::Cohort::PlaceOf(const Fingerprint& series) const {
  const auto known =
      std::find_if(siblings.begin(), siblings.end(), [&](const Sibling& one) { return one.series == series; });
  if (known != siblings.end() || siblings.size() < kMostSiblings) return known - siblings.begin();
  const auto highest = std::max_element(siblings.begin(), siblings.end(),
                                        [](const Sibling& a, const Sibling& b) { return a.series.low < b.series.low; });
  return series.low < highest->series.low ? std::optional<size_t>(highest - siblings.begin()) : std::nullopt;
}

bool Cohorts::Wants(const Fingerprint& cohort, const Fingerprint& series) const {
  MutexLock lock(mutex_);
  const auto at = cohorts_.find(cohort);
  return at == cohorts_.end() ? cohorts_.size() < kMostCohorts : at->second.PlaceOf(series).has_value();
}

void Cohorts::Offer(const Fingerprint& cohort, const Fingerprint& series, const SeasonShape& shape, int64_t now_ms,
                    int64_t forget_ms) {
  MutexLock lock(mutex_);
  if (cohorts_.size() >= kMostCohorts && !cohorts_.contains(cohort)) return;
  Cohort& kept = cohorts_[cohort];
  const std::optional<size_t> place = kept.PlaceOf(series);
  if (!place) return;
  if (*place == kept.siblings.size()) {
    kept.siblings.emplace_back();
    kept.shapes.emplace_back();
  }
  kept.siblings[*place] = {series, now_ms, forget_ms};
  kept.shapes[*place] = shape;
}

std::optional<SeasonShape> Cohorts::Common(const Fingerprint& cohort) const {
  MutexLock lock(mutex_);
  const auto at = cohorts_.find(cohort);
  return at == cohorts_.end() ? std::nullopt : CommonShape(at->second.shapes);
}

void Cohorts::Cohort::Forget(size_t place) {
  siblings[place] = siblings.back();
  shapes[place] = shapes.back();
  siblings.pop_back();
  shapes.pop_back();
}

void Cohorts::Withdraw(const Fingerprint& cohort, const Fingerprint& series) {
  MutexLock lock(mutex_);
  const auto at = cohorts_.find(cohort);
  if (at == cohorts_.end()) return;
  const std::vector<Sibling>& siblings = at->second.siblings;
  for (size_t i = siblings.size(); i-- > 0;) {
    if (siblings[i].series == series) at->second.Forget(i);
  }
  if (siblings.empty()) cohorts_.erase(at);
}

void Cohorts::Forget(int64_t now_ms) {
  MutexLock lock(mutex_);
  for (auto at = cohorts_.begin(); at != cohorts_.end();) {
    const std::vector<Sibling>& siblings = at->second.siblings;
    for (size_t i = siblings.size(); i-- > 0;) {
      if (siblings[i].forget_ms < now_ms || siblings[i].offered_ms > now_ms) at->second.Forget(i);
    }
    at = siblings.empty() ? cohorts_.erase(at) : std::next(at);
  }
}

size_t Cohorts::size() const {
  MutexLock lock(mutex_);
  return cohorts_.size();
}

size_t Cohorts::bytes() const {
  MutexLock lock(mutex_);
  size_t bytes = 0;
  for (const auto& [fingerprint, cohort] : cohorts_) {
    bytes += sizeof(Fingerprint) + sizeof(Cohort) + cohort.siblings.capacity() * sizeof(Sibling) +
             cohort.shapes.capacity() * sizeof(SeasonShape);
  }
  return bytes;
}

}  // namespace promcast
