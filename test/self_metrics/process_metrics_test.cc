#include "self_metrics/process_metrics.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <sstream>

namespace promcast {
namespace {

double Value(const MetricRegistry& metrics, const std::string& name) {
  std::istringstream text(metrics.Render(MetricRegistry::Format::kText));
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with(name + " ")) return std::stod(line.substr(name.size() + 1));
  }
  ADD_FAILURE() << "no " << name;
  return 0;
}

TEST(ProcessMetricsTest, TellWhatTheSystemKnowsOfTheProcess) {
  MetricRegistry metrics;
  AddProcessMetrics(metrics);
  const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  EXPECT_LE(Value(metrics, "process_start_time_seconds"), now + 1);
  EXPECT_GE(Value(metrics, "process_start_time_seconds"), now - 3600);
  EXPECT_GT(Value(metrics, "process_resident_memory_bytes"), 100e3);
  EXPECT_GT(Value(metrics, "process_virtual_memory_bytes"), Value(metrics, "process_resident_memory_bytes"));
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  EXPECT_EQ(Value(metrics, "process_max_fds"), static_cast<double>(limit.rlim_cur));
}

TEST(ProcessMetricsTest, OpenFdsFollowsFilesOpenedAndClosed) {
  MetricRegistry metrics;
  AddProcessMetrics(metrics);
  const double before = Value(metrics, "process_open_fds");
  const int fd = open("/dev/null", O_RDONLY);
  EXPECT_EQ(Value(metrics, "process_open_fds"), before + 1);
  close(fd);
  EXPECT_EQ(Value(metrics, "process_open_fds"), before);
}

TEST(ProcessMetricsTest, CpuSecondsRiseWithWork) {
  MetricRegistry metrics;
  AddProcessMetrics(metrics);
  const double before = Value(metrics, "process_cpu_seconds_total");
  volatile double sink = 0;
  while (Value(metrics, "process_cpu_seconds_total") < before + 0.01) {
    for (int i = 0; i < 100000; ++i) sink = sink + i;
  }
  SUCCEED();
}

}  // namespace
}  // namespace promcast
