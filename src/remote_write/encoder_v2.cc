#include "remote_write/encoder_v2.h"

#include <algorithm>
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

// More names than this among the last labels say that series have little in common: too many to keep in order.
constexpr size_t kMaxWrittenLabels = 64;

constexpr size_t kMetadataBytes = 4;
constexpr size_t kMaxHeadBytes = 2 * (1 + kMaxVarintBytes);

size_t MetadataBytes(MetricType type) {
  return type == MetricType::kUnknown ? 0 : kMetadataBytes;
}

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

/// Makes `field`, which holds `label`, the last one written of its name.
EncoderV2::WrittenLabel& EncoderV2::Remember(std::string_view field, const LabelView& label) {
  auto at = written_.begin() + static_cast<ptrdiff_t>(next_label_);
  if (at == written_.end() || at->name != label.name) {
    at = std::ranges::lower_bound(written_, label.name, {}, &WrittenLabel::name);
    if (at == written_.end() || at->name != label.name) {
      at = written_.insert(at, {{}, label.name, Ref(label.name), 0, {}});
    }
  }
  if (at->field != field) {
    at->field = field;
    char* const refs_begin = at->refs.data();
    char* const value_ref = WriteVarint(refs_begin, at->name_ref);
    at->ref_bytes = static_cast<uint8_t>(WriteVarint(value_ref, Ref(label.value)) - refs_begin);
  }
  next_label_ = static_cast<size_t>(at - written_.begin());
  return *at;
}

/// The references of some labels. Neighbours share most labels, and come in the same order: so a label is held against
/// the last one of its name, and only what is new is looked up.
void EncoderV2::WriteRefs(std::string_view fields) {
  WireReader reader(fields);
  while (!reader.done()) {
    const char* const begin = reader.position();
    uint32_t tag;
    std::string_view message;
    LabelView label;
    if (!reader.ReadTag(tag) || !reader.ReadBytes(message) || !ReadLabel(message, label)) return;
    const WrittenLabel& written = Remember({begin, reader.position()}, label);
    char* const to = refs_text_.Room(written.refs.size());
    std::memcpy(to, written.refs.data(), written.refs.size());
    refs_text_.EndAt(to + written.ref_bytes);
    next_label_++;
  }
}

EncoderV2::Refs EncoderV2::RefsOf(const OutputBatch& batch, OutputBatch::Piece piece) {
  Refs& refs = by_piece_[static_cast<uint32_t>(piece)];
  if (refs.offset != Refs::kUnknown) return refs;
  if (written_.size() > kMaxWrittenLabels) {
    written_.clear();
    next_label_ = 0;
  }
  const size_t offset = refs_text_.size();
  WriteRefs(batch.text(piece));
  refs.offset = static_cast<uint32_t>(offset);
  refs.bytes = static_cast<uint32_t>(refs_text_.size() - offset);
  return refs;
}

EncoderV2::Refs EncoderV2::RefsOf(const OutputBatch& batch, OutputBatch::Frame frame, size_t part) {
  Refs& refs = by_frame_[static_cast<uint32_t>(frame)][part];
  if (refs.offset != Refs::kUnknown) return refs;
  const std::span<const OutputBatch::Piece> pieces = batch.stretch(frame, part);
  if (pieces.size() == 1) return refs = RefsOf(batch, pieces.front());
  uint32_t bytes = 0;
  for (const OutputBatch::Piece piece : pieces) bytes += RefsOf(batch, piece).bytes;
  refs.offset = static_cast<uint32_t>(refs_text_.size());
  refs.bytes = bytes;
  char* to = refs_text_.Room(bytes);
  for (const OutputBatch::Piece piece : pieces) {
    const Refs of_piece = by_piece_[static_cast<uint32_t>(piece)];
    to = RunBuffer::Copy(to, refs_text_.at(of_piece.offset), of_piece.bytes);
  }
  refs_text_.EndAt(to);
  return refs;
}

void EncoderV2::WriteSeries(const OutgoingSample& out, SampleFieldWriter& field) {
  const OutputBatch& batch = *out.batch;
  const OutputBatch::Frame frame = batch.frame(out.index);
  const OutputBatch::AddedPieces& added = batch.added(out.index);
  const size_t repeated = batch.block(out.index).FirstCommonStretch(last_.block);
  const size_t repeated_begin = repeated < OutputBatch::kStretches ? last_.starts[repeated] : last_.end;
  const size_t repeated_bytes = last_.end - repeated_begin;
  std::array<Refs, OutputBatch::kStretches> stretches;
  std::array<Refs, OutputBatch::kPlaces> pieces;
  size_t ref_bytes = repeated_bytes;
  for (size_t part = 0; part < repeated; part++) {
    stretches[part] = RefsOf(batch, frame, part);
    ref_bytes += stretches[part].bytes;
    if (part == OutputBatch::kPlaces || added[part] == OutputBatch::kNoPiece) continue;
    pieces[part] = RefsOf(batch, added[part]);
    ref_bytes += pieces[part].bytes;
  }
  const Sample& sample = out.sample();
  const MetricType type = batch.type(out.index);
  const size_t tail_bytes = field.Bytes(sample.timestamp_ms) + MetadataBytes(type);

  char* to = series_.Room(kMaxHeadBytes + ref_bytes + SampleFieldWriter::kMaxBytes + kMetadataBytes);
  to = WriteTag(to, kSeries, WireType::kBytes);
  to = WriteVarint(to, 1 + VarintBytes(ref_bytes) + ref_bytes + tail_bytes);
  to = WriteTag(to, kLabelRefs, WireType::kBytes);
  to = WriteVarint(to, ref_bytes);
  const char* const series_begin = series_.at(0);
  const auto position = [&] { return static_cast<size_t>(to - series_begin); };
  for (size_t part = 0; part < repeated; part++) {
    last_.starts[part] = position();
    to = RunBuffer::Copy(to, refs_text_.at(stretches[part].offset), stretches[part].bytes);
    if (part < OutputBatch::kPlaces && pieces[part].bytes > 0) {
      to = RunBuffer::Copy(to, refs_text_.at(pieces[part].offset), pieces[part].bytes);
    }
  }
  for (size_t part = repeated; part < OutputBatch::kStretches; part++) {
    last_.starts[part] = position() + (last_.starts[part] - repeated_begin);
  }
  to = RunBuffer::Copy(to, series_.at(repeated_begin), repeated_bytes);
  last_.end = position();
  last_.block = batch.block(out.index);
  series_.EndAt(WriteMetadata(field.Write(to, sample), type));
}

void EncoderV2::Begin(const OutputBatch& batch) {
  by_piece_.assign(batch.kept_pieces(), {});
  by_frame_.assign(batch.kept_frames(), {});
  last_.block = {};
}

void EncoderV2::Encode(std::span<const OutgoingSample> samples, ByteBuffer& body) {
  message_.clear();
  series_.Clear();
  refs_text_.Clear();
  refs_.reserve(last_symbols_);
  Ref("");
  SampleFieldWriter field;
  const OutputBatch* batch = nullptr;
  for (const OutgoingSample& out : samples) {
    if (out.batch != batch) {
      batch = out.batch;
      Begin(*batch);
    }
    WriteSeries(out, field);
  }
  message_ += series_.view();
  last_symbols_ = refs_.size();
  refs_.clear();
  written_.clear();
  next_label_ = 0;
  SnappyEncode(message_, body);
}

}  // namespace promcast
