// How a bank is stored.
#include <cmath>

#include "archive/archive.h"
#include "candidates/borrowed_season.h"
#include "model_bank/bank_impl.h"

namespace promcast {
namespace {

constexpr int64_t kMostCells = int64_t{1} << 62;

}  // namespace

template <class Archive>
void ModelBank::Impl::Persist(Archive& archive) {
  auto& [of_plan, known, direct, rare, newest, unit, only_one, positive, score] = *this;
  archive(unit, newest, score, only_one, positive);
  archive.Require(newest >= -1 && newest < kMostCells, "the count of cells");
  archive.Require(!(std::abs(score) > kFarthestScore), "the anomaly score");
  SeasonDetector* const found = detector();
  if (found) archive(*found);
  if (Archive::kReads && found && archive.ok() && found->seasons() > 0) {
    const std::vector<int> seasons = Seasons();
    known = Past(seasons, of_plan->memory);
    MakeSeasonalExtra(seasons);
  }
  archive(known);
  archive.Require(known.seen() <= newest + 1, "the count of values");
  for (size_t rung = 0; rung < rungs(); rung++) {
    HorizonMix one = mix(rung);
    archive(one);
  }
  for (ExtraModel& one : extra()) {
    if (one.borrowed) {
      bool borrows = one.model != nullptr;
      archive(borrows);
      if (Archive::kReads && borrows) one.model = std::make_unique<BorrowedSeason>(options().seasons.front());
    }
    if (one.model) archive(*one.model);
  }
  if (direct) archive(*direct);
  for (TrendLine& line : lines()) archive(line);
}

void ModelBank::Save(std::string& out) const {
  ArchiveWriter archive(out);
  uint64_t fingerprint = impl_->plan->fingerprint;
  archive(fingerprint);
  impl_->Persist(archive);
}

std::optional<ModelBank> ModelBank::Load(std::shared_ptr<const BankPlan> plan, std::string_view bytes,
                                         std::string& problem) {
  ArchiveReader archive(bytes);
  uint64_t fingerprint = 0;
  archive(fingerprint);
  if (archive.ok() && fingerprint != plan->fingerprint) {
    problem = "a bank's state: it was saved with other options, or by another version of the models";
    return std::nullopt;
  }
  ModelBank bank(std::move(plan));
  if (archive.ok()) bank.impl_->Persist(archive);
  archive.Require(archive.left() == 0, "more bytes than expected");
  if (archive.ok()) return bank;
  problem = "a bank's state: " + std::string(archive.problem());
  return std::nullopt;
}

}  // namespace promcast
