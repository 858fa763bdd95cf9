#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "remote_read/read_request.h"
#include "remote_read/read_result.h"
#include "remote_read/read_source.h"
#include "self_metrics/metrics.h"

namespace promcast {

struct ReadOptions {
  size_t max_body_bytes = 32 << 20;        ///< compressed; larger: 413
  size_t max_decoded_bytes = 32 << 20;     ///< inflated; larger: 400
  int max_concurrent = 10;                 ///< requests being worked on or waiting for that; above: 503
  size_t max_frame_bytes = 1 << 20;        ///< chunks in one frame of a stream
  size_t max_answer_bytes = 64 << 20;      ///< of one answer before compression; larger: 400
  size_t max_in_flight_bytes = 128 << 20;  ///< of all answers until they have been sent; above: 503
  ReadRequestLimits request;
  ReadResult::Limits result;
};

/// What the endpoint looks at of an HTTP request; the strings must live until CheckHead returns.
struct ReadRequestHead {
  std::string_view method;
  std::string_view content_type;      ///< empty when absent
  std::string_view content_encoding;  ///< empty when absent
};

/// The answer to a remote-read request. While it lives its bytes count as in flight.
struct ReadReply {
  int status = 200;
  std::string body;
  std::string content_type = "text/plain; charset=utf-8";
  std::string content_encoding;  ///< empty: none
  int retry_after_s = 0;         ///< when above 0
  std::shared_ptr<void> in_flight;
};

/// Prometheus's remote read, less the transport: SAMPLES and STREAMED_XOR_CHUNKS, the limits, and its counters
/// (promcast_remote_read_*). Thread-safe.
class ReadEndpoint {
 public:
  ReadEndpoint(const ReadSource& source, const ReadOptions& options, MetricRegistry& metrics);

  size_t max_body_bytes() const { return options_.max_body_bytes; }
  /// Before the body is read: the refusal (405, 415), if any.
  std::optional<ReadReply> CheckHead(const ReadRequestHead& head);

  /// A place among the requests that are worked on, until it is destroyed.
  class Place {
   public:
    Place(Place&& other) noexcept : in_use_(std::exchange(other.in_use_, nullptr)) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (in_use_ != nullptr) --*in_use_;
    }

   private:
    friend class ReadEndpoint;
    explicit Place(std::atomic<int>* in_use) : in_use_(in_use) {}
    std::atomic<int>* in_use_;
  };
  /// Nothing when all are taken: the answer is Busy() then.
  std::optional<Place> TakePlace();
  ReadReply Busy();
  /// Blocks until every series has been looked at; the whole answer is there before the first byte goes out, as a
  /// stream cannot tell of an error. `body` is the compressed request.
  ReadReply Answer(std::string_view body);
  /// The answer to a request that a listener has to refuse itself, counted.
  ReadReply Refuse(int status, std::string text);

 private:
  ReadReply Respond(std::string_view body, std::string_view& type_name);
  absl::StatusOr<std::string> Encode(const ReadRequest& request);
  std::shared_ptr<void> TakeBytes(size_t bytes);
  void Count(std::string_view type_name, int status);

  const ReadSource& source_;
  const ReadOptions options_;
  MetricRegistry& metrics_;
  Counter& queries_;
  Counter& series_;
  Counter& samples_;
  std::atomic<int> places_{0};
  std::atomic<size_t> in_flight_bytes_{0};
};

}  // namespace promcast
