#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "http_client/http_client.h"
#include "logging/log.h"
#include "remote_write/encoder.h"
#include "remote_write/snappy_block.h"
#include "sender/destination_metrics.h"
#include "sender/sample_queue.h"
#include "sender/verdict.h"
#include "timeseries/clock.h"

namespace promcast {

/// What the shards of one destination share. Thread-safe.
struct DestinationState {
  DestinationState(const DestinationOptions& destination_options, const Clock& system_clock, MetricRegistry& registry);
  /// Remembers that the receiver speaks 1.0 only.
  void FallBack(int http_status);

  const DestinationOptions options;
  const Url url;
  const Clock& clock;
  DestinationMetrics metrics;
  std::atomic<WriteProtocol> protocol;
  LogThrottle retry_log{10'000};
  LogThrottle rejected_log{10'000};
};

/// One queue of a destination and the thread that sends it: one request at a time, so that the samples of a series
/// arrive in order. Push, SetFlushing, WaitUntilEmpty and Stop are thread-safe.
class Shard {
 public:
  explicit Shard(DestinationState& state);
  /// Counts what is still queued as lost.
  ~Shard();

  void Push(std::shared_ptr<const OutputBatch> batch, std::vector<uint32_t> indices);
  void SetFlushing(bool flushing) { queue_.SetFlushing(flushing); }
  bool WaitUntilEmpty(std::chrono::steady_clock::time_point deadline) { return queue_.WaitUntilEmpty(deadline); }
  /// Ends the request or the pause that runs; the thread then ends.
  void Stop();

 private:
  void Run();
  void Deliver();
  void DropTooOld();
  void Encode(WriteProtocol protocol);
  Verdict Attempt(WriteProtocol protocol, int retries);
  absl::StatusOr<HttpHeaders> Headers(WriteProtocol protocol, int retries) const;
  /// Counts what became of the samples; false when they are to be sent again.
  bool Settle(const Verdict& verdict);
  void LogRefusal(const HttpResponse& response, const Verdict& verdict);

  DestinationState& state_;
  SampleQueue queue_;
  HttpClient client_;

  // Of the sending thread alone: the samples on their way and the request that holds them.
  RequestEncoder encoder_;
  SampleQueue::Taken outgoing_;
  bool encoded_ = false;
  WriteProtocol encoded_protocol_ = WriteProtocol::kV2;
  ByteBuffer body_;

  std::thread thread_;
};

}  // namespace promcast
