#pragma once

#include <absl/status/statusor.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http_client/options.h"
#include "http_client/url.h"

namespace promcast {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpResponse {
  int status = 0;
  HttpHeaders headers;
  std::string body;  ///< its first 64 KiB

  /// The first header of that name, in whatever case; empty when there is none.
  std::string_view Header(std::string_view name) const;
  bool HasHeader(std::string_view name) const;
};

/// Takes a large body piece by piece, as it comes, with the answer's head. An error ends the request.
using HttpBodySink = std::function<absl::Status(const HttpResponse& head, std::string_view piece)>;

/// A client of one HTTP/1.1 server that keeps its connection between requests. TLS 1.2 or newer for https; certificate
/// files are read again for each connection. One thread at a time calls Post.
class HttpClient {
 public:
  HttpClient(Url url, ClientTlsOptions tls, std::chrono::milliseconds timeout);
  ~HttpClient();

  /// Sends one request and reads its answer; `timeout` bounds the whole of it: lookup, connecting, TLS, sending,
  /// reading. When a kept connection turns out to be closed by the server, a fresh one is tried at once. Whatever
  /// status the server gives is OK here. Errors: DeadlineExceeded, Cancelled, Unavailable (network, TLS, an answer that
  /// is not HTTP), FailedPrecondition (certificate files).
  absl::StatusOr<HttpResponse> Post(const HttpHeaders& headers, std::string_view body);
  /// As above, but the body of a 2xx answer, however long, goes to `sink`, none of it into the result. `timeout` bounds
  /// the time until the answer begins, and each wait for more of it. Errors are those above and of the sink; a body
  /// that breaks off is Unavailable.
  absl::StatusOr<HttpResponse> Post(const HttpHeaders& headers, std::string_view body, const HttpBodySink& sink);

  /// Thread-safe. Ends a running Post and all later ones with Cancelled.
  void Cancel();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace promcast
