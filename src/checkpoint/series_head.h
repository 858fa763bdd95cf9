#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "archive/archive.h"
#include "timeseries/labels.h"

namespace promcast {

/// How each record of a kSeries block begins; what follows is the pipeline's.
struct SeriesHead {
  std::vector<LabelView> labels;  ///< in the order in which they were given
  int64_t newest_ms = 0;          ///< timestamp of the newest sample
};

void AppendSeriesHead(std::span<const LabelView> labels, int64_t newest_ms, std::string& out);
/// The labels point into what `archive` reads. What is wrong stands in `archive`.
void ReadSeriesHead(ArchiveReader& archive, SeriesHead& head);

/// A record of a kFamilies block: a metric family and its type, as a number of the pipeline's.
struct StoredFamily {
  std::string_view name;
  uint8_t type = 0;
};

void AppendFamily(const StoredFamily& family, std::string& out);
/// The name points into `record`. False when it is broken.
bool ReadFamily(std::string_view record, StoredFamily& family);

}  // namespace promcast
