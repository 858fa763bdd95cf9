#include "checkpoint/series_head.h"

namespace promcast {
namespace {

void AppendText(std::string_view text, std::string& out) {
  auto bytes = static_cast<uint32_t>(text.size());
  ArchiveWriter{out}(bytes);
  out += text;
}

std::string_view ReadText(ArchiveReader& archive) {
  uint32_t bytes = 0;
  archive(bytes);
  return archive.Bytes(bytes);
}

}  // namespace

void AppendSeriesHead(std::span<const LabelView> labels, int64_t newest_ms, std::string& out) {
  auto count = static_cast<uint32_t>(labels.size());
  ArchiveWriter{out}(newest_ms, count);
  for (const LabelView& label : labels) {
    AppendText(label.name, out);
    AppendText(label.value, out);
  }
}

void ReadSeriesHead(ArchiveReader& archive, SeriesHead& head) {
  uint32_t count = 0;
  head.labels.clear();
  archive(head.newest_ms, count);
  for (uint32_t i = 0; i < count && archive.ok(); i++) {
    const std::string_view name = ReadText(archive);
    head.labels.push_back({name, ReadText(archive)});
  }
}

void AppendFamily(const StoredFamily& family, std::string& out) {
  uint8_t type = family.type;
  ArchiveWriter{out}(type);
  out += family.name;
}

bool ReadFamily(std::string_view record, StoredFamily& family) {
  if (record.empty()) return false;
  family.type = static_cast<uint8_t>(record.front());
  family.name = record.substr(1);
  return true;
}

}  // namespace promcast
