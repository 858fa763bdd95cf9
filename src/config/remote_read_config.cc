#include <absl/status/status.h>

#include <string>

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
  const auto read = [&](const YamlValue& item, HistorySourceOptions& source) { ReadSource(item, folder, source); };
  ReadHttpEndpoints<HistorySourceOptions>(top, "remote_read", "store", read, ValidateHistorySource,
                                          options.remote_read);
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
