#include <absl/status/status.h>
#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

#include "config/http_endpoint_config.h"
#include "config/sections.h"

namespace promcast {
namespace {

// Keys of Prometheus's own remote_read that have no meaning here: what is read is always the past, of selected series.
constexpr const char* kNotHere[] = {"read_recent", "required_matchers", "filter_external_labels"};

void ReadApi(YamlSection& section, HistoryApi& out) {
  const auto entry = section.Take("api");
  std::string name;
  if (!entry || !entry->ReadString(name)) return;
  if (name == "remote_read") {
    out = HistoryApi::kRemoteRead;
  } else if (name == "export") {
    out = HistoryApi::kExport;
  } else if (name != "auto") {
    entry->Fail("unknown API; write remote_read, export (VictoriaMetrics) or auto");
  }
}

void ReadSource(const YamlValue& value, const std::filesystem::path& folder, HistorySourceOptions& out) {
  YamlSection section(value);
  ReadHttpEndpoint(section, folder,
                   "write the address to read from, as http://localhost:9090/api/v1/read or, for VictoriaMetrics, "
                   "http://localhost:8428/api/v1/export",
                   out, out.name);
  ReadApi(section, out.api);
  for (const char* key : kNotHere) {
    if (const auto entry = section.Take(key)) entry->Fail("has no meaning here; leave it out");
  }
  section.RefuseOtherKeys();
}

}  // namespace

void ReadRemoteRead(YamlSection& top, const std::filesystem::path& folder, PipelineOptions& options) {
  const auto entry = top.Take("remote_read");
  std::vector<YamlValue> items;
  if (!entry || entry->IsNull() || !entry->ReadList(items, "a list of stores to read from")) return;
  std::map<std::string, FilePosition> names;
  for (const YamlValue& item : items) {
    HistorySourceOptions source;
    const size_t errors_before = item.errors().size();
    ReadSource(item, folder, source);
    if (item.errors().size() == errors_before) {
      if (const absl::Status status = ValidateHistorySource(source); !status.ok()) FailAtKey(item, status);
      const auto [first, is_new] = names.emplace(source.name, item.position());
      if (!is_new) {
        item.Fail(fmt::format("the name \"{}\" is taken by the store in line {}; give one of them another name",
                              source.name, first->second.line));
      }
    }
    options.remote_read.push_back(std::move(source));
  }
}

void ReadBackfill(YamlSection& top, PipelineOptions& options) {
  const auto entry = top.Take("backfill");
  if (!entry) return;
  YamlSection section(*entry);
  section.Duration("max_range", options.backfill.max_range_ms, DurationRange{.min_ms = 60'000});
  section.Integer("concurrency", options.backfill.concurrency, IntegerRange{.min = 1, .max = 32});
  section.Duration("patience", options.backfill.patience_ms, DurationRange{});
  section.RefuseOtherKeys();
}

}  // namespace promcast
