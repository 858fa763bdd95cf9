#include "checkpoint/transfer.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <set>
#include <unordered_set>
#include <vector>

#include "checkpoint/series_head.h"
#include "timeseries/fingerprint.h"

namespace promcast {
namespace {

constexpr size_t kBlockBytes = 256 << 10;
constexpr size_t kSortedBytes = 256 << 20;

/// Series are sorted by the fingerprint of their labels under a seed that is always the same.
Fingerprint SortKey(const std::vector<LabelView>& labels) {
  Fingerprint key;
  for (const LabelView& label : labels) key += LabelFingerprint(label.name, label.value, 0);
  return key;
}

bool Less(const Fingerprint& a, const Fingerprint& b) {
  return std::pair(a.high, a.low) < std::pair(b.high, b.low);
}

using VisitSeries = std::function<absl::Status(const SeriesHead& head, std::string_view record)>;

absl::Status ForEachSeries(const SnapshotReader& from, const VisitSeries& visit) {
  SnapshotReader::Buffer buffer;
  SeriesHead head;
  for (const BlockPlace& block : from.blocks()) {
    if (block.header.kind != BlockKind::kSeries) continue;
    if (absl::Status status = from.Read(block, buffer); !status.ok()) return status;
    RecordWalk walk(buffer.raw.view());
    for (std::string_view record; walk.Next(record);) {
      ArchiveReader archive(record);
      ReadSeriesHead(archive, head);
      if (!archive.ok()) return absl::DataLossError("a series whose labels cannot be read");
      if (absl::Status status = visit(head, record); !status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

using Families = std::map<std::string, uint8_t, std::less<>>;

absl::Status ReadFamilies(const SnapshotReader& from, Families& families) {
  SnapshotReader::Buffer buffer;
  for (const BlockPlace& block : from.blocks()) {
    if (block.header.kind != BlockKind::kFamilies) continue;
    if (absl::Status status = from.Read(block, buffer); !status.ok()) return status;
    RecordWalk walk(buffer.raw.view());
    StoredFamily family;
    for (std::string_view record; walk.Next(record);) {
      if (ReadFamily(record, family)) families.insert_or_assign(std::string(family.name), family.type);
    }
  }
  return absl::OkStatus();
}

absl::Status WriteFamilies(const Families& families, SnapshotWriter& writer) {
  RecordBlock block;
  for (const auto& family : families) {
    block.Add([&](std::string& out) { AppendFamily({family.first, family.second}, out); });
  }
  return writer.Add(BlockKind::kFamilies, block);
}

/// Whether it is the family of one of the metrics, which may have a suffix, as _total or _bucket.
bool IsFamilyOfAny(std::string_view family, const std::set<std::string, std::less<>>& metrics) {
  if (metrics.contains(family)) return true;
  const std::string with_suffix = std::string(family) + "_";
  const auto at = metrics.lower_bound(with_suffix);
  return at != metrics.end() && at->starts_with(with_suffix);
}

/// Gathers records into blocks.
class SeriesPacker {
 public:
  explicit SeriesPacker(SnapshotWriter& writer) : writer_(writer) {}
  absl::Status Add(std::string_view record) {
    block_.Add([&](std::string& out) { out += record; });
    return block_.bytes().size() < kBlockBytes ? absl::OkStatus() : Flush();
  }
  absl::Status Flush() {
    absl::Status status = writer_.Add(BlockKind::kSeries, block_);
    block_.Clear();
    return status;
  }

 private:
  SnapshotWriter& writer_;
  RecordBlock block_;
};

/// One export: a first look at what is to be written, then a pass for each range of sort keys.
class Export {
 public:
  Export(const SnapshotReader& from, std::span<const Selector> match) : from_(from), match_(match) {}

  absl::StatusOr<TransferReport> Run(const std::string& version, const SnapshotWriter::Sink& sink) {
    if (absl::Status status = Look(); !status.ok()) return status;
    SnapshotWriter writer({.created_ms = newest_ms_, .version = version}, sink);
    Families families;
    if (absl::Status status = ReadFamilies(from_, families); !status.ok()) return status;
    std::erase_if(families, [&](const auto& family) { return !IsFamilyOfAny(family.first, metrics_); });
    if (absl::Status status = WriteFamilies(families, writer); !status.ok()) return status;
    SeriesPacker packer(writer);
    for (size_t first = 0; first < bytes_.size();) {
      size_t end = first;
      for (uint64_t bytes = 0; end < bytes_.size() && (end == first || bytes + bytes_[end] <= kSortedBytes); end++)
        bytes += bytes_[end];
      if (absl::Status status = WriteRange(first, end, packer); !status.ok()) return status;
      first = end;
    }
    if (absl::Status status = packer.Flush(); !status.ok()) return status;
    if (absl::Status status = writer.Finish(); !status.ok()) return status;
    return report_;
  }

 private:
  static size_t RangeOf(const Fingerprint& key) { return static_cast<size_t>(key.high >> 54); }

  bool IsWanted(const std::vector<LabelView>& labels) const {
    return match_.empty() || std::any_of(match_.begin(), match_.end(),
                                         [&](const Selector& selector) { return selector.Matches(labels); });
  }

  absl::Status Look() {
    return ForEachSeries(from_, [&](const SeriesHead& head, std::string_view record) {
      report_.seen++;
      if (!IsWanted(head.labels)) return absl::OkStatus();
      report_.series++;
      newest_ms_ = std::max(newest_ms_, head.newest_ms);
      bytes_[RangeOf(SortKey(head.labels))] += record.size();
      for (const LabelView& label : head.labels) {
        if (label.name == kMetricNameLabel && !metrics_.contains(label.value)) metrics_.emplace(label.value);
      }
      return absl::OkStatus();
    });
  }

  absl::Status WriteRange(size_t first, size_t end, SeriesPacker& packer) const {
    std::vector<std::pair<Fingerprint, std::string>> records;
    const absl::Status read = ForEachSeries(from_, [&](const SeriesHead& head, std::string_view record) {
      const Fingerprint key = SortKey(head.labels);
      if (RangeOf(key) >= first && RangeOf(key) < end && IsWanted(head.labels)) records.emplace_back(key, record);
      return absl::OkStatus();
    });
    if (!read.ok()) return read;
    std::sort(records.begin(), records.end(), [](const auto& a, const auto& b) { return Less(a.first, b.first); });
    for (const auto& [key, record] : records) {
      if (absl::Status status = packer.Add(record); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  const SnapshotReader& from_;
  const std::span<const Selector> match_;
  TransferReport report_;
  int64_t newest_ms_ = 0;
  std::array<uint64_t, 1024> bytes_{};  // of records, by the highest bits of their keys
  std::set<std::string, std::less<>> metrics_;
};

struct KeyHash {
  size_t operator()(const Fingerprint& key) const { return key.low; }
};

}  // namespace

absl::StatusOr<TransferReport> ExportSeries(const SnapshotReader& from, std::span<const Selector> match,
                                            const std::string& version, const SnapshotWriter::Sink& sink) {
  return Export(from, match).Run(version, sink);
}

absl::StatusOr<TransferReport> ImportSeries(const SnapshotReader& from, const SnapshotReader* before,
                                            const SnapshotHeader& header, const SnapshotWriter::Sink& sink) {
  TransferReport report;
  Families families;
  if (before != nullptr) {
    if (absl::Status status = ReadFamilies(*before, families); !status.ok()) return status;
  }
  if (absl::Status status = ReadFamilies(from, families); !status.ok()) return status;
  SnapshotWriter writer(header, sink);
  if (absl::Status status = WriteFamilies(families, writer); !status.ok()) return status;
  SeriesPacker packer(writer);
  std::unordered_set<Fingerprint, KeyHash> imported;
  const absl::Status read = ForEachSeries(from, [&](const SeriesHead& head, std::string_view record) {
    report.seen++;
    return imported.insert(SortKey(head.labels)).second ? packer.Add(record) : absl::OkStatus();
  });
  if (!read.ok()) return read;
  report.series = imported.size();
  if (before != nullptr) {
    const absl::Status kept = ForEachSeries(*before, [&](const SeriesHead& head, std::string_view record) {
      if (!imported.contains(SortKey(head.labels))) return packer.Add(record);
      report.replaced++;
      return absl::OkStatus();
    });
    if (!kept.ok()) return kept;
  }
  if (absl::Status status = packer.Flush(); !status.ok()) return status;
  if (absl::Status status = writer.Finish(); !status.ok()) return status;
  report.total = writer.totals().series;
  return report;
}

}  // namespace promcast
