#pragma once

#include <absl/status/status.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "remote_read/history.h"

namespace promcast {

/// Bounds of what one answer may make the reader hold.
struct HistoryAnswerLimits {
  size_t max_frame_bytes = 16 << 20;    ///< one frame of a stream, one line of an export
  size_t max_body_bytes = 32 << 20;     ///< of an answer that comes in one piece, compressed
  size_t max_decoded_bytes = 64 << 20;  ///< the same, inflated
  size_t max_labels = 1024;             ///< of one series
};

/// Reads a prometheus.ReadResponse, walking the wire format in place; brings the samples within [start_ms, end_ms].
/// Native histograms are left out. InvalidArgument on broken input, else what the sink says.
absl::Status ReadSamplesAnswer(std::string_view message, int64_t start_ms, int64_t end_ms,
                               const HistoryAnswerLimits& limits, const HistorySink& sink);

/// Reads a stream of frames with a prometheus.ChunkedReadResponse each, as it comes in, holding one frame. Chunks of
/// histograms are left out; another encoding than XOR is Unimplemented, and the same is to be asked for as samples. Not
/// thread-safe.
class ChunkedAnswerReader {
 public:
  ChunkedAnswerReader(int64_t start_ms, int64_t end_ms, const HistoryAnswerLimits& limits, const HistorySink& sink)
      : start_ms_(start_ms), end_ms_(end_ms), limits_(limits), sink_(sink) {}

  /// InvalidArgument on broken input, else what the sink says; the reader is of no more use then.
  absl::Status Feed(std::string_view piece);
  /// InvalidArgument when the stream ended within a frame.
  absl::Status Finish() const;

 private:
  absl::Status ReadFrame(std::string_view message);
  absl::Status ReadSeries(std::string_view message);
  absl::Status ReadChunk(std::string_view message);
  absl::Status Deliver();

  const int64_t start_ms_, end_ms_;
  const HistoryAnswerLimits limits_;
  const HistorySink& sink_;
  std::string pending_;  // the beginning of a frame
  std::vector<LabelView> labels_;
  std::vector<Sample> samples_;
};

/// Reads JSON lines as VictoriaMetrics exports them, one stretch of a series a line, as they come in, holding one line.
/// Not thread-safe.
class ExportLineReader {
 public:
  ExportLineReader(const HistoryAnswerLimits& limits, const HistorySink& sink) : limits_(limits), sink_(sink) {}

  absl::Status Feed(std::string_view piece);
  absl::Status Finish();

 private:
  absl::Status ReadLine(std::string_view line);

  const HistoryAnswerLimits limits_;
  const HistorySink& sink_;
  std::string pending_;  // the beginning of a line
};

}  // namespace promcast
