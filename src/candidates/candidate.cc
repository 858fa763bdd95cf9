#include "candidates/candidate.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace promcast {
namespace {
constexpr int64_t kLongestGap = int64_t{1} << 40;
}

void Candidate::Update(double value) {
  if (!std::isfinite(value)) return Skip(1);
  value = std::clamp(value, -kLargestValue, kLargestValue);
  const int64_t cells = seen_.empty() ? 1 : gap_ + 1;
  seen_.Add(value);
  gap_ = 0;
  Learn(value, cells);
}

void Candidate::Skip(int64_t cells) {
  gap_ += std::clamp<int64_t>(cells, 0, kLongestGap - gap_);
}

void Candidate::Forecast(std::span<const int> steps, std::span<double> out) const {
  if (seen_.empty()) {
    std::fill(out.begin(), out.end(), std::numeric_limits<double>::quiet_NaN());
    return;
  }
  ExpectEach(steps, gap_, out);
  for (double& value : out) value = seen_.Clamp(value);
}

double Candidate::Ahead(int64_t steps) const {
  return seen_.empty() ? std::numeric_limits<double>::quiet_NaN() : seen_.Clamp(Expect(steps + gap_));
}

void Candidate::ExpectEach(std::span<const int> steps, int64_t gap, std::span<double> out) const {
  for (size_t i = 0; i < steps.size(); i++) out[i] = Expect(steps[i] + gap);
}

template <class Archive>
void Candidate::PersistAll(Archive& archive) {
  archive(seen_, gap_);
  archive.Require(gap_ >= 0 && gap_ <= kLongestGap, "the cells since a model's newest value");
  PersistOwn(archive);
}

void Candidate::Persist(ArchiveWriter& archive) {
  PersistAll(archive);
}

void Candidate::Persist(ArchiveReader& archive) {
  PersistAll(archive);
}

}  // namespace promcast
