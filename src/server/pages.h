#pragma once

#include <string>
#include <string_view>

#include "server/http_message.h"
#include "server/http_server.h"

namespace promcast {

/// Every answer but those of remote write and remote read. Thread-safe.
class Pages {
 public:
  Pages(const ServerHooks& hooks, bool enable_lifecycle) : hooks_(hooks), enable_lifecycle_(enable_lifecycle) {}

  HttpReply Answer(const PageRequest& request) const;

  /// The value of the metrics' label `handler`: a small fixed set.
  static std::string_view HandlerName(std::string_view path);
  static bool IsWritePath(std::string_view path);
  static bool IsReadPath(std::string_view path);
  /// Where an answer is made: what may take long must keep no thread that serves sockets, and what waits for the shards
  /// none that checks passwords.
  enum class Place { kHere, kBlocking, kSearching };
  static Place PlaceOf(const PageRequest& request);

 private:
  HttpReply Metrics(const PageRequest& request) const;
  HttpReply Lifecycle(const PageRequest& request) const;
  HttpReply BuildInfo() const;
  HttpReply SeriesForecasts(const PageRequest& request) const;

  const ServerHooks& hooks_;
  const bool enable_lifecycle_;
};

}  // namespace promcast
