#include "remote_write/encoder_v1.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "remote_write/sample_field.h"
#include "remote_write/wire.h"

namespace promcast {
namespace {

constexpr uint32_t kSeries = 1;

bool CanRepeat(const SnappyWriter& writer, uint32_t position) {
  return writer.position() - position <= SnappyWriter::kWindowBytes;
}

uint64_t Load8(const char* at) {
  uint64_t bytes;
  std::memcpy(&bytes, at, sizeof(bytes));
  return bytes;
}

size_t HighBits(uint64_t hash) {
  return static_cast<size_t>(hash * 0x9e3779b97f4a7c15u >> 40);
}

/// How many bytes two fields have in common, by eights.
uint32_t CommonBytes(const char* a, const char* b, uint32_t bytes) {
  uint32_t common = 0;
  while (common + 8 <= bytes && Load8(a + common) == Load8(b + common)) common += 8;
  return common;
}

}  // namespace

void EncoderV1::Encode(std::span<const OutgoingSample> samples, ByteBuffer& body) {
  SampleFieldWriter field;
  const auto series_bytes = [&](const OutgoingSample& out) {
    return out.batch->label_bytes(out.index) + field.Bytes(out.sample().timestamp_ms);
  };
  size_t message_bytes = 0;
  for (const OutgoingSample& out : samples) {
    const size_t bytes = series_bytes(out);
    message_bytes += 1 + VarintBytes(bytes) + bytes;
  }
  equal_.fill({});
  alike_.fill({});
  char* const begin = body.Resize(SnappyWriter::MaxBytes(message_bytes));
  SnappyWriter writer(WriteVarint(begin, message_bytes));
  const OutputBatch* batch = nullptr;
  std::array<char, SnappyWriter::kShortBytes> between;  // a sample, and the head of the next series
  static_assert(sizeof(between) >= SampleFieldWriter::kMaxBytes + 1 + kMaxVarintBytes);
  char* between_end = between.data();
  const auto write_between = [&] {
    writer.ShortLiteral(between.data(), static_cast<size_t>(between_end - between.data()));
  };
  for (const OutgoingSample& out : samples) {
    if (out.batch != batch) {
      batch = out.batch;
      Begin(*batch);
    }
    between_end = WriteVarint(WriteTag(between_end, kSeries, WireType::kBytes), series_bytes(out));
    write_between();
    WriteBlock(out, writer);
    between_end = field.Write(between.data(), out.sample());
  }
  if (!samples.empty()) write_between();
  body.Resize(static_cast<size_t>(writer.Finish() - begin));
}

void EncoderV1::Begin(const OutputBatch& batch) {
  piece_positions_.assign(batch.kept_pieces(), 0);
  stretch_positions_.assign(batch.kept_frames(), {});
  blocks_[last_block_] = {};
}

void EncoderV1::WriteBlock(const OutgoingSample& out, SnappyWriter& writer) {
  const OutputBatch& batch = *out.batch;
  const OutputBatch::Frame frame = batch.frame(out.index);
  const OutputBatch::AddedPieces& added = batch.added(out.index);
  const uint32_t begin = writer.position();
  const WrittenBlock& last = blocks_[last_block_];
  last_block_ = 1 - last_block_;
  WrittenBlock& block = blocks_[last_block_];
  block.block = batch.block(out.index);
  const size_t repeated = block.block.FirstCommonStretch(last.block);
  auto& starts = block.starts;
  size_t part = 0;
  for (; part < OutputBatch::kStretches; part++) {
    starts[part] = writer.position();
    if (part == repeated) {
      const auto left = static_cast<uint32_t>(batch.label_bytes(out.index)) - (starts[part] - begin);
      if (left >= SnappyWriter::kMinRepeatBytes && CanRepeat(writer, last.starts[part])) {
        writer.Repeat(last.starts[part], left);
        break;
      }
    }
    if (batch.stretch_bytes(frame, part) > 0) WriteStretch(batch, frame, part, writer);
    if (part < OutputBatch::kPlaces && added[part] != OutputBatch::kNoPiece) WritePiece(batch, added[part], writer);
  }
  for (size_t rest = part + 1; rest < OutputBatch::kStretches; rest++)
    starts[rest] = starts[part] + (last.starts[rest] - last.starts[part]);
}

void EncoderV1::WriteStretch(const OutputBatch& batch, OutputBatch::Frame frame, size_t part, SnappyWriter& writer) {
  const size_t bytes = batch.stretch_bytes(frame, part);
  uint32_t& last = stretch_positions_[static_cast<uint32_t>(frame)][part];
  const uint32_t position = writer.position();
  if (bytes >= SnappyWriter::kMinRepeatBytes && last != 0 && CanRepeat(writer, last)) {
    writer.Repeat(last, static_cast<uint32_t>(bytes));
  } else {
    for (const OutputBatch::Piece piece : batch.stretch(frame, part)) WritePiece(batch, piece, writer);
  }
  last = position;
}

void EncoderV1::WritePiece(const OutputBatch& batch, OutputBatch::Piece piece, SnappyWriter& writer) {
  const std::string_view text = batch.text(piece);
  uint32_t& last = piece_positions_[static_cast<uint32_t>(piece)];
  const uint32_t position = writer.position();
  if (text.size() >= SnappyWriter::kMinRepeatBytes && last != 0 && CanRepeat(writer, last)) {
    writer.Repeat(last, static_cast<uint32_t>(text.size()));
  } else {
    WriteLabels(text, writer);
  }
  last = position;
}

void EncoderV1::WriteLabels(std::string_view fields, SnappyWriter& writer) {
  constexpr size_t kHeadBytes = 2;
  if (fields.size() > kHeadBytes && fields.size() < kHeadBytes + 0x80 &&
      fields.size() == kHeadBytes + static_cast<uint8_t>(fields[1])) {
    return WriteLabel(fields, writer);  // one, as most are
  }
  WireReader reader(fields);
  while (!reader.done()) {
    const char* const begin = reader.position();
    uint32_t tag;
    std::string_view label;
    if (!reader.ReadTag(tag) || !reader.ReadBytes(label)) return writer.Literal({begin, fields.end()});
    WriteLabel({begin, reader.position()}, writer);
  }
}

void EncoderV1::WriteRest(std::string_view rest, SnappyWriter& writer) {
  static_assert(SnappyWriter::kShortBytes <= RunBuffer::kSlackBytes);
  if (rest.size() > SnappyWriter::kShortBytes) return writer.Literal(rest);
  if (!rest.empty()) writer.ShortLiteral(rest.data(), rest.size());
}

/// Values of neighbours differ at their ends, so one that is not equal to another still begins like the last one.
void EncoderV1::WriteLabel(std::string_view field, SnappyWriter& writer) {
  if (field.size() < SnappyWriter::kMinRepeatBytes) return writer.Literal(field);
  const auto bytes = static_cast<uint32_t>(field.size());
  const uint32_t position = writer.position();
  const uint64_t head = Load8(field.data());
  const uint64_t ends = std::rotl(head, 23) ^ Load8(field.data() + field.size() - 8) ^ bytes;
  WrittenLabel& equal = equal_[HighBits(ends) % equal_.size()];
  WrittenLabel& alike = alike_[HighBits(head) % alike_.size()];
  uint32_t repeated = 0;
  if (equal.bytes == bytes && CanRepeat(writer, equal.position) && field == std::string_view(equal.field, bytes)) {
    writer.Repeat(equal.position, repeated = bytes);
  } else if (CanRepeat(writer, alike.position)) {
    repeated = CommonBytes(field.data(), alike.field, std::min(bytes, alike.bytes));
    if (repeated > 0) writer.Repeat(alike.position, repeated);
  }
  WriteRest(field.substr(repeated), writer);
  for (WrittenLabel* written : {&equal, &alike}) {
    written->field = field.data();
    written->bytes = bytes;
    written->position = position;
  }
}

}  // namespace promcast
