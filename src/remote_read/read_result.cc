#include "remote_read/read_result.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "remote_write/label_block.h"

namespace promcast {

void ChunkPacker::Append(Sample sample) {
  if (count_ == 0) min_ms_ = sample.timestamp_ms;
  max_ms_ = sample.timestamp_ms;
  writer_.Append(sample);
  if (++count_ == kSamplesPerChunk) Cut();
}

void ChunkPacker::Cut() {
  chunks_.push_back({min_ms_, max_ms_, writer_.bytes()});
  writer_ = XorChunkWriter();
  count_ = 0;
}

std::vector<XorChunk> ChunkPacker::Take() {
  if (count_ > 0) Cut();
  return std::exchange(chunks_, {});
}

bool ReadResult::Add(ReadSeries series) {
  if (!problem_.empty()) return false;
  if (series.chunks.empty()) return true;
  bytes_ += sizeof(ReadSeries) + series.label_block.size();
  for (const XorChunk& chunk : series.chunks) {
    samples_ += chunk.samples();
    bytes_ += sizeof(XorChunk) + chunk.bytes.size();
  }
  if (samples_ > limits_.max_samples) {
    problem_ = fmt::format("exceeded sample limit ({}); ask for fewer series or less time", limits_.max_samples);
  } else if (bytes_ > limits_.max_bytes) {
    problem_ =
        fmt::format("the answer would take more than {} bytes; ask for fewer series or less time", limits_.max_bytes);
  } else {
    series_.push_back(std::move(series));
  }
  return problem_.empty();
}

std::vector<ReadSeries> ReadResult::TakeSorted() {
  std::stable_sort(series_.begin(), series_.end(), [](const ReadSeries& a, const ReadSeries& b) {
    return CompareLabelBlocks(a.label_block, b.label_block) < 0;
  });
  const auto same = [](const ReadSeries& a, const ReadSeries& b) { return a.label_block == b.label_block; };
  series_.erase(std::unique(series_.begin(), series_.end(), same), series_.end());
  return std::move(series_);
}

}  // namespace promcast
