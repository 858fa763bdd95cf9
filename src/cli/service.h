#pragma once

#include <absl/status/status.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "cli/persistence.h"
#include "cli/serve.h"
#include "concurrency/mutex.h"
#include "ingest/write_endpoint.h"
#include "pipeline/pipeline.h"
#include "remote_read/read_endpoint.h"
#include "self_metrics/metrics.h"
#include "sender/sender.h"
#include "server/grpc_server.h"
#include "server/http_server.h"
#include "timeseries/clock.h"

namespace promcast {

/// The parts of a serving promcast, wired: listeners -> endpoint -> pipeline -> sender. One thread calls Start, then
/// Reload and Stop; the listeners may call Reload as well.
class Service {
 public:
  Service(const ServeFlags& flags, const PipelineOptions& options);

  absl::Status Start();
  /// Reads the configuration file again and puts it in force whole, or leaves all as it was.
  absl::Status Reload();
  /// Refuses new requests, applies those under way, writes a last snapshot, sends what is queued; at most about ten
  /// seconds, and what the snapshot takes.
  void Stop();
  bool quit_requested() const { return quit_requested_.load(); }

 private:
  void PublishMetrics();
  absl::Status StartListeners();
  absl::Status OpenStorage();

  void WarnOfRestart(const PipelineOptions& options) const;

  const ServeFlags flags_;
  const IngestOptions ingest_options_;
  const size_t shards_;
  const uint64_t hash_seed_;
  SystemClock clock_;
  const int64_t started_ms_;
  MetricRegistry metrics_;
  Mutex reload_mutex_;
  StorageOptions storage_options_ PROMCAST_GUARDED_BY(reload_mutex_);
  std::vector<DestinationOptions> destinations_ PROMCAST_GUARDED_BY(reload_mutex_);
  Sender sender_;
  Pipeline pipeline_;
  WriteEndpoint endpoint_;
  ReadEndpoint read_endpoint_;
  std::unique_ptr<Persistence> persistence_;  // null without a storage path
  std::unique_ptr<HttpServer> http_;
  std::unique_ptr<GrpcServer> grpc_;
  std::atomic<bool> ready_{false}, quit_requested_{false};
  Gauge& reload_successful_;
  Gauge& reload_success_timestamp_;
};

}  // namespace promcast
