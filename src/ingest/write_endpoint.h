#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "ingest/byte_budget.h"
#include "ingest/options.h"
#include "ingest/sample_sink.h"
#include "remote_write/decoder.h"
#include "self_metrics/metrics.h"

namespace promcast {

/// What the endpoint looks at of an HTTP request; the strings must live until CheckHead returns.
struct WriteRequestHead {
  std::string_view method;
  std::string_view content_type;      ///< empty when absent
  std::string_view content_encoding;  ///< empty when absent
  std::optional<uint64_t> content_length;
};

/// The answer to a remote-write request, whichever listener it came through.
struct WriteReply {
  int status = 204;  ///< HTTP status; the gRPC listener maps 4xx to InvalidArgument, 503 to Unavailable
  std::string text;  ///< body of an error; empty with 204
  bool send_written_headers = false;  ///< X-Prometheus-Remote-Write-{Samples,Histograms,Exemplars}-Written
  uint64_t samples = 0, histograms = 0, exemplars = 0;
  int retry_after_s = 0;  ///< when above 0
};

/// Remote write 1.0 and 2.0, less the transport: the rules of the specifications' receivers, the way of a request from
/// its body into the shards, and their counters (promcast_ingest_*). Thread-safe; Write waits for nobody, but may
/// apply the samples before it returns.
class WriteEndpoint {
 public:
  WriteEndpoint(const IngestOptions& options, SampleSink& sink, MetricRegistry& metrics);
  ~WriteEndpoint();

  /// Before the body is read: the protocol by Content-Type, or the refusal (405, 415, 413, 503 while not ready).
  struct HeadCheck {
    WriteProtocol protocol = WriteProtocol::kV1;
    std::optional<WriteReply> refusal;
  };
  HeadCheck CheckHead(const WriteRequestHead& head) const;

  /// `body`: the compressed request; its memory must already be reserved in budget(), the reservation moves in and ends
  /// with the answer. `done` is called once, from any thread, when every sample has been applied.
  void Write(WriteProtocol protocol, std::string body, ByteBudget::Reservation reservation,
             std::function<void(WriteReply)> done);
  /// The same for a message that is not compressed (gRPC).
  void WriteMessage(WriteProtocol protocol, std::string message, ByteBudget::Reservation reservation,
                    std::function<void(WriteReply)> done);

  /// Bounds the memory of all requests in flight; a listener reserves before it reads a body, as the body grows.
  ByteBudget& budget();
  size_t max_body_bytes() const;
  /// The answer to a request that a listener has to refuse itself, counted: 413, 400, or with Retry-After 503 when the
  /// budget is spent.
  WriteReply Refuse(WriteProtocol protocol, int status, std::string text) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace promcast
