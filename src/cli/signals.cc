#include "cli/signals.h"

#include <pthread.h>

#include <ctime>

namespace promcast {

SignalWaiter::SignalWaiter(std::initializer_list<int> signals) {
  sigemptyset(&set_);
  for (const int signal : signals) sigaddset(&set_, signal);
  pthread_sigmask(SIG_BLOCK, &set_, nullptr);
}

std::optional<int> SignalWaiter::Wait(std::chrono::milliseconds timeout) const {
  const timespec wait{timeout.count() / 1000, (timeout.count() % 1000) * 1'000'000};
  const int signal = sigtimedwait(&set_, nullptr, &wait);
  return signal > 0 ? std::optional<int>(signal) : std::nullopt;
}

}  // namespace promcast
