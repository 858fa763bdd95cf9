#include "cli/snapshot_command.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <map>
#include <system_error>

#include "checkpoint/newest_snapshot.h"
#include "checkpoint/transfer.h"
#include "pipeline/series_record.h"
#include "timeseries/clock.h"
#include "timeseries/duration.h"

namespace promcast {
namespace {

constexpr int kFailed = 1;
constexpr int kWrongUse = 2;

int Fail(const absl::Status& status) {
  fmt::print(stderr, "promcast: {}\n", std::string(status.message()));
  return absl::IsInvalidArgument(status) ? kWrongUse : kFailed;
}

absl::Status Named(const std::string& path, const absl::Status& status) {
  const std::string text(status.message());
  return {status.code(), text.starts_with(path) ? text : fmt::format("{}: {}", path, text)};
}

absl::StatusOr<WholeSnapshot> OpenOne(const std::string& path) {
  std::vector<RefusedSnapshot> refused;
  std::error_code error;
  const bool folder = std::filesystem::is_directory(path, error);
  auto found = OpenNewestWhole(folder ? ListSnapshots(path) : std::vector<SnapshotFile>{{0, path}}, 2, refused);
  if (folder) {
    for (const RefusedSnapshot& one : refused) fmt::print(stderr, "promcast: {}: {}\n", one.file.path, one.problem);
  } else if (!found) {
    return Named(path, absl::DataLossError(refused.front().problem));
  }
  if (!found) return absl::NotFoundError(fmt::format("{}: holds no whole snapshot", path));
  return *std::move(found);
}

absl::StatusOr<std::vector<Selector>> ParseAll(const std::vector<std::string>& texts) {
  std::vector<Selector> selectors;
  for (const std::string& text : texts) {
    auto selector = Selector::Parse(text);
    if (!selector.ok()) {
      return absl::InvalidArgumentError(fmt::format("--match: {}", std::string(selector.status().message())));
    }
    selectors.push_back(*std::move(selector));
  }
  return selectors;
}

std::string TimeText(int64_t time_ms) {
  const int64_t seconds = time_ms / 1000;
  constexpr int64_t kYear10000 = 253'402'300'800;
  if (seconds < 0 || seconds >= kYear10000) return fmt::format("{} ms", time_ms);
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

/// What `inspect` counts.
struct Inspection {
  struct Metric {
    uint64_t series = 0, bytes = 0;
  };
  std::map<std::string, Metric, std::less<>> metrics;
  uint64_t with_models = 0, broken = 0, listed = 0, matched = 0;
  int64_t newest_ms = 0;
};

void List(const SeriesRecord& record, size_t bytes) {
  std::vector<Label> labels;
  for (const LabelView& label : record.head.labels)
    labels.push_back({std::string(label.name), std::string(label.value)});
  fmt::print("{}  step {}, {} samples, newest {}, models {} B, {} B in all\n", Labels(std::move(labels)).ToString(),
             record.step_ms > 0 ? FormatDuration(record.step_ms) : "unknown", record.ring.size(),
             TimeText(record.head.newest_ms), record.bank.size(), bytes);
}

void InspectSeries(std::string_view bytes, const std::vector<Selector>& match, uint64_t limit, Inspection& inspection) {
  SeriesRecord record;
  if (!ReadSeriesRecord(bytes, record).ok()) {
    inspection.broken++;
    return;
  }
  const auto& labels = record.head.labels;
  const auto name = std::find_if(labels.begin(), labels.end(), [](auto& l) { return l.name == kMetricNameLabel; });
  Inspection::Metric& metric = inspection.metrics[name == labels.end() ? "" : std::string(name->value)];
  metric.series++;
  metric.bytes += bytes.size();
  inspection.with_models += record.grid.has_value();
  inspection.newest_ms = std::max(inspection.newest_ms, record.head.newest_ms);
  if (std::none_of(match.begin(), match.end(), [&](const Selector& selector) { return selector.Matches(labels); }))
    return;
  if (inspection.matched++ < limit) List(record, bytes.size());
}

absl::Status InspectBlocks(const SnapshotReader& reader, const std::vector<Selector>& match, uint64_t limit,
                           Inspection& inspection) {
  SnapshotReader::Buffer buffer;
  for (const BlockPlace& block : reader.blocks()) {
    if (absl::Status status = reader.Read(block, buffer); !status.ok()) return status;
    if (block.header.kind != BlockKind::kSeries) continue;
    RecordWalk walk(buffer.raw.view());
    for (std::string_view record; walk.Next(record);) InspectSeries(record, match, limit, inspection);
  }
  return absl::OkStatus();
}

void PrintMetrics(const Inspection& inspection, size_t limit) {
  std::vector<std::pair<std::string, Inspection::Metric>> metrics(inspection.metrics.begin(), inspection.metrics.end());
  std::stable_sort(metrics.begin(), metrics.end(),
                   [](const auto& a, const auto& b) { return a.second.series > b.second.series; });
  size_t width = 6;
  for (size_t i = 0; i < std::min(limit, metrics.size()); i++) width = std::max(width, metrics[i].first.size());
  fmt::print("\n{:{}}  {:>10}  {:>12}\n", "metric", width, "series", "bytes");
  for (size_t i = 0; i < std::min(limit, metrics.size()); i++) {
    fmt::print("{:{}}  {:>10}  {:>12}\n", metrics[i].first, width, metrics[i].second.series, metrics[i].second.bytes);
  }
  if (metrics.size() > limit) fmt::print("and {} metrics more; see --limit\n", metrics.size() - limit);
}

}  // namespace

int InspectSnapshot(const InspectFlags& flags) {
  const auto match = ParseAll(flags.match);
  if (!match.ok()) return Fail(match.status());
  const auto snapshot = OpenOne(flags.path);
  if (!snapshot.ok()) return Fail(snapshot.status());
  const SnapshotReader& reader = snapshot->reader;
  const SnapshotTotals& totals = reader.totals();
  fmt::print("{}\nformat {}, by promcast {}, written {}\n{} bytes, {} series, {} metric families, digest {:016x}\n",
             snapshot->file.path, reader.header().format, reader.header().version, TimeText(reader.header().created_ms),
             reader.size_bytes(), totals.series, totals.families, totals.digest);
  Inspection inspection;
  const auto limit = static_cast<uint64_t>(flags.limit);
  if (absl::Status status = InspectBlocks(reader, *match, limit, inspection); !status.ok()) {
    return Fail(Named(snapshot->file.path, status));
  }
  if (inspection.matched > limit) fmt::print("and {} series more; see --limit\n", inspection.matched - limit);
  if (!match->empty()) return 0;
  fmt::print("{} series have models; newest sample {}\n", inspection.with_models,
             totals.series > 0 ? TimeText(inspection.newest_ms) : "none");
  if (inspection.broken > 0) fmt::print("{} series cannot be read\n", inspection.broken);
  if (!inspection.metrics.empty()) PrintMetrics(inspection, limit);
  return 0;
}

int VerifySnapshots(const std::string& path) {
  std::error_code error;
  const bool folder = std::filesystem::is_directory(path, error);
  const std::vector<SnapshotFile> files = folder ? ListSnapshots(path) : std::vector<SnapshotFile>{{0, path}};
  if (files.empty()) return Fail(absl::NotFoundError(fmt::format("{}: holds no snapshot", path)));
  int exit_code = 0;
  for (const SnapshotFile& file : files) {
    const auto snapshot = OpenOne(file.path);
    Inspection inspection;
    absl::Status status = snapshot.ok() ? InspectBlocks(snapshot->reader, {}, 0, inspection) : snapshot.status();
    if (status.ok() && inspection.broken > 0) {
      status = absl::DataLossError(fmt::format("{} series cannot be read", inspection.broken));
    }
    if (status.ok()) {
      fmt::print("{}: whole, {} series\n", file.path, snapshot->reader.totals().series);
    } else {
      exit_code = Fail(Named(file.path, status));
    }
  }
  return exit_code;
}

int ExportState(const ExportFlags& flags) {
  const auto match = ParseAll(flags.match);
  if (!match.ok()) return Fail(match.status());
  if (isatty(STDOUT_FILENO) != 0) {
    return Fail(
        absl::InvalidArgumentError("the export is binary: send it to a file or a pipe, as in `> state.promcast`"));
  }
  const auto snapshot = OpenOne(flags.storage_path);
  if (!snapshot.ok()) return Fail(snapshot.status());
  const auto write = [](std::string_view bytes) -> absl::Status {
    if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size()) return absl::OkStatus();
    return absl::UnavailableError(fmt::format("cannot write the export: {}", std::generic_category().message(errno)));
  };
  auto report = ExportSeries(snapshot->reader, *match, PROMCAST_VERSION, write);
  if (report.ok() && std::fflush(stdout) != 0) report = write({nullptr, 1});
  if (!report.ok()) return Fail(report.status());
  fmt::print(stderr, "{} of {} series, as {} has them\n", report->series, report->seen, snapshot->file.path);
  return 0;
}

int ImportState(const ImportFlags& flags) {
  const auto from = OpenOne(flags.file);
  if (!from.ok()) return Fail(from.status());
  const auto folder = StorageFolder::Open(flags.storage_path);
  if (!folder.ok()) return Fail(folder.status());
  if (!(*folder)->write_problem().ok()) return Fail((*folder)->write_problem());
  std::vector<RefusedSnapshot> refused;
  const auto before = OpenNewestWhole((*folder)->List(), 2, refused);
  for (const RefusedSnapshot& one : refused) {
    return Fail(absl::DataLossError(
        fmt::format("{}: {}; move it away first, so that the import does not come to stand before it", one.file.path,
                    one.problem)));
  }
  auto file = (*folder)->Create();
  if (!file.ok()) return Fail(file.status());
  const SnapshotHeader header{.created_ms = SystemClock().NowMs(), .version = PROMCAST_VERSION};
  const auto report = ImportSeries(from->reader, before ? &before->reader : nullptr, header,
                                   [&file](std::string_view bytes) { return (*file)->Write(bytes); });
  if (!report.ok()) return Fail(report.status());
  if (absl::Status status = (*file)->Commit(); !status.ok()) return Fail(status);
  fmt::print("{}: {} series, {} imported, of which {} replaced what was there\n", (*file)->path(), report->total,
             report->series, report->replaced);
  return 0;
}

}  // namespace promcast
