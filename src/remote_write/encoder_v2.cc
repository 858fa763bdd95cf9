#include "remote_write/encoder_v2.h"

#include <cstring>

#include "remote_write/message_fields.h"
#include "remote_write/sample_field.h"
#include "remote_write/wire.h"

namespace promcast {
namespace {

// Field numbers.
constexpr uint32_t kSymbols = 4;
constexpr uint32_t kSeries = 5;
constexpr uint32_t kLabelRefs = 1;
constexpr uint32_t kMetadata = 5;

constexpr size_t kMinLabelFieldBytes = 2;  // without name and value

// More names than this among the last labels say that series have little in common: too long a walk.
constexpr size_t kMaxWrittenLabels = 64;

constexpr size_t kMaxMetadataBytes = 4;

char* WriteMetadata(char* at, MetricType type) {
  if (type == MetricType::kUnknown) return at;
  at = WriteTag(at, kMetadata, WireType::kBytes);
  at = WriteVarint(at, 2);
  at = WriteTag(at, 1, WireType::kVarint);
  return WriteVarint(at, static_cast<uint64_t>(type));
}

}  // namespace

uint32_t EncoderV2::Ref(std::string_view text) {
  const auto [at, fresh] = refs_.try_emplace(text, static_cast<uint32_t>(refs_.size()));
  if (fresh) AppendBytesField(message_, kSymbols, text);
  return at->second;
}

/// Makes `field`, which holds `label`, the last one written of its name. Its place is at or behind written_[i].
size_t EncoderV2::Remember(std::string_view field, const LabelView& label, size_t i) {
  int order = 1;
  while (i < written_.size() && (order = written_[i].name.compare(label.name)) < 0) i++;
  if (order != 0) {
    written_.insert(written_.begin() + static_cast<ptrdiff_t>(i), {{}, label.name, Ref(label.name), 0, {}});
  }
  WrittenLabel& last = written_[i];
  if (last.field != field) {
    last.field = field;
    char* const refs_begin = last.refs.data();
    char* const value_ref = WriteVarint(refs_begin, last.name_ref);
    last.ref_bytes = static_cast<uint8_t>(WriteVarint(value_ref, Ref(label.value)) - refs_begin);
  }
  return i;
}

/// The references of a series' labels. Neighbours share most labels, and blocks are sorted by name: so a label is
/// held against the last one of its name, and only what is new is looked up.
std::string_view EncoderV2::LabelRefs(const OutgoingSample& out) {
  const size_t max_bytes = out.batch->label_bytes(out.index) / kMinLabelFieldBytes * sizeof(WrittenLabel::refs);
  if (label_refs_.size() < max_bytes) label_refs_.resize(max_bytes);
  if (written_.size() > kMaxWrittenLabels) written_.clear();
  char* to = label_refs_.data();
  size_t i = 0;
  for (const OutputBatch::Piece piece : out.batch->pieces(out.index)) {
    for (std::string_view rest = out.batch->text(piece); !rest.empty(); i++) {
      if (i >= written_.size() || written_[i].field.empty() || !rest.starts_with(written_[i].field)) {
        WireReader reader(rest);
        uint32_t tag;
        std::string_view message;
        LabelView label;
        if (!reader.ReadTag(tag) || !reader.ReadBytes(message) || !ReadLabel(message, label)) break;
        i = Remember({rest.data(), reader.position()}, label, i);
      }
      const WrittenLabel& label = written_[i];
      std::memcpy(to, label.refs.data(), sizeof(label.refs));
      to += label.ref_bytes;
      rest.remove_prefix(label.field.size());
    }
  }
  return {label_refs_.data(), to};
}

void EncoderV2::Encode(std::span<const OutgoingSample> samples, ByteBuffer& body) {
  message_.clear();
  series_.clear();
  refs_.reserve(last_symbols_);
  Ref("");
  for (const OutgoingSample& out : samples) {
    const std::string_view label_refs = LabelRefs(out);
    char tail[kMaxSampleFieldBytes + kMaxMetadataBytes];
    char* const tail_end = WriteMetadata(WriteSample(tail, out.sample()), out.batch->type(out.index));
    const auto tail_bytes = static_cast<size_t>(tail_end - tail);
    AppendTag(series_, kSeries, WireType::kBytes);
    AppendVarint(series_, 1 + VarintBytes(label_refs.size()) + label_refs.size() + tail_bytes);
    AppendBytesField(series_, kLabelRefs, label_refs);
    series_.append(tail, tail_bytes);
  }
  message_ += series_;
  last_symbols_ = refs_.size();
  refs_.clear();
  written_.clear();
  SnappyEncode(message_, body);
}

}  // namespace promcast
