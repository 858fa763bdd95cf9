#include "cli/service.h"

#include <algorithm>
#include <chrono>
#include <random>

#include "cli/series_document.h"
#include "cli/status_document.h"
#include "config/config.h"
#include "logging/log.h"
#include "self_metrics/process_metrics.h"
#include "server/web_config.h"
#include "timeseries/duration.h"

namespace promcast {
namespace {

constexpr auto kListenerPatience = std::chrono::seconds(4);
constexpr int64_t kDrainMs = 5000;

uint64_t RandomSeed() {
  std::random_device random;
  return static_cast<uint64_t>(random()) << 32 | random();
}

IngestOptions WithSeed(IngestOptions options, uint64_t seed) {
  options.hash_seed = seed;
  return options;
}

}  // namespace

Service::Service(const ServeFlags& flags, const PipelineOptions& options)
    : flags_(flags),
      ingest_options_(options.ingest),
      shards_(options.shards),
      hash_seed_(RandomSeed()),
      started_ms_(clock_.NowMs()),
      storage_options_(options.storage),
      destinations_(options.remote_write),
      sender_(options.remote_write, clock_, metrics_),
      pipeline_(options, clock_, metrics_, [this](auto batch) { sender_.Enqueue(batch); }),
      endpoint_(WithSeed(options.ingest, hash_seed_), pipeline_, metrics_),
      read_endpoint_(pipeline_, ReadOptions(), metrics_),
      reload_successful_(metrics_.AddGauge("promcast_config_last_reload_successful",
                                           "Whether the configuration was good when last read.")),
      reload_success_timestamp_(metrics_.AddGauge("promcast_config_last_reload_success_timestamp_seconds",
                                                  "When a good configuration was last read.")) {
  PublishMetrics();
}

void Service::PublishMetrics() {
  metrics_
      .AddGauge("promcast_build_info", "Always 1; the labels say which promcast this is.",
                {{"version", PROMCAST_VERSION}})
      .Set(1);
  AddProcessMetrics(metrics_);
  reload_successful_.Set(1);
  reload_success_timestamp_.Set(static_cast<double>(clock_.NowMs()) / 1000);
  metrics_.AddCallback("promcast_ready", "Whether remote write is accepted.", {},
                       [this] { return ready_.load() ? 1.0 : 0.0; });
}

absl::Status Service::StartListeners() {
  std::shared_ptr<WebConfigFile> web_config;
  if (!flags_.web_config_file.empty()) {
    auto loaded = WebConfigFile::Open(flags_.web_config_file);
    if (!loaded.ok()) return loaded.status();
    web_config = *std::move(loaded);
  }
  const ServerHooks hooks{endpoint_,
                          read_endpoint_,
                          metrics_,
                          PROMCAST_VERSION,
                          [this] { return ready_.load(); },
                          [this] { return Reload(); },
                          [this] { quit_requested_ = true; },
                          [this] {
                            MutexLock lock(reload_mutex_);
                            return StatusDocument(pipeline_, destinations_,
                                                  persistence_ ? std::optional(persistence_->report()) : std::nullopt,
                                                  clock_.NowMs(), started_ms_);
                          },
                          [this](const SeriesQuery& query) -> absl::StatusOr<std::string> {
                            const auto found = pipeline_.Search(query.match, query.limit);
                            if (!found) return absl::UnavailableError("promcast is stopping");
                            return SeriesDocument(*found);
                          }};
  HttpServerOptions http;
  http.listen_addresses = flags_.listen_addresses;
  http.threads = std::max(http.threads, static_cast<int>(pipeline_.shard_count()));  // most samples are applied there
  http.enable_lifecycle = flags_.enable_lifecycle;
  http.max_connections = static_cast<size_t>(flags_.max_connections);
  http.read_timeout = std::chrono::milliseconds(*ParseDurationMs(flags_.read_timeout));
  auto http_server = HttpServer::Start(http, hooks, web_config);
  if (!http_server.ok()) return http_server.status();
  http_ = *std::move(http_server);
  for (const std::string& address : http_->addresses())
    Log(LogLevel::kInfo, "listening for HTTP", {{"address", address}});
  if (flags_.grpc_listen_address.empty()) return absl::OkStatus();
  auto grpc_server = GrpcServer::Start({flags_.grpc_listen_address}, hooks, web_config);
  if (!grpc_server.ok()) return grpc_server.status();
  grpc_ = *std::move(grpc_server);
  Log(LogLevel::kInfo, "listening for gRPC", {{"address", grpc_->address()}});
  return absl::OkStatus();
}

absl::Status Service::OpenStorage() {
  if (flags_.storage_path.empty()) return absl::OkStatus();
  auto persistence = Persistence::Open(flags_.storage_path, pipeline_, clock_, metrics_);
  if (!persistence.ok()) return persistence.status();
  persistence_ = *std::move(persistence);
  pipeline_.RefuseSamples(true);  // until the series are there that they belong to
  return absl::OkStatus();
}

absl::Status Service::Start() {
  if (absl::Status status = OpenStorage(); !status.ok()) return status;
  if (absl::Status status = StartListeners(); !status.ok()) return status;
  if (persistence_ != nullptr) {
    persistence_->Restore(hash_seed_);
    pipeline_.RefuseSamples(false);
    MutexLock lock(reload_mutex_);
    persistence_->Start(storage_options_);
  }
  ready_ = true;
  Log(LogLevel::kInfo, "ready to receive remote write");
  return absl::OkStatus();
}

absl::Status Service::Reload() {
  MutexLock lock(reload_mutex_);
  const auto options = LoadConfigFile(flags_.config_file);
  if (!options.ok()) {
    reload_successful_.Set(0);
    Log(LogLevel::kError, "configuration not reloaded; the old one stays in force",
        {{"problem", std::string(options.status().message())}});
    return options.status();
  }
  if (options->remote_write != destinations_) {
    sender_.Reload(options->remote_write);
    destinations_ = options->remote_write;
  }
  pipeline_.Reconfigure(*options);
  storage_options_ = options->storage;
  if (persistence_ != nullptr) persistence_->Reconfigure(options->storage);
  WarnOfRestart(*options);
  reload_successful_.Set(1);
  reload_success_timestamp_.Set(static_cast<double>(clock_.NowMs()) / 1000);
  Log(LogLevel::kInfo, "configuration reloaded", {{"rules", options->forecasts.size()}});
  return absl::OkStatus();
}

void Service::WarnOfRestart(const PipelineOptions& options) const {
  if (options.ingest == ingest_options_ && options.shards == shards_) return;
  Log(LogLevel::kWarn, "shards and the limits of requests and labels change with the next start, not with a reload");
}

void Service::Stop() {
  const bool was_ready = ready_.exchange(false);
  if (http_ != nullptr) http_->Stop(std::chrono::steady_clock::now() + kListenerPatience);
  if (grpc_ != nullptr) grpc_->Stop(std::chrono::steady_clock::now() + kListenerPatience);
  if (persistence_ != nullptr) persistence_->Stop(/*last=*/was_ready);  // less than all would replace what is there
  pipeline_.Stop();
  if (!sender_.Drain(kDrainMs)) Log(LogLevel::kWarn, "stopped before every prediction was sent");
}

}  // namespace promcast
