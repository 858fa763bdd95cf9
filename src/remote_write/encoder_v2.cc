#include "remote_write/encoder_v2.h"

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

/// The references of some labels. Neighbours share most labels, and blocks are sorted by name: so a label is held
/// against the last one of its name, and only what is new is looked up.
void EncoderV2::WriteRefs(std::string_view fields) {
  size_t i = 0;
  for (std::string_view rest = fields; !rest.empty(); i++) {
    if (i >= written_.size() || written_[i].field.empty() || !rest.starts_with(written_[i].field)) {
      WireReader reader(rest);
      uint32_t tag;
      std::string_view message;
      LabelView label;
      if (!reader.ReadTag(tag) || !reader.ReadBytes(message) || !ReadLabel(message, label)) return;
      i = Remember({rest.data(), reader.position()}, label, i);
    }
    const WrittenLabel& label = written_[i];
    refs_text_.append(label.refs.data(), label.ref_bytes);
    rest.remove_prefix(label.field.size());
  }
}

EncoderV2::Refs EncoderV2::RefsFrom(size_t offset) const {
  return {static_cast<uint32_t>(offset), static_cast<uint32_t>(refs_text_.size() - offset), true};
}

EncoderV2::Refs EncoderV2::RefsOf(const OutputBatch& batch, OutputBatch::Piece piece) {
  Refs& refs = by_piece_[static_cast<uint32_t>(piece)];
  if (refs.known) return refs;
  if (written_.size() > kMaxWrittenLabels) written_.clear();
  const size_t offset = refs_text_.size();
  WriteRefs(batch.text(piece));
  return refs = RefsFrom(offset);
}

EncoderV2::Refs EncoderV2::RefsOf(const OutputBatch& batch, OutputBatch::Frame frame, size_t part) {
  Refs& refs = by_frame_[static_cast<uint32_t>(frame)][part];
  if (refs.known) return refs;
  stretch_.clear();
  for (const OutputBatch::Piece piece : batch.stretch(frame, part)) {
    const Refs of_piece = RefsOf(batch, piece);
    stretch_.append(refs_text_, of_piece.offset, of_piece.bytes);
  }
  const size_t offset = refs_text_.size();
  refs_text_ += stretch_;
  return refs = RefsFrom(offset);
}

/// Fills block_refs_; returns how many bytes they are.
size_t EncoderV2::BlockRefs(const OutgoingSample& out) {
  const OutputBatch& batch = *out.batch;
  const OutputBatch::AddedPieces& added = batch.added(out.index);
  size_t bytes = 0;
  block_refs_.clear();
  const auto add = [&](const Refs& refs) {
    block_refs_.push_back(refs);
    bytes += refs.bytes;
  };
  for (size_t part = 0; part < OutputBatch::kStretches; part++) {
    add(RefsOf(batch, batch.frame(out.index), part));
    if (part < OutputBatch::kPlaces && added[part] != OutputBatch::kNoPiece) add(RefsOf(batch, added[part]));
  }
  return bytes;
}

void EncoderV2::Encode(std::span<const OutgoingSample> samples, ByteBuffer& body) {
  message_.clear();
  series_.clear();
  refs_text_.clear();
  refs_.reserve(last_symbols_);
  Ref("");
  SampleFieldWriter field;
  const OutputBatch* batch = nullptr;
  for (const OutgoingSample& out : samples) {
    if (out.batch != batch) {
      batch = out.batch;
      by_piece_.assign(batch->kept_pieces(), {});
      by_frame_.assign(batch->kept_frames(), {});
    }
    const size_t ref_bytes = BlockRefs(out);
    char tail[SampleFieldWriter::kMaxBytes + kMaxMetadataBytes];
    char* const tail_end = WriteMetadata(field.Write(tail, out.sample()), batch->type(out.index));
    const auto tail_bytes = static_cast<size_t>(tail_end - tail);
    AppendTag(series_, kSeries, WireType::kBytes);
    AppendVarint(series_, 1 + VarintBytes(ref_bytes) + ref_bytes + tail_bytes);
    AppendTag(series_, kLabelRefs, WireType::kBytes);
    AppendVarint(series_, ref_bytes);
    for (const Refs& refs : block_refs_) series_.append(refs_text_, refs.offset, refs.bytes);
    series_.append(tail, tail_bytes);
  }
  message_ += series_;
  last_symbols_ = refs_.size();
  refs_.clear();
  written_.clear();
  SnappyEncode(message_, body);
}

}  // namespace promcast
