#pragma once

#include <chrono>
#include <csignal>
#include <initializer_list>
#include <optional>

namespace promcast {

/// Turns signals into values: blocks them in the calling thread and every thread started after, and hands them out one
/// by one, so that no code runs inside a signal handler. Make it before any thread starts.
class SignalWaiter {
 public:
  explicit SignalWaiter(std::initializer_list<int> signals);
  /// The next signal, or nothing after `timeout`.
  std::optional<int> Wait(std::chrono::milliseconds timeout) const;

 private:
  sigset_t set_;
};

}  // namespace promcast
