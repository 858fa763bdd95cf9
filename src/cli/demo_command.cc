#include "cli/demo_command.h"

#include <fmt/format.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <thread>

#include "cli/signals.h"

namespace promcast {

int RunDemoCommand(const DemoOptions& options) {
  const SignalWaiter signals({SIGINT, SIGTERM});
  std::atomic<bool> stop{false}, ended{false};
  absl::Status status;
  std::thread server([&] {
    status = RunDemo(options, stop, [](std::string_view address) {
      fmt::print("demo series at http://{}/metrics\n", address);
      std::fflush(stdout);
    });
    ended = true;
  });
  while (!ended && !signals.Wait(std::chrono::milliseconds(100))) {
  }
  stop = true;
  server.join();
  if (status.ok()) return 0;
  fmt::print(stderr, "promcast demo: {}\n", std::string(status.message()));
  return 1;
}

}  // namespace promcast
