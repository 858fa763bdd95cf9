#include "remote_write/label_block.h"

#include <cstring>

#include "remote_write/message_fields.h"
#include "remote_write/wire.h"

namespace promcast {
namespace {

// Field 1 is the `labels` of a TimeSeries, and the `name` of a Label.
constexpr uint32_t kLabels = 1;
constexpr uint32_t kName = 1;
constexpr uint32_t kValue = 2;

size_t BytesFieldSize(size_t size) {
  return 1 + VarintBytes(size) + size;
}

// Three tags of one byte, and the lengths behind them.
constexpr size_t kMaxLabelOverhead = 3 * (1 + 10);

/// Two moves that overlap where one would not do, in place of a call: most names and values are short.
inline char* WriteText(char* to, std::string_view text) {
  const size_t bytes = text.size();
  const auto move_both_ends = [&]<typename Word>(Word head, Word tail) {
    std::memcpy(&head, text.data(), sizeof(Word));
    std::memcpy(&tail, text.data() + bytes - sizeof(Word), sizeof(Word));
    std::memcpy(to, &head, sizeof(Word));
    std::memcpy(to + bytes - sizeof(Word), &tail, sizeof(Word));
  };
  if (bytes > 16) {
    std::memcpy(to, text.data(), bytes);
  } else if (bytes >= 8) {
    move_both_ends(uint64_t{}, uint64_t{});
  } else if (bytes >= 4) {
    move_both_ends(uint32_t{}, uint32_t{});
  } else if (bytes > 0) {
    to[0] = text[0];
    to[bytes / 2] = text[bytes / 2];
    to[bytes - 1] = text[bytes - 1];
  }
  return to + bytes;
}

char* WriteBytesField(uint32_t field_number, std::string_view bytes, char* to) {
  *to++ = static_cast<char>(WireTag(field_number, WireType::kBytes));
  to = WriteVarint(to, bytes.size());
  return WriteText(to, bytes);
}

size_t MaxBytes(std::span<const LabelView> labels) {
  size_t bytes = 0;
  for (const LabelView& label : labels) bytes += MaxLabelBytes(label);
  return bytes;
}

bool ReadBlockLabel(WireReader& reader, LabelView& label) {
  uint32_t tag;
  std::string_view message;
  label = {};
  return !reader.done() && reader.ReadTag(tag) && tag == WireTag(kLabels, WireType::kBytes) &&
         reader.ReadBytes(message) && ReadLabel(message, label);
}

}  // namespace

size_t MaxLabelBytes(const LabelView& label) {
  return kMaxLabelOverhead + label.name.size() + label.value.size();
}

char* WriteLabel(char* to, const LabelView& label) {
  constexpr size_t kShort = 0x80;  // from here on a length takes more than a byte
  const auto& [name, value] = label;
  if (const size_t bytes = 4 + name.size() + value.size(); bytes < kShort) {
    const char head[4] = {WireTag(kLabels, WireType::kBytes), static_cast<char>(bytes),
                          WireTag(kName, WireType::kBytes), static_cast<char>(name.size())};
    std::memcpy(to, head, sizeof(head));
    to = WriteText(to + sizeof(head), name);
    *to++ = WireTag(kValue, WireType::kBytes);
    *to++ = static_cast<char>(value.size());
    return WriteText(to, value);
  }
  *to++ = WireTag(kLabels, WireType::kBytes);
  to = WriteVarint(to, BytesFieldSize(name.size()) + BytesFieldSize(value.size()));
  to = WriteBytesField(kName, name, to);
  return WriteBytesField(kValue, value, to);
}

void AppendLabel(std::string& block, std::string_view name, std::string_view value) {
  const LabelView label{name, value};
  const size_t before = block.size();
  block.resize(before + MaxLabelBytes(label));
  block.resize(static_cast<size_t>(WriteLabel(block.data() + before, label) - block.data()));
}

std::string EncodeLabelBlock(std::span<const LabelView> sorted_labels) {
  std::string block;
  EncodeLabelBlock(sorted_labels, block);
  return block;
}

void EncodeLabelBlock(std::span<const LabelView> sorted_labels, std::string& block) {
  block.resize(MaxBytes(sorted_labels));
  char* at = block.data();
  for (const LabelView& label : sorted_labels) at = WriteLabel(at, label);
  block.resize(static_cast<size_t>(at - block.data()));
}

void DecodeLabelBlock(std::string_view block, std::vector<LabelView>& labels) {
  labels.clear();
  WireReader reader(block);
  for (LabelView label; ReadBlockLabel(reader, label);) labels.push_back(label);
}

int CompareLabelBlocks(std::string_view a, std::string_view b) {
  WireReader reader_a(a), reader_b(b);
  LabelView label_a, label_b;
  for (;;) {
    const bool more_a = ReadBlockLabel(reader_a, label_a);
    const bool more_b = ReadBlockLabel(reader_b, label_b);
    if (!more_a || !more_b) return static_cast<int>(more_a) - static_cast<int>(more_b);
    if (const int order = label_a.name.compare(label_b.name); order != 0) return order;
    if (const int order = label_a.value.compare(label_b.value); order != 0) return order;
  }
}

}  // namespace promcast
