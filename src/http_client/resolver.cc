#include "http_client/resolver.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include <array>
#include <thread>

#include "concurrency/mutex.h"

namespace promcast {
namespace {

bool IsAddress(const std::string& host) {
  in6_addr address;
  return inet_pton(AF_INET, host.c_str(), &address) == 1 || inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

/// Blocks for as long as the system's resolver does.
absl::StatusOr<std::vector<std::string>> LookUp(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  if (const int error = getaddrinfo(host.c_str(), nullptr, &hints, &list); error != 0) {
    return absl::NotFoundError(fmt::format("cannot find the address of \"{}\": {}", host, gai_strerror(error)));
  }
  std::vector<std::string> addresses;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    std::array<char, NI_MAXHOST> text;
    if (getnameinfo(entry->ai_addr, entry->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) == 0) {
      addresses.emplace_back(text.data());
    }
  }
  freeaddrinfo(list);
  return addresses;
}

}  // namespace

/// Shared with the thread that looks up, which may live longer than the Resolver.
struct Resolver::Lookup {
  explicit Lookup(std::string name) : host(std::move(name)) {}

  const std::string host;
  Mutex mutex;
  CondVar changed;
  bool running PROMCAST_GUARDED_BY(mutex) = false;
  bool cancelled PROMCAST_GUARDED_BY(mutex) = false;
  std::vector<std::string> addresses PROMCAST_GUARDED_BY(mutex);
  absl::Status status PROMCAST_GUARDED_BY(mutex);
};

Resolver::Resolver(std::string host) : lookup_(std::make_shared<Lookup>(std::move(host))) {}

absl::StatusOr<std::vector<std::string>> Resolver::Resolve(std::chrono::steady_clock::time_point deadline) {
  if (IsAddress(lookup_->host)) return std::vector<std::string>{lookup_->host};
  MutexLock lock(lookup_->mutex);
  if (!lookup_->running && !lookup_->cancelled) {
    lookup_->running = true;
    std::thread([lookup = lookup_] {
      auto found = LookUp(lookup->host);
      MutexLock done(lookup->mutex);
      lookup->running = false;
      lookup->status = found.status();
      lookup->addresses = found.ok() ? *std::move(found) : std::vector<std::string>();
      lookup->changed.NotifyAll();
    }).detach();
  }
  const bool ended = lookup_->changed.WaitUntil(lookup_->mutex, deadline, [this]() PROMCAST_REQUIRES(lookup_->mutex) {
    return !lookup_->running || lookup_->cancelled;
  });
  if (!ended) return absl::DeadlineExceededError(fmt::format("looking up \"{}\" takes too long", lookup_->host));
  if (lookup_->cancelled) return absl::CancelledError("the lookup was cancelled");
  if (!lookup_->status.ok()) return lookup_->status;
  return lookup_->addresses;
}

void Resolver::Cancel() {
  MutexLock lock(lookup_->mutex);
  lookup_->cancelled = true;
  lookup_->changed.NotifyAll();
}

}  // namespace promcast
