#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "http_client/http_client.h"
#include "remote_write/decoder.h"
#include "sender/options.h"

namespace promcast {

/// What an answer to a remote-write request means for the samples in it.
struct Verdict {
  enum class Kind {
    kAccepted,     ///< done: `written` samples were taken, the receiver refused the others
    kRejected,     ///< done: trying again would not help; `written` of them were taken all the same (2.0)
    kUnconfirmed,  ///< done: a 2xx to 2.0 that does not say what was written, where no other protocol is allowed
    kNotV2,        ///< the receiver does not speak 2.0 and kept nothing: the same samples again as 1.0
    kRetry,        ///< the same samples again, after `wait` where the receiver named one
  };
  Kind kind = Kind::kAccepted;
  size_t written = 0;
  /// What Retry-After asks for, at least min_backoff and at most sample_age_limit (a minute where there is no limit);
  /// 0: the sender's own backoff.
  std::chrono::milliseconds wait{0};
};

/// Judges the answer to `samples` samples sent as `protocol`. 415 to 2.0 asks for 1.0; so does a 2xx to 2.0 without any
/// `Written` header, which comes from a receiver that took the request for an empty 1.0 one and kept nothing.
/// `now_ms` is for Retry-After dates. Source: Prometheus remote-write specifications 1.0 and 2.0.
Verdict Judge(const HttpResponse& response, WriteProtocol protocol, size_t samples, const DestinationOptions& options,
              int64_t now_ms);

}  // namespace promcast
