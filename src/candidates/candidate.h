#pragma once

#include <cstdint>

#include "archive/archive.h"
#include "candidates/seen_range.h"
#include "promcast/model.h"

namespace promcast {

/// What all candidates share: how missing cells pass, and bounds on what goes in and comes out. Values beyond
/// +-kLargestValue count as +-kLargestValue; infinite ones are missing. A forecast leaves the seen range by at most the
/// range's own width. Nothing is allocated after construction.
///
/// Missing cells before the first value leave no trace: time begins with the first value.
class Candidate : public Model {
 public:
  static constexpr double kLargestValue = 1e30;

  void Update(double value) final;
  void Skip(int64_t cells) final;
  void Forecast(std::span<const int> steps, std::span<double> out) const final;
  /// The same for one cell.
  double Ahead(int64_t steps) const;
  void Persist(ArchiveWriter& archive);
  void Persist(ArchiveReader& archive);

 protected:
  /// The next value, `cells` (>= 1) cells after the one before; 1 for the first value.
  virtual void Learn(double value, int64_t cells) = 0;
  /// The value `steps` (>= 1) cells after the newest value; NaN while unknown. Called after the first value only.
  virtual double Expect(int64_t steps) const = 0;
  /// out[i] = Expect(steps[i] + gap).
  virtual void ExpectEach(std::span<const int> steps, int64_t gap, std::span<double> out) const;
  /// A value was seen.
  bool began() const { return !seen_.empty(); }

 private:
  virtual void PersistOwn(ArchiveWriter& archive) = 0;
  virtual void PersistOwn(ArchiveReader& archive) = 0;
  template <class Archive>
  void PersistAll(Archive& archive);

  SeenRange seen_;
  int64_t gap_ = 0;  // cells since the newest value
};

/// A candidate whose class names its own fields in PersistFields(archive).
template <class Own>
class PersistentCandidate : public Candidate {
  void PersistOwn(ArchiveWriter& archive) final { static_cast<Own*>(this)->PersistFields(archive); }
  void PersistOwn(ArchiveReader& archive) final { static_cast<Own*>(this)->PersistFields(archive); }
};

}  // namespace promcast
