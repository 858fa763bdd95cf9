#include "remote_write/decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <type_traits>
#include <utility>

#include "remote_write/histogram.h"
#include "remote_write/message_fields.h"
#include "remote_write/wire.h"

namespace promcast {
namespace {

// Field numbers of the two protocols, as tags.
template <WriteProtocol protocol>
struct Tags;

template <>
struct Tags<WriteProtocol::kV1> {
  static constexpr uint32_t kSeries = WireTag(1, WireType::kBytes);
  static constexpr uint32_t kExemplar = WireTag(3, WireType::kBytes);
  static constexpr uint32_t kHistogram = WireTag(4, WireType::kBytes);
};

template <>
struct Tags<WriteProtocol::kV2> {
  static constexpr uint32_t kSeries = WireTag(5, WireType::kBytes);
  static constexpr uint32_t kExemplar = WireTag(4, WireType::kBytes);
  static constexpr uint32_t kHistogram = WireTag(3, WireType::kBytes);
};

constexpr uint32_t kV1Metadata = WireTag(3, WireType::kBytes);  // of a request
constexpr uint32_t kV2Metadata = WireTag(5, WireType::kBytes);  // of a series
constexpr uint32_t kSample = WireTag(2, WireType::kBytes);
constexpr uint32_t kLabels = WireTag(1, WireType::kBytes);  // 2.0: packed references
constexpr uint32_t kUnpackedRef = WireTag(1, WireType::kVarint);

}  // namespace

struct RequestDecoder::FingerprintSink {
  const RequestDecoder* decoder;
  LabelMemo* labels;
  Fingerprint sum = {};
  std::string_view metric_name = {};

  void Add(size_t place, const LabelView& label) {
    sum += labels->Add(place, label);
    if (label.name == kMetricNameLabel) metric_name = label.value;
  }
  void AddSymbols(uint32_t name, uint32_t value) {
    const SymbolTable& symbols = decoder->symbols_;
    sum += LabelFingerprint(symbols.hashes()[name], symbols.hashes()[value]);
    if (symbols.Text(name) == kMetricNameLabel) metric_name = symbols.Text(value);
  }
};

struct RequestDecoder::CopySink {
  const RequestDecoder* decoder;
  std::vector<LabelView>* labels;

  void Add(size_t, const LabelView& label) { labels->push_back(label); }
  void AddSymbols(uint32_t name, uint32_t value) {
    labels->push_back({decoder->symbols_.Text(name), decoder->symbols_.Text(value)});
  }
};

RequestDecoder::RequestDecoder(const DecodeLimits& limits, uint64_t hash_seed)
    : limits_(limits),
      metric_name_hash_(HashLabelText(kMetricNameLabel, hash_seed)),
      label_memo_(limits.max_label_value_bytes, hash_seed),
      symbols_(std::min(limits.max_label_name_bytes, limits.max_label_value_bytes), hash_seed) {}

void RequestDecoder::Begin(std::string_view message) {
  message_ = message;
  label_memo_.Forget();
  symbols_.Begin(message);
  series_reader_ = metadata_reader_ = WireReader(message);
  series_left_ = metadata_left_ = 0;
}

void RequestDecoder::Release() {
  Begin({});
  symbols_.GiveRoomBack();
}

absl::Status RequestDecoder::Malformed(std::string_view what, const char* position) const {
  return absl::InvalidArgumentError(fmt::format("remote write {}: {} at byte {}",
                                                protocol_ == WriteProtocol::kV1 ? "1.0" : "2.0", what,
                                                position - message_.data()));
}

absl::Status RequestDecoder::Reset(WriteProtocol protocol, std::string_view message) {
  Begin(message);
  protocol_ = protocol;
  WireReader first_unread;
  size_t symbol_count = 0;
  if (absl::Status status = CheckTopLevel(first_unread, symbol_count); !status.ok()) {
    Release();
    return status;
  }
  ReadSymbols(first_unread, symbol_count);
  symbols_.GiveRoomBack();
  return absl::OkStatus();
}

// Symbols are read as far as the table has room, which is mostly far enough; for the others it is told how many there
// are and where the first of them stands, so that no broken message makes the table grow.
absl::Status RequestDecoder::CheckTopLevel(WireReader& first_unread, size_t& symbol_count) {
  if (message_.size() > std::numeric_limits<uint32_t>::max()) {
    return Malformed("the request is larger than 4 GiB", message_.data());
  }
  const bool v1 = protocol_ == WriteProtocol::kV1;
  const size_t max_symbols = MaxSymbols(limits_, message_.size());
  const uint32_t series_tag = v1 ? Tags<WriteProtocol::kV1>::kSeries : Tags<WriteProtocol::kV2>::kSeries;
  WireReader reader(message_);
  while (!reader.done()) {
    const WireReader field = reader;
    uint32_t tag;
    std::string_view bytes;
    if (v1 ? reader.TakeField(series_tag, bytes) : reader.TakeShortField(series_tag, bytes)) {
      if (series_left_++ == 0) series_reader_ = field;
      continue;
    }
    if (!v1 && symbol_count > 0) {
      size_t count = symbol_count;
      if (symbols_.size() == count) {
        count += symbols_.AddRun(reader, max_symbols - count);
        first_unread = reader;
      }
      while (count < max_symbols && reader.TakeShortField(SymbolTable::kTag, bytes)) count++;
      if (std::exchange(symbol_count, count) != count) continue;
    }
    if (!reader.ReadTag(tag)) return Malformed("broken field tag", field.position());
    if (tag == series_tag) {
      if (!reader.ReadBytes(bytes)) return Malformed("a time series reaches beyond the end: begun", field.position());
      if (series_left_++ == 0) series_reader_ = field;
    } else if (v1 && tag == kV1Metadata) {
      MetadataView ignored;
      if (!reader.ReadBytes(bytes) || !ReadMetadata(bytes, ignored)) {
        return Malformed("broken metadata", field.position());
      }
      metadata_left_++;
    } else if (!v1 && tag == SymbolTable::kTag) {
      if (!reader.ReadBytes(bytes)) return Malformed("a symbol reaches beyond the end: begun", field.position());
      if (symbol_count == 0 && !bytes.empty()) return Malformed("the first symbol is not empty", field.position());
      if (symbols_.size() == symbol_count) {
        if (symbols_.full())
          first_unread = field;
        else
          symbols_.Add(bytes);
      }
      if (++symbol_count > max_symbols) {
        return Malformed(fmt::format("more than {} symbols", max_symbols), field.position());
      }
    } else if (!reader.Skip(tag)) {
      return Malformed("a field reaches beyond the end or has a wire type that is not taken: begun", field.position());
    }
  }
  return absl::OkStatus();
}

void RequestDecoder::ReadSymbols(WireReader reader, size_t symbol_count) {
  symbols_.Reserve(symbol_count);
  while (symbols_.size() < symbol_count) {
    if (symbols_.AddRun(reader, symbol_count - symbols_.size()) > 0) continue;
    uint32_t tag;
    std::string_view text;
    if (!reader.ReadTag(tag)) return;
    if (tag != SymbolTable::kTag) {
      reader.Skip(tag);
    } else if (reader.ReadBytes(text)) {
      symbols_.Add(text);
    }
  }
}

// Most of decoding 2.0 is here: nothing but hashes is touched of symbols that need no check by themselves. Stops before
// a pair that is not so simple.
[[gnu::always_inline]] inline RequestDecoder::PlainPairs RequestDecoder::SumPlainPairs(std::string_view packed,
                                                                                       size_t most) const {
  const uint64_t* const hashes = symbols_.hashes();
  const size_t symbols = symbols_.size();
  const uint64_t metric_name_hash = metric_name_hash_;
  const char* at = packed.data();
  const char* const end = at + packed.size();
  // The last pair is looked at together with what stands behind it.
  const char* const last = std::min(end, message_.data() + message_.size() - (VarintPair::kBytesAtOnce - 1));
  uint64_t low = 0;
  uint64_t high = 0;
  uint64_t metric_name = 0;
  size_t left = most;
  for (; left > 0 && at < last; left--) {
    const VarintPair pair(at, end);
    if (std::max(pair.first, pair.second) >= symbols) break;
    at += pair.size_bytes;
    if (pair.second == 0) continue;
    const Fingerprint added = LabelFingerprint(hashes[pair.first], hashes[pair.second]);
    low += added.low;
    high += added.high;
    if (hashes[pair.first] == metric_name_hash) metric_name = pair.second;
  }
  if (at > end) return {{}, 0, 0, packed};  // they end within a pair, so what was taken for it is none
  return {{low, high}, metric_name, most - left, {at, static_cast<size_t>(end - at)}};
}

// A 2.0 series as most are: labels, one sample, and nothing else. False where it is not so simple.
bool RequestDecoder::ReadPlainSeries(std::string_view body, SeriesView& series) const {
  WireReader reader(body);
  std::string_view refs, message;
  if (!reader.TakeShortField(kLabels, refs) || !reader.TakeShortField(kSample, message) || !reader.done()) return false;
  series.first_sample_ = {};
  if (!ReadSample(message, series.first_sample_)) return false;
  const PlainPairs pairs = SumPlainPairs(refs, limits_.max_labels_per_series);
  if (!pairs.rest.empty()) return false;
  series.fingerprint_ = pairs.sum;
  series.metric_name_ =
      pairs.metric_name == 0 ? std::string_view() : symbols_.Text(static_cast<uint32_t>(pairs.metric_name));
  series.error_ = SeriesError::kNone;
  series.first_sample_pending_ = true;
  series.has_metadata_ = false;
  series.samples_left_ = 1;
  series.histograms_left_ = series.exemplar_count_ = 0;
  return true;
}

bool RequestDecoder::NextSeries(SeriesView& series) {
  if (series_left_ == 0) return false;
  series_left_--;
  const bool v1 = protocol_ == WriteProtocol::kV1;
  const uint32_t series_tag = v1 ? Tags<WriteProtocol::kV1>::kSeries : Tags<WriteProtocol::kV2>::kSeries;
  std::string_view body;
  if (!(v1 ? series_reader_.TakeField(series_tag, body) : series_reader_.TakeShortField(series_tag, body))) {
    uint32_t tag;
    while (series_reader_.ReadTag(tag) && tag != series_tag) series_reader_.Skip(tag);
    series_reader_.ReadBytes(body);
  }
  series.offset_ = static_cast<uint32_t>(body.data() - message_.data());
  series.size_bytes_ = static_cast<uint32_t>(body.size());
  if (!v1 && symbols_.plain() && ReadPlainSeries(body, series)) return true;
  FingerprintSink sink{this, &label_memo_};
  series.error_ =
      v1 ? WalkSeries<WriteProtocol::kV1>(body, sink, series) : WalkSeries<WriteProtocol::kV2>(body, sink, series);
  series.fingerprint_ = sink.sum;
  series.metric_name_ = sink.metric_name;
  if (series.error_ != SeriesError::kNone) {
    series.samples_left_ = series.histograms_left_ = series.exemplar_count_ = 0;
    series.has_metadata_ = false;
  }
  series.first_sample_pending_ = series.samples_left_ > 0;
  return true;
}

bool RequestDecoder::NextMetadata(MetadataView& metadata) {
  if (metadata_left_ == 0) return false;
  metadata_left_--;
  uint32_t tag;
  while (metadata_reader_.ReadTag(tag) && tag != kV1Metadata) metadata_reader_.Skip(tag);
  std::string_view message;
  metadata = {};
  return metadata_reader_.ReadBytes(message) && ReadMetadata(message, metadata);
}

bool RequestDecoder::CopyLabels(uint32_t offset, uint32_t size_bytes, std::vector<LabelView>& labels) const {
  labels.clear();
  const std::string_view body = message_.substr(offset, size_bytes);
  SeriesView ignored;
  CopySink sink{this, &labels};
  const SeriesError error = protocol_ == WriteProtocol::kV1 ? WalkSeries<WriteProtocol::kV1>(body, sink, ignored)
                                                            : WalkSeries<WriteProtocol::kV2>(body, sink, ignored);
  if (error != SeriesError::kNone) labels.clear();
  return error == SeriesError::kNone;
}

inline SeriesError RequestDecoder::CheckLabel(size_t label_count, size_t name_bytes, size_t value_bytes) const {
  if (label_count > limits_.max_labels_per_series) return SeriesError::kTooManyLabels;
  if (name_bytes > limits_.max_label_name_bytes) return SeriesError::kLabelNameTooLong;
  if (value_bytes > limits_.max_label_value_bytes) return SeriesError::kLabelValueTooLong;
  return SeriesError::kNone;
}

template <typename Sink>
SeriesError RequestDecoder::AddRef(uint64_t ref, PendingRefs& pending, Sink& sink) const {
  const auto symbol = static_cast<uint32_t>(ref);
  if (symbol >= symbols_.size()) return SeriesError::kSymbolOutOfRange;
  if (!std::exchange(pending.has_name, !pending.has_name)) {
    pending.name = symbol;
    return SeriesError::kNone;
  }
  const size_t value_bytes = symbols_.bytes(symbol);
  const SeriesError error = CheckLabel(++pending.label_count, symbols_.bytes(pending.name), value_bytes);
  if (error == SeriesError::kNone && value_bytes > 0) sink.AddSymbols(pending.name, symbol);
  return error;
}

void RequestDecoder::AddPlainPairs(WireReader& packed, PendingRefs& pending, FingerprintSink& sink) const {
  const size_t most = std::max(limits_.max_labels_per_series, pending.label_count) - pending.label_count;
  const PlainPairs pairs = SumPlainPairs(packed.rest(), most);
  packed = WireReader(pairs.rest);
  pending.label_count += pairs.count;
  sink.sum += pairs.sum;
  if (pairs.metric_name != 0) sink.metric_name = symbols_.Text(static_cast<uint32_t>(pairs.metric_name));
}

template <typename Sink>
SeriesError RequestDecoder::AddPackedRefs(std::string_view packed, PendingRefs& pending, Sink& sink) const {
  WireReader reader(packed);
  if constexpr (std::is_same_v<Sink, FingerprintSink>) {
    if (symbols_.plain() && !pending.has_name) AddPlainPairs(reader, pending, sink);
  }
  while (!reader.done()) {
    uint64_t ref;
    if (!reader.ReadVarint(ref)) return SeriesError::kMalformed;
    if (const SeriesError error = AddRef(ref, pending, sink); error != SeriesError::kNone) return error;
  }
  return SeriesError::kNone;
}

template <WriteProtocol protocol, typename Sink>
SeriesError RequestDecoder::WalkSeries(std::string_view body, Sink& sink, SeriesView& series) const {
  constexpr bool v1 = protocol == WriteProtocol::kV1;
  series.samples_left_ = series.histograms_left_ = series.exemplar_count_ = 0;
  series.has_metadata_ = false;
  series.histogram_tag_ = Tags<protocol>::kHistogram;
  series.histograms_ = WireReader(body);
  PendingRefs pending;
  WireReader reader(body);
  while (!reader.done()) {
    if constexpr (v1 && std::is_same_v<Sink, FingerprintSink>) {
      pending.label_count =
          sink.labels->Take(reader, pending.label_count, limits_.max_labels_per_series, sink.sum, sink.metric_name);
      if (reader.done()) break;
    }
    uint32_t tag;
    std::string_view bytes;
    if (!reader.ReadTag(tag)) return SeriesError::kMalformed;
    SeriesError error = SeriesError::kNone;
    if (tag == kLabels) {
      if (!reader.ReadBytes(bytes)) return SeriesError::kMalformed;
      if constexpr (v1) {
        LabelView label;
        if (!ReadLabel(bytes, label)) return SeriesError::kMalformed;
        error = CheckLabel(++pending.label_count, label.name.size(), label.value.size());
        if (error == SeriesError::kNone && !label.value.empty()) sink.Add(pending.label_count - 1, label);
      } else {
        error = AddPackedRefs(bytes, pending, sink);
      }
    } else if (tag == kSample && series.samples_left_ == 0) {
      series.first_sample_ = {};
      if (!reader.ReadBytes(bytes) || !ReadSample(bytes, series.first_sample_)) return SeriesError::kMalformed;
      series.samples_left_ = 1;
      series.after_first_sample_ = reader;
    } else if (!v1 && tag == kUnpackedRef) {
      uint64_t ref;
      if (!reader.ReadVarint(ref)) return SeriesError::kMalformed;
      error = AddRef(ref, pending, sink);
    } else if (!ReadRareField<protocol>(reader, tag, series)) {
      return SeriesError::kMalformed;
    }
    if (error != SeriesError::kNone) return error;
  }
  if (pending.has_name) return SeriesError::kOddLabelRefs;
  return series.has_metadata_ ? ResolveMetadata(series) : SeriesError::kNone;
}

template <WriteProtocol protocol>
bool RequestDecoder::ReadRareField(WireReader& reader, uint32_t tag, SeriesView& series) const {
  std::string_view message;
  switch (tag) {
    case kSample: {
      Sample ignored;
      series.samples_left_++;
      return reader.ReadBytes(message) && ReadSample(message, ignored);
    }
    case Tags<protocol>::kHistogram: {
      HistogramView ignored;
      series.histograms_left_++;
      return reader.ReadBytes(message) && ReadHistogram(message, ignored);
    }
    case Tags<protocol>::kExemplar:
      if (!reader.ReadBytes(message)) return false;
      series.exemplar_count_ += IsExemplarValid(message) ? 1 : 0;
      return true;
    case kV2Metadata:
      if constexpr (protocol == WriteProtocol::kV2) {
        return reader.ReadBytes(message) && ReadSeriesMetadata(message, series);
      }
      [[fallthrough]];
    default:
      return reader.Skip(tag);
  }
}

bool RequestDecoder::ReadSeriesMetadata(std::string_view message, SeriesView& series) const {
  MetadataRefs refs;
  if (series.has_metadata_) refs = {series.metadata_.type, series.help_ref_, series.unit_ref_};
  if (!ReadMetadataRefs(message, refs)) return false;
  series.has_metadata_ = true;
  series.metadata_.type = refs.type;
  series.help_ref_ = refs.help_ref;
  series.unit_ref_ = refs.unit_ref;
  return true;
}

SeriesError RequestDecoder::ResolveMetadata(SeriesView& series) const {
  // Reference 0, which is also the absent one, is the empty text even where there are no symbols.
  const size_t count = std::max<size_t>(symbols_.size(), 1);
  if (series.help_ref_ >= count || series.unit_ref_ >= count) return SeriesError::kSymbolOutOfRange;
  series.metadata_.help = series.help_ref_ == 0 ? std::string_view() : symbols_.Text(series.help_ref_);
  series.metadata_.unit = series.unit_ref_ == 0 ? std::string_view() : symbols_.Text(series.unit_ref_);
  return SeriesError::kNone;
}

bool RequestDecoder::IsExemplarValid(std::string_view message) const {
  const bool v1 = protocol_ == WriteProtocol::kV1;
  size_t refs = 0;
  const auto ref_valid = [&](WireReader& reader) {
    uint64_t ref;
    refs++;
    return reader.ReadVarint(ref) && static_cast<uint32_t>(ref) < symbols_.size();
  };
  WireReader reader(message);
  while (!reader.done()) {
    uint32_t tag;
    std::string_view bytes;
    LabelView ignored;
    if (!reader.ReadTag(tag)) return false;
    if (!v1 && tag == kUnpackedRef) {
      if (!ref_valid(reader)) return false;
    } else if (tag == kLabels) {
      if (!reader.ReadBytes(bytes) || (v1 && !ReadLabel(bytes, ignored))) return false;
      for (WireReader packed(v1 ? std::string_view() : bytes); !packed.done();) {
        if (!ref_valid(packed)) return false;
      }
    } else if (!reader.Skip(tag)) {
      return false;
    }
  }
  return refs % 2 == 0;
}

bool SeriesView::ReadNextSample(Sample& sample) {
  uint32_t tag;
  while (after_first_sample_.ReadTag(tag) && tag != kSample) after_first_sample_.Skip(tag);
  std::string_view message;
  sample = {};
  return after_first_sample_.ReadBytes(message) && ReadSample(message, sample);
}

bool SeriesView::NextHistogram(HistogramView& histogram) {
  if (histograms_left_ == 0) return false;
  histograms_left_--;
  uint32_t tag;
  while (histograms_.ReadTag(tag) && tag != histogram_tag_) histograms_.Skip(tag);
  std::string_view message;
  histogram = {};
  return histograms_.ReadBytes(message) && ReadHistogram(message, histogram);
}

std::optional<MetadataView> SeriesView::metadata() const {
  if (!has_metadata_) return std::nullopt;
  MetadataView metadata = metadata_;
  metadata.metric_family = metric_name_;
  return metadata;
}

}  // namespace promcast
