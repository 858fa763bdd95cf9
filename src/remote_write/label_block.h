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
std::string EncodeLabelBlock(std::span<const LabelView> sorted_labels);
/// The same into `block`, whose memory is used again.
void EncodeLabelBlock(std::span<const LabelView> sorted_labels, std::string& block);

/// Reads a block that this process encoded. Replaces `labels`; the views live as long as the block.
void DecodeLabelBlock(std::string_view block, std::vector<LabelView>& labels);

/// `out` = `block` with the `added` labels (sorted by name, few) spliced in at their places; where a name stands in
/// both, the added one replaces the block's. Copies runs of bytes; encodes only what is added.
void SpliceLabels(std::string_view block, std::span<const LabelView> added, std::string& out);

}  // namespace promcast
