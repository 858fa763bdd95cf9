#include "remote_write/label_block.h"

#include <algorithm>
#include <array>

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

char* WriteBytesField(uint32_t field_number, std::string_view bytes, char* to) {
  *to++ = static_cast<char>(WireTag(field_number, WireType::kBytes));
  to = WriteVarint(to, bytes.size());
  return std::copy(bytes.begin(), bytes.end(), to);
}

char* WriteLabel(const LabelView& label, char* to) {
  *to++ = WireTag(kLabels, WireType::kBytes);
  to = WriteVarint(to, BytesFieldSize(label.name.size()) + BytesFieldSize(label.value.size()));
  to = WriteBytesField(kName, label.name, to);
  return WriteBytesField(kValue, label.value, to);
}

size_t MaxBytes(std::span<const LabelView> labels) {
  size_t bytes = 0;
  for (const LabelView& label : labels) bytes += kMaxLabelOverhead + label.name.size() + label.value.size();
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

void AppendLabel(std::string& block, std::string_view name, std::string_view value) {
  const LabelView label{name, value};
  const size_t most = MaxBytes({&label, 1});
  if (std::array<char, 256> scratch; most <= scratch.size()) {
    block.append(scratch.data(), WriteLabel(label, scratch.data()));
    return;
  }
  const size_t before = block.size();
  block.resize(before + most);
  block.resize(static_cast<size_t>(WriteLabel(label, block.data() + before) - block.data()));
}

std::string EncodeLabelBlock(std::span<const LabelView> sorted_labels) {
  std::string block;
  EncodeLabelBlock(sorted_labels, block);
  return block;
}

void EncodeLabelBlock(std::span<const LabelView> sorted_labels, std::string& block) {
  block.resize(MaxBytes(sorted_labels));
  char* at = block.data();
  for (const LabelView& label : sorted_labels) at = WriteLabel(label, at);
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
