#pragma once

#include <absl/status/statusor.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace promcast {

/// Turns one host name into addresses. The system's lookup cannot be interrupted and may take many seconds, so it runs
/// on a thread of its own that outlives this object if it must; there is never more than one such thread for each
/// Resolver.
class Resolver {
 public:
  explicit Resolver(std::string host);

  /// Addresses in the order in which they are to be tried, as text (IPv6 with its scope). A host that is an address
  /// already costs no lookup. NotFound, DeadlineExceeded or Cancelled. One thread at a time.
  absl::StatusOr<std::vector<std::string>> Resolve(std::chrono::steady_clock::time_point deadline);

  /// Thread-safe. Ends a running Resolve and all later ones.
  void Cancel();

 private:
  struct Lookup;
  std::shared_ptr<Lookup> lookup_;
};

}  // namespace promcast
