#pragma once

#include <absl/status/statusor.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sender/options.h"
#include "sender/url.h"

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

  /// Thread-safe. Ends a running Post and all later ones with Cancelled.
  void Cancel();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace promcast
