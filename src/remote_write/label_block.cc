#include "remote_write/label_block.h"

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

bool ReadBlockLabel(WireReader& reader, LabelView& label) {
  uint32_t tag;
  std::string_view message;
  label = {};
  return !reader.done() && reader.ReadTag(tag) && tag == WireTag(kLabels, WireType::kBytes) &&
         reader.ReadBytes(message) && ReadLabel(message, label);
}

}  // namespace

void AppendLabel(std::string& block, std::string_view name, std::string_view value) {
  AppendTag(block, kLabels, WireType::kBytes);
  AppendVarint(block, BytesFieldSize(name.size()) + BytesFieldSize(value.size()));
  AppendBytesField(block, kName, name);
  AppendBytesField(block, kValue, value);
}

std::string EncodeLabelBlock(std::span<const LabelView> sorted_labels) {
  std::string block;
  for (const LabelView& label : sorted_labels) AppendLabel(block, label.name, label.value);
  return block;
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

void SpliceLabels(std::string_view block, std::span<const LabelView> added, std::string& out) {
  out.clear();
  WireReader reader(block);
  const char* copied_to = block.data();
  const char* label_begin = reader.position();
  auto next = added.begin();
  LabelView label;
  while (next != added.end() && ReadBlockLabel(reader, label)) {
    if (next->name <= label.name) {
      out.append(copied_to, label_begin);
      copied_to = label_begin;
      for (; next != added.end() && next->name < label.name; ++next) AppendLabel(out, next->name, next->value);
      if (next != added.end() && next->name == label.name) {
        AppendLabel(out, next->name, next->value);
        copied_to = reader.position();
        ++next;
      }
    }
    label_begin = reader.position();
  }
  out.append(copied_to, block.data() + block.size());
  for (; next != added.end(); ++next) AppendLabel(out, next->name, next->value);
}

}  // namespace promcast
