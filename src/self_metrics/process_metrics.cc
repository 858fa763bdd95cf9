#include "self_metrics/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <sstream>
#include <string>
#include <system_error>

namespace promcast {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

double CpuSeconds() {
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) != 0) return kUnknown;
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Field `index` of /proc/self/statm: 0 is the virtual size, 1 the resident set.
double MemoryBytes(int index) {
  std::ifstream statm("/proc/self/statm");
  double pages = kUnknown;
  for (int i = 0; i <= index; ++i) {
    if (!(statm >> pages)) return kUnknown;
  }
  return pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

/// Seconds since the Unix epoch: the boot's time in /proc/stat and the ticks since then, field 22 of /proc/self/stat.
double StartTimeSeconds() {
  std::ifstream stat("/proc/self/stat");
  const std::string text{std::istreambuf_iterator<char>(stat), {}};
  const size_t name_end = text.rfind(')');  // the program's name may hold spaces
  if (name_end == std::string::npos) return kUnknown;
  std::istringstream fields(text.substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field < 22; ++field) fields >> skipped;
  double ticks = 0;
  if (!(fields >> ticks)) return kUnknown;

  std::ifstream system("/proc/stat");
  for (std::string line; std::getline(system, line);) {
    if (line.starts_with("btime ")) {
      return std::stod(line.substr(6)) + ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
    }
  }
  return kUnknown;
}

double OpenFds() {
  std::error_code error;
  const std::filesystem::directory_iterator fds("/proc/self/fd", error);
  if (error) return kUnknown;
  const auto count = std::distance(begin(fds), end(fds));
  return static_cast<double>(count) - 1;  // less the one that reads the folder
}

double MaxFds() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return kUnknown;
  return limit.rlim_cur == RLIM_INFINITY ? kUnknown : static_cast<double>(limit.rlim_cur);
}

}  // namespace

double ResidentBytes() { return MemoryBytes(1); }

void AddProcessMetrics(MetricRegistry& metrics) {
  metrics.AddCallback("process_cpu_seconds_total", "User and system CPU time spent.", {}, CpuSeconds);
  metrics.AddCallback("process_resident_memory_bytes", "Resident memory size.", {}, [] { return MemoryBytes(1); });
  metrics.AddCallback("process_virtual_memory_bytes", "Virtual memory size.", {}, [] { return MemoryBytes(0); });
  metrics.AddCallback("process_start_time_seconds", "Start of the process, in seconds since the Unix epoch.", {},
                      [start = StartTimeSeconds()] { return start; });
  metrics.AddCallback("process_open_fds", "Open file descriptors.", {}, OpenFds);
  metrics.AddCallback("process_max_fds", "Most file descriptors that may be open.", {}, MaxFds);
}

}  // namespace promcast
