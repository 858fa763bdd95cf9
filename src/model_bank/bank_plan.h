#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "forecast/direct_regression.h"
#include "forecast/expert.h"
#include "forecast/season_detector.h"
#include "model_bank/horizon_mix.h"
#include "promcast/model_bank.h"

namespace promcast {

/// What the banks of many series share: the options and all that follows from them alone.
struct BankPlan {
  explicit BankPlan(BankOptions bank_options);

  /// Forecasts that are mixed: the experts', the regressions', the extra models'.
  size_t models() const { return first_extra() + extra.size(); }
  size_t first_extra() const { return experts.size() + direct.options.size(); }
  std::string_view model_name(size_t model) const;
  /// The extra model that stands for a borrowed season; it is the last.
  bool may_borrow() const { return options.may_borrow_season && !options.seasons.empty(); }
  /// Of all that the meaning of a bank's state depends on.
  uint64_t Fingerprint() const;

  BankOptions options;
  SeasonMemory memory;
  SeasonSearchPlan season_search;                      ///< where seasons are to be detected
  std::vector<std::unique_ptr<const Expert>> experts;  ///< the naive one first
  std::vector<HorizonPlan> ladder;                     ///< ascending; the first is the one that anomalies are told by
  std::vector<double> line_keeps;                      ///< of the trend lines that horizons are compared with
  size_t tail_bytes = 0;                               ///< of the lines' state, and of the ladder's behind it
  DirectPlan direct;
  std::vector<std::string> extra;  ///< names of the extra models whose seasons are there, or may be found
  size_t first_asked = 0;          ///< where the options' horizons start in the ladder
  uint64_t fingerprint = 0;        ///< stored with a bank's state

 private:
  void AddLines();
};

}  // namespace promcast
