#pragma once

#include <map>
#include <string>
#include <vector>

#include "checkpoint/record_block.h"
#include "checkpoint/snapshot_reader.h"
#include "checkpoint/snapshot_writer.h"
#include "timeseries/labels.h"

namespace promcast::testing {

inline constexpr int64_t kWritten = 1'700'000'000'000;

/// A record of the series, in which `state` stands for what the pipeline keeps.
std::string SeriesRecordOf(const Labels& labels, int64_t newest_ms, const std::string& state);
RecordBlock BlockOf(const std::vector<std::string>& records);
RecordBlock FamiliesOf(const std::vector<std::pair<std::string, uint8_t>>& families);

/// A snapshot with one block of families, and one of series for each list of records.
std::string SnapshotOf(const std::vector<std::vector<std::string>>& blocks,
                       const std::vector<std::pair<std::string, uint8_t>>& families = {},
                       int64_t created_ms = kWritten);

/// All records of series in the snapshot, in order; fails the test when it is not whole.
std::vector<std::string> RecordsIn(const std::string& snapshot);
/// By labels, what SeriesRecordOf was given as state.
std::map<std::string, std::string> StatesIn(const std::string& snapshot);

/// Opens the snapshot and reads it to the end; the first problem.
absl::Status ReadWhole(const std::string& snapshot);

}  // namespace promcast::testing
