#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "remote_write/decoder.h"

namespace promcast::testing {

/// Reads everything that a request holds, for fuzz targets: aborts when the decoder contradicts itself.
inline void WalkRequest(WriteProtocol protocol, std::string_view message) {
  const auto require = [](bool holds) {
    if (!holds) __builtin_trap();
  };
  RequestDecoder decoder({.max_labels_per_series = 8, .max_label_name_bytes = 64, .max_label_value_bytes = 64}, 1);
  if (!decoder.Reset(protocol, message).ok()) return;
  std::vector<LabelView> labels;
  for (SeriesView series; decoder.NextSeries(series);) {
    const bool whole = series.error() == SeriesError::kNone;
    require(decoder.CopyLabels(series.offset(), series.size_bytes(), labels) == whole);
    Fingerprint sum;
    for (const LabelView& label : labels) sum += LabelFingerprint(label.name, label.value, 1);
    require(!whole || sum == series.fingerprint());
    for (Sample sample; series.NextSample(sample);) require(whole);
    for (HistogramView histogram; series.NextHistogram(histogram);) require(whole);
    require(whole || !series.metadata().has_value());
  }
  for (MetadataView metadata; decoder.NextMetadata(metadata);) require(metadata.help.size() <= message.size());
}

}  // namespace promcast::testing
