#include "remote_read/history_answer.h"

#include <fmt/format.h>

#include <algorithm>

#include "remote_read/read_response.h"
#include "remote_write/message_fields.h"
#include "remote_write/wire.h"
#include "series/xor_chunk.h"

namespace promcast {
namespace {

// Field numbers: prompb/remote.proto, prompb/types.proto.
constexpr uint32_t kResults = WireTag(1, WireType::kBytes);
constexpr uint32_t kTimeseries = WireTag(1, WireType::kBytes);
constexpr uint32_t kLabels = WireTag(1, WireType::kBytes);
constexpr uint32_t kSamples = WireTag(2, WireType::kBytes);
constexpr uint32_t kChunkedSeries = WireTag(1, WireType::kBytes);
constexpr uint32_t kChunks = WireTag(2, WireType::kBytes);
constexpr uint32_t kChunkMin = WireTag(1, WireType::kVarint);
constexpr uint32_t kChunkMax = WireTag(2, WireType::kVarint);
constexpr uint32_t kChunkType = WireTag(3, WireType::kVarint);
constexpr uint32_t kChunkData = WireTag(4, WireType::kBytes);

// prometheus.Chunk.Encoding
constexpr uint64_t kXor = 1, kHistogram = 2, kFloatHistogram = 3;

constexpr size_t kSamplesPerPiece = 8192;
constexpr size_t kCrcBytes = 4;
constexpr size_t kMaxLengthBytes = 5;

absl::Status Malformed(std::string_view message_name) {
  return absl::InvalidArgumentError(fmt::format("the {} in the answer is not valid protobuf", message_name));
}

/// Calls `visit` with what stands in each field of `message` that has the tag `wanted`; skips the others.
template <typename Visit>
absl::Status VisitFields(std::string_view message, uint32_t wanted, std::string_view kind, const Visit& visit) {
  WireReader reader(message);
  uint32_t tag = 0;
  std::string_view field;
  while (!reader.done()) {
    if (!reader.ReadTag(tag)) return Malformed(kind);
    if (tag != wanted) {
      if (!reader.Skip(tag)) return Malformed(kind);
      continue;
    }
    if (!reader.ReadBytes(field)) return Malformed(kind);
    if (auto status = visit(field); !status.ok()) return status;
  }
  return absl::OkStatus();
}

/// Prometheus sends labels sorted; a store that does not must not make two series of one.
absl::Status CheckLabels(std::vector<LabelView>& labels) {
  if (!std::is_sorted(labels.begin(), labels.end())) std::sort(labels.begin(), labels.end());
  const auto same_name = [](const LabelView& a, const LabelView& b) { return a.name == b.name; };
  if (std::adjacent_find(labels.begin(), labels.end(), same_name) == labels.end()) return absl::OkStatus();
  return absl::InvalidArgumentError("a series in the answer has two labels of the same name");
}

absl::Status AddLabel(std::string_view message, size_t max_labels, std::vector<LabelView>& labels) {
  if (labels.size() == max_labels) {
    return absl::InvalidArgumentError(fmt::format("a series in the answer has more than {} labels", max_labels));
  }
  return ReadLabel(message, labels.emplace_back()) ? absl::OkStatus() : Malformed("Label");
}

/// The labels of one TimeSeries or ChunkedSeries; what is no label is passed over.
absl::Status ReadLabels(std::string_view series, size_t max_labels, std::vector<LabelView>& labels) {
  labels.clear();
  const auto add = [&](std::string_view label) { return AddLabel(label, max_labels, labels); };
  if (auto status = VisitFields(series, kLabels, "TimeSeries", add); !status.ok()) return status;
  return CheckLabels(labels);
}

absl::Status ReadTimeSeries(std::string_view message, int64_t start_ms, int64_t end_ms, size_t max_labels,
                            const HistorySink& sink) {
  std::vector<LabelView> labels;
  if (auto status = ReadLabels(message, max_labels, labels); !status.ok()) return status;
  std::vector<Sample> samples;
  const auto add = [&](std::string_view field) {
    Sample sample;
    if (!ReadSample(field, sample)) return Malformed("Sample");
    if (sample.timestamp_ms >= start_ms && sample.timestamp_ms <= end_ms) samples.push_back(sample);
    if (samples.size() < kSamplesPerPiece) return absl::OkStatus();
    const absl::Status status = sink({labels, samples});
    samples.clear();
    return status;
  };
  if (auto status = VisitFields(message, kSamples, "TimeSeries", add); !status.ok()) return status;
  return samples.empty() ? absl::OkStatus() : sink({labels, samples});
}

}  // namespace

absl::Status ReadSamplesAnswer(std::string_view message, int64_t start_ms, int64_t end_ms,
                               const HistoryAnswerLimits& limits, const HistorySink& sink) {
  return VisitFields(message, kResults, "ReadResponse", [&](std::string_view result) {
    return VisitFields(result, kTimeseries, "QueryResult", [&](std::string_view series) {
      return ReadTimeSeries(series, start_ms, end_ms, limits.max_labels, sink);
    });
  });
}

absl::Status ChunkedAnswerReader::Feed(std::string_view piece) {
  pending_ += piece;
  std::string_view left = pending_;
  for (;;) {
    WireReader reader(left);
    uint64_t size = 0;
    if (!reader.ReadVarint(size)) {
      if (left.size() > kMaxLengthBytes) return absl::InvalidArgumentError("a frame does not begin with its length");
      break;
    }
    if (size > limits_.max_frame_bytes) {
      return absl::InvalidArgumentError(
          fmt::format("a frame of {} bytes, at most {} are read; lower --storage.remote.read-max-bytes-in-frame", size,
                      limits_.max_frame_bytes));
    }
    const std::string_view rest = reader.rest();
    if (rest.size() < kCrcBytes + size) break;
    uint32_t crc = 0;
    for (size_t i = 0; i < kCrcBytes; i++) crc = crc << 8 | static_cast<uint8_t>(rest[i]);
    const std::string_view message = rest.substr(kCrcBytes, static_cast<size_t>(size));
    if (Crc32c(message) != crc) return absl::InvalidArgumentError("a frame's checksum is wrong");
    if (auto status = ReadFrame(message); !status.ok()) return status;
    left = rest.substr(kCrcBytes + static_cast<size_t>(size));
  }
  pending_.erase(0, pending_.size() - left.size());
  return absl::OkStatus();
}

absl::Status ChunkedAnswerReader::Finish() const {
  return pending_.empty() ? absl::OkStatus() : absl::InvalidArgumentError("the stream ends within a frame");
}

absl::Status ChunkedAnswerReader::ReadFrame(std::string_view message) {
  return VisitFields(message, kChunkedSeries, "ChunkedReadResponse",
                     [this](std::string_view series) { return ReadSeries(series); });
}

absl::Status ChunkedAnswerReader::ReadSeries(std::string_view message) {
  if (auto status = ReadLabels(message, limits_.max_labels, labels_); !status.ok()) return status;
  const auto read = [this](std::string_view chunk) { return ReadChunk(chunk); };
  if (auto status = VisitFields(message, kChunks, "ChunkedSeries", read); !status.ok()) return status;
  return Deliver();
}

absl::Status ChunkedAnswerReader::ReadChunk(std::string_view message) {
  WireReader reader(message);
  uint32_t tag = 0;
  uint64_t min = 0, max = 0, type = 0;
  std::string_view data;
  while (!reader.done()) {
    if (!reader.ReadTag(tag)) return Malformed("Chunk");
    const bool read = tag == kChunkMin    ? reader.ReadVarint(min)
                      : tag == kChunkMax  ? reader.ReadVarint(max)
                      : tag == kChunkType ? reader.ReadVarint(type)
                      : tag == kChunkData ? reader.ReadBytes(data)
                                          : reader.Skip(tag);
    if (!read) return Malformed("Chunk");
  }
  if (type == kHistogram || type == kFloatHistogram) return absl::OkStatus();
  if (type != kXor) return absl::UnimplementedError(fmt::format("chunks of encoding {} are not read", type));
  XorChunkReader samples({reinterpret_cast<const uint8_t*>(data.data()), data.size()});
  for (Sample sample; samples.Next(sample);) {
    if (sample.timestamp_ms < start_ms_ || sample.timestamp_ms > end_ms_) continue;
    samples_.push_back(sample);
    if (samples_.size() < kSamplesPerPiece) continue;
    if (auto status = Deliver(); !status.ok()) return status;
  }
  return samples.corrupt() ? absl::InvalidArgumentError("an XOR chunk in the answer is broken") : absl::OkStatus();
}

absl::Status ChunkedAnswerReader::Deliver() {
  if (samples_.empty()) return absl::OkStatus();
  const absl::Status status = sink_({labels_, samples_});
  samples_.clear();
  return status;
}

}  // namespace promcast
