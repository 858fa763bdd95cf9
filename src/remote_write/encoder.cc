#include "remote_write/encoder.h"

#include <absl/container/flat_hash_map.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <random>
#include <vector>

#include "remote_write/message_fields.h"
#include "remote_write/wire.h"
#include "timeseries/fingerprint.h"

namespace promcast {
namespace {

// Field numbers: the TimeSeries of both versions have their samples in field 2.
constexpr uint32_t kV1Series = 1;
constexpr uint32_t kV2Symbols = 4;
constexpr uint32_t kV2Series = 5;
constexpr uint32_t kV2LabelRefs = 1;
constexpr uint32_t kSamples = 2;
constexpr uint32_t kV2Metadata = 5;

constexpr size_t kMaxRefBytes = 5;
constexpr size_t kMinLabelFieldBytes = 2;  // without name and value

// More names than this among the last labels say that series have little in common: too long a walk.
constexpr size_t kMaxWrittenLabels = 64;

// A sample and metadata as fields: tags, lengths, value and time.
constexpr size_t kMaxTailBytes = 2 + (1 + sizeof(double) + 1 + kMaxVarintBytes) + 4;

char* WriteSample(char* at, const Sample& sample) {
  const auto timestamp = static_cast<uint64_t>(sample.timestamp_ms);
  at = WriteTag(at, kSamples, WireType::kBytes);
  at = WriteVarint(at, 1 + sizeof(double) + 1 + VarintBytes(timestamp));
  at = WriteDoubleField(at, 1, sample.value);
  at = WriteTag(at, 2, WireType::kVarint);
  return WriteVarint(at, timestamp);
}

char* WriteMetadata(char* at, MetricType type) {
  if (type == MetricType::kUnknown) return at;
  at = WriteTag(at, kV2Metadata, WireType::kBytes);
  at = WriteVarint(at, 2);
  at = WriteTag(at, 1, WireType::kVarint);
  return WriteVarint(at, static_cast<uint64_t>(type));
}

/// A label as it was last written: the field of its label block, and its two references, which fill `ref_bytes`.
struct WrittenLabel {
  std::string_view field, name;
  uint32_t name_ref;
  uint8_t ref_bytes;
  std::array<char, 2 * kMaxRefBytes> refs;
};

struct TextHash {
  uint64_t seed = std::random_device()();
  size_t operator()(std::string_view text) const { return HashLabelText(text, seed); }
};

}  // namespace

struct RequestEncoder::Impl {
  // All text stands in the label blocks, so both are emptied before Encode returns.
  absl::flat_hash_map<std::string_view, uint32_t, TextHash> refs;
  std::vector<WrittenLabel> written;  // of each name the last label; as label blocks, by name
  size_t last_symbols = 0;
  std::string label_refs, body;

  uint32_t Ref(std::string_view text, std::string& symbols) {
    const auto [at, fresh] = refs.try_emplace(text, static_cast<uint32_t>(refs.size()));
    if (fresh) AppendBytesField(symbols, kV2Symbols, text);
    return at->second;
  }

  /// Makes `field`, which holds `label`, the last one written of its name. Its place is at or behind written[i].
  size_t Remember(std::string_view field, const LabelView& label, size_t i, std::string& symbols) {
    int order = 1;
    while (i < written.size() && (order = written[i].name.compare(label.name)) < 0) i++;
    if (order != 0) {
      written.insert(written.begin() + static_cast<ptrdiff_t>(i), {{}, label.name, Ref(label.name, symbols), 0, {}});
    }
    WrittenLabel& last = written[i];
    if (last.field != field) {
      last.field = field;
      char* const refs_begin = last.refs.data();
      char* const value_ref = WriteVarint(refs_begin, last.name_ref);
      last.ref_bytes = static_cast<uint8_t>(WriteVarint(value_ref, Ref(label.value, symbols)) - refs_begin);
    }
    return i;
  }

  /// The references of a series' labels. Neighbours share most labels, and blocks are sorted by name: so a label is
  /// held against the last one of its name, and only what is new is looked up.
  std::string_view LabelRefs(std::string_view block, std::string& symbols) {
    const size_t max_bytes = block.size() / kMinLabelFieldBytes * sizeof(WrittenLabel::refs);
    if (label_refs.size() < max_bytes) label_refs.resize(max_bytes);
    if (written.size() > kMaxWrittenLabels) written.clear();
    char* out = label_refs.data();
    std::string_view rest = block;
    for (size_t i = 0; !rest.empty(); i++) {
      if (i >= written.size() || written[i].field.empty() || !rest.starts_with(written[i].field)) {
        WireReader reader(rest);
        uint32_t tag;
        std::string_view message;
        LabelView label;
        if (!reader.ReadTag(tag) || !reader.ReadBytes(message) || !ReadLabel(message, label)) break;
        i = Remember({rest.data(), reader.position()}, label, i, symbols);
      }
      const WrittenLabel& label = written[i];
      std::memcpy(out, label.refs.data(), sizeof(label.refs));
      out += label.ref_bytes;
      rest.remove_prefix(label.field.size());
    }
    return {label_refs.data(), out};
  }

  void EncodeV1(std::span<const OutgoingSample> samples, std::string& message) {
    for (const OutgoingSample& sample : samples) {
      char tail[kMaxTailBytes];
      const auto tail_bytes = static_cast<size_t>(WriteSample(tail, sample.sample) - tail);
      AppendTag(message, kV1Series, WireType::kBytes);
      AppendVarint(message, sample.label_block.size() + tail_bytes);
      message += sample.label_block;
      message.append(tail, tail_bytes);
    }
  }

  void EncodeV2(std::span<const OutgoingSample> samples, std::string& message) {
    body.clear();
    refs.reserve(last_symbols);
    Ref("", message);
    for (const OutgoingSample& sample : samples) {
      const std::string_view series_refs = LabelRefs(sample.label_block, message);
      char tail[kMaxTailBytes];
      const auto tail_bytes = static_cast<size_t>(WriteMetadata(WriteSample(tail, sample.sample), sample.type) - tail);
      AppendTag(body, kV2Series, WireType::kBytes);
      AppendVarint(body, 1 + VarintBytes(series_refs.size()) + series_refs.size() + tail_bytes);
      AppendBytesField(body, kV2LabelRefs, series_refs);
      body.append(tail, tail_bytes);
    }
    message += body;
    last_symbols = refs.size();
    refs.clear();
    written.clear();
  }
};

RequestEncoder::RequestEncoder() : impl_(std::make_unique<Impl>()) {}
RequestEncoder::~RequestEncoder() = default;

void RequestEncoder::Encode(WriteProtocol protocol, std::span<const OutgoingSample> samples, std::string& message) {
  message.clear();
  protocol == WriteProtocol::kV1 ? impl_->EncodeV1(samples, message) : impl_->EncodeV2(samples, message);
}

}  // namespace promcast
