#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "pipeline/awaited_history.h"
#include "timeseries/selector.h"

namespace promcast {

/// A series that waits, and the shard that it is in.
struct AskOfShard {
  size_t shard = 0;
  HistoryAsk ask;
};

/// Series of one rule whose history is read together.
struct HistoryGroup {
  std::vector<AskOfShard> members;
  std::unordered_map<std::string, size_t> by_labels;  ///< members, by label block
  std::vector<std::vector<Matcher>> selectors;        ///< any of them; they may select others as well
  int64_t from_ms = 0, end_ms = 0;
  std::chrono::steady_clock::time_point collected = std::chrono::steady_clock::now();
};

/// Few series are asked for by all their labels; many by their rule's selectors, narrowed by the labels that they
/// share, by their metrics' names and by the values of the label that tells most of them apart, without promcast's own
/// series.
std::vector<HistoryGroup> GroupAsks(std::vector<AskOfShard> asks);

}  // namespace promcast
