#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "timeseries/labels.h"

namespace promcast {

/// A label block: labels sorted by name, encoded as the `labels` fields of a remote-write 1.0 TimeSeries. Requests
/// are copied from it without encoding again.
void AppendLabel(std::string& block, std::string_view name, std::string_view value);
/// What WriteLabel takes at most.
size_t MaxLabelBytes(const LabelView& label);
/// Writes one label of a block; returns the place behind it.
char* WriteLabel(char* to, const LabelView& label);
std::string EncodeLabelBlock(std::span<const LabelView> sorted_labels);
/// The same into `block`, whose memory is used again.
void EncodeLabelBlock(std::span<const LabelView> sorted_labels, std::string& block);

/// Reads a block that this process encoded. Replaces `labels`; the views live as long as the block.
void DecodeLabelBlock(std::string_view block, std::vector<LabelView>& labels);

/// Below, at or above 0 as the labels of `a` come before, are, or come after those of `b` in Prometheus's order: label
/// by label, name before value.
int CompareLabelBlocks(std::string_view a, std::string_view b);

}  // namespace promcast
