#pragma once

#include <absl/status/status.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "remote_write/label_memo.h"
#include "remote_write/metric_type.h"
#include "remote_write/symbol_table.h"
#include "remote_write/wire.h"
#include "timeseries/fingerprint.h"
#include "timeseries/labels.h"
#include "timeseries/sample.h"

namespace promcast {

/// Which message a request holds: prometheus.WriteRequest (remote write 1.0, and Thanos's gRPC WriteRequest, which is
/// the same on the wire) or io.prometheus.write.v2.Request (2.0).
enum class WriteProtocol : uint8_t { kV1, kV2 };

struct DecodeLimits {
  size_t max_labels_per_series = 64;
  size_t max_label_name_bytes = 1024;
  size_t max_label_value_bytes = 8192;
  size_t max_symbols = 1 << 18;  ///< 2.0 only; see RequestDecoder::MaxSymbols
  friend bool operator==(const DecodeLimits&, const DecodeLimits&) = default;
};

struct MetadataView {
  MetricType type = MetricType::kUnknown;
  std::string_view metric_family;  ///< 2.0: the series' metric name
  std::string_view help;
  std::string_view unit;
};

/// What a model can use of a native histogram. `valid` is false when the bucket counts contradict the count.
struct HistogramView {
  int64_t timestamp_ms = 0;
  double count = 0;
  double sum = 0;  ///< the stale marker ends the series
  bool valid = true;
};

enum class SeriesError : uint8_t {
  kNone,
  kTooManyLabels,
  kLabelNameTooLong,
  kLabelValueTooLong,
  kOddLabelRefs,
  kSymbolOutOfRange,
  kMalformed,  ///< broken wire format inside the series
};

/// One TimeSeries message, read in place: points into the request and its decoder, and dies with them. Not thread-safe.
class SeriesView {
 public:
  /// Order of labels does not matter to it. Valid when error() is kNone.
  Fingerprint fingerprint() const { return fingerprint_; }
  SeriesError error() const { return error_; }
  /// Value of __name__; empty when absent.
  std::string_view metric_name() const { return metric_name_; }
  /// Where the message stands in the request: what RequestDecoder::CopyLabels takes.
  uint32_t offset() const { return offset_; }
  uint32_t size_bytes() const { return size_bytes_; }

  /// In the order sent; none when there is an error().
  bool NextSample(Sample& sample) {
    if (samples_left_ == 0) return false;
    samples_left_--;
    if (!first_sample_pending_) return ReadNextSample(sample);
    first_sample_pending_ = false;
    sample = first_sample_;
    return true;
  }
  bool NextHistogram(HistogramView& histogram);
  /// Counts without decoding further; a malformed or out-of-range exemplar is not counted.
  uint32_t exemplar_count() const { return exemplar_count_; }
  std::optional<MetadataView> metadata() const;  ///< 2.0 only

 private:
  friend class RequestDecoder;
  bool ReadNextSample(Sample& sample);

  Fingerprint fingerprint_;
  SeriesError error_ = SeriesError::kNone;
  bool first_sample_pending_ = false;
  bool has_metadata_ = false;
  std::string_view metric_name_;
  uint32_t offset_ = 0, size_bytes_ = 0;
  uint32_t samples_left_ = 0, histograms_left_ = 0, exemplar_count_ = 0;
  uint32_t histogram_tag_ = 0;
  Sample first_sample_;
  WireReader after_first_sample_, histograms_;  // where NextSample and NextHistogram go on
  MetadataView metadata_;                       // this and the references are set when has_metadata_
  uint32_t help_ref_ = 0, unit_ref_ = 0;
};

/// Walks one decoded (inflated) remote-write request in place. Reusable: keeps its scratch memory between requests.
/// Nothing is allocated per element.
///
///   RequestDecoder decoder(limits, seed);
///   if (auto status = decoder.Reset(WriteProtocol::kV2, message); !status.ok()) return 400;
///   SeriesView series;
///   while (decoder.NextSeries(series)) { ... while (series.NextSample(sample)) ... }
///
/// One thread at a time, but CopyLabels may be called by several threads between two calls of the other methods.
class RequestDecoder {
 public:
  RequestDecoder(const DecodeLimits& limits, uint64_t hash_seed);

  /// How many symbols a 2.0 message of that size may have: what the limits allow, and at most a symbol for each 8 bytes
  /// and 1024 more, which no sender reaches. Each costs kSymbolBytes while the message is decoded.
  static size_t MaxSymbols(const DecodeLimits& limits, size_t message_bytes) {
    return std::min(limits.max_symbols, 1024 + message_bytes / 8);
  }
  static constexpr size_t kSymbolBytes = SymbolTable::kSymbolBytes;

  /// Checks the top level of the whole message (so a truncated request is refused before any of it is applied) and,
  /// for 2.0, reads the symbol table. InvalidArgument with what was wrong and at which byte.
  absl::Status Reset(WriteProtocol protocol, std::string_view message);

  /// Forgets the message and gives a large symbol table's memory back: for a decoder that will stand idle.
  void Release();

  /// False at the end. A series that is broken inside has an error() and the walk goes on behind it.
  bool NextSeries(SeriesView& series);
  bool NextMetadata(MetadataView& metadata);  ///< 1.0's top-level metadata

  /// The labels of the series that stood at `offset`, as sent: not sorted, nothing checked but the limits; labels with
  /// an empty value, which are absent labels, are left out. Replaces `labels`; the views live as long as the message.
  /// False when the series had an error.
  bool CopyLabels(uint32_t offset, uint32_t size_bytes, std::vector<LabelView>& labels) const;

 private:
  // A name's reference waits for its value's.
  struct PendingRefs {
    uint32_t name = 0;
    bool has_name = false;
    size_t label_count = 0;
  };

  // A run of pairs of references.
  struct PlainPairs {
    Fingerprint sum;
    uint64_t metric_name;  // the symbol, 0: none
    size_t count;
    std::string_view rest;  // what was not taken
  };

  struct FingerprintSink;
  struct CopySink;

  absl::Status CheckTopLevel(WireReader& first_unread, size_t& symbol_count);
  void ReadSymbols(WireReader reader, size_t symbol_count);
  absl::Status Malformed(std::string_view what, const char* position) const;
  void Begin(std::string_view message);

  template <WriteProtocol protocol, typename Sink>
  SeriesError WalkSeries(std::string_view body, Sink& sink, SeriesView& series) const;
  template <WriteProtocol protocol>
  bool ReadRareField(WireReader& reader, uint32_t tag, SeriesView& series) const;
  template <typename Sink>
  SeriesError AddPackedRefs(std::string_view packed, PendingRefs& pending, Sink& sink) const;
  PlainPairs SumPlainPairs(std::string_view packed, size_t most) const;
  bool ReadPlainSeries(std::string_view body, SeriesView& series) const;
  void AddPlainPairs(WireReader& packed, PendingRefs& pending, FingerprintSink& sink) const;
  template <typename Sink>
  SeriesError AddRef(uint64_t ref, PendingRefs& pending, Sink& sink) const;
  SeriesError CheckLabel(size_t label_count, size_t name_bytes, size_t value_bytes) const;
  bool ReadSeriesMetadata(std::string_view message, SeriesView& series) const;
  SeriesError ResolveMetadata(SeriesView& series) const;
  bool IsExemplarValid(std::string_view message) const;

  const DecodeLimits limits_;
  const uint64_t metric_name_hash_;  // of "__name__"

  WriteProtocol protocol_ = WriteProtocol::kV1;
  std::string_view message_;
  LabelMemo label_memo_;  // 1.0 only
  SymbolTable symbols_;   // 2.0 only; plain when none is too long for a name or a value, and only the first is empty
  WireReader series_reader_, metadata_reader_;
  size_t series_left_ = 0, metadata_left_ = 0;
};

}  // namespace promcast
