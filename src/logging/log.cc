#include "logging/log.h"

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/base_sink.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <utility>

#include "concurrency/mutex.h"
#include "logging/log_line.h"

namespace promcast {
namespace {

constexpr size_t kQueueLines = 8192;
constexpr std::chrono::seconds kFlushPatience{2};

std::atomic<LogLevel> log_level{LogLevel::kInfo};
std::atomic<LogFormat> log_format{LogFormat::kLogfmt};

/// Writes finished lines to standard error and tells how many flushes it has seen.
class StderrSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  /// False when the sink did not get so far in time.
  bool WaitForFlush(int64_t number) {
    MutexLock lock(flush_mutex_);
    return flushed_.WaitFor(flush_mutex_, kFlushPatience,
                            [this, number]() PROMCAST_REQUIRES(flush_mutex_) { return flushes_ >= number; });
  }
  int64_t flushes() {
    MutexLock lock(flush_mutex_);
    return flushes_;
  }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    std::fwrite(message.payload.data(), 1, message.payload.size(), stderr);
  }
  void flush_() override {
    std::fflush(stderr);
    {
      MutexLock lock(flush_mutex_);
      ++flushes_;
    }
    flushed_.NotifyAll();
  }

  Mutex flush_mutex_;
  CondVar flushed_;
  int64_t flushes_ PROMCAST_GUARDED_BY(flush_mutex_) = 0;
};

struct AsyncLog {
  std::shared_ptr<StderrSink> sink = std::make_shared<StderrSink>();
  std::shared_ptr<spdlog::details::thread_pool> pool = std::make_shared<spdlog::details::thread_pool>(kQueueLines, 1);
  std::shared_ptr<spdlog::async_logger> logger =
      std::make_shared<spdlog::async_logger>("promcast", sink, pool, spdlog::async_overflow_policy::overrun_oldest);
  Mutex flush_mutex;
};

/// Never destroyed, so that threads may log until the very end; what is queued then is written out at exit.
AsyncLog& TheLog() {
  static AsyncLog* const log = [] {
    auto* made = new AsyncLog;
    made->logger->set_level(spdlog::level::trace);
    std::atexit(FlushLogs);
    return made;
  }();
  return *log;
}

int64_t SteadyNowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

void SetUpLogging(LogLevel level, LogFormat format) {
  log_level = level;
  log_format = format;
}

void FlushLogs() {
  AsyncLog& log = TheLog();
  MutexLock lock(log.flush_mutex);
  const int64_t before = log.sink->flushes();
  log.logger->flush();
  log.sink->WaitForFlush(before + 1);
}

bool LogEnabled(LogLevel level) {
  return level >= log_level.load(std::memory_order_relaxed);
}

void Log(LogLevel level, std::string_view message, const std::vector<LogField>& fields) {
  if (!LogEnabled(level)) return;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const int64_t now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  std::string line = FormatLogLine(log_format.load(std::memory_order_relaxed), level, now_ms, message, fields);
  line += '\n';
  TheLog().logger->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

void LogThrottle::Log(LogLevel level, std::string_view message, std::vector<LogField> fields) {
  if (!LogEnabled(level)) return;
  const int64_t now_ms = SteadyNowMs();
  int64_t next_ms = next_ms_.load(std::memory_order_relaxed);
  if (now_ms < next_ms || !next_ms_.compare_exchange_strong(next_ms, now_ms + interval_ms_)) {
    suppressed_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  if (const int64_t suppressed = suppressed_.exchange(0); suppressed > 0) fields.emplace_back("suppressed", suppressed);
  promcast::Log(level, message, fields);
}

}  // namespace promcast
