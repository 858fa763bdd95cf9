#pragma once

#include <fmt/format.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace promcast {

/// One `key=value` of a log line.
struct LogField {
  std::string key;
  std::string value;
  template <typename T>
  LogField(std::string_view k, const T& v) : key(k), value(fmt::format("{}", v)) {}
};

enum class LogLevel { kDebug, kInfo, kWarn, kError };
enum class LogFormat { kLogfmt, kJson };

/// Until it is called, lines of level info and above go to standard error as logfmt. Asynchronous and bounded: a reader
/// that stalls costs old lines, never the caller's time. Call once, before threads start.
void SetUpLogging(LogLevel level, LogFormat format);
/// Writes out what is queued; call before exit.
void FlushLogs();

/// Thread-safe. `message` says what happened in a few constant words; what varies stands in the fields:
///   Log(LogLevel::kWarn, "destination answers errors", {{"url", url}, {"status", 503}});
void Log(LogLevel level, std::string_view message, const std::vector<LogField>& fields = {});
bool LogEnabled(LogLevel level);

/// At most one line per interval at a call site; lines left out are counted in the next one's `suppressed` field.
class LogThrottle {
 public:
  explicit LogThrottle(int64_t interval_ms) : interval_ms_(interval_ms) {}
  void Log(LogLevel level, std::string_view message, std::vector<LogField> fields = {});

 private:
  const int64_t interval_ms_;
  std::atomic<int64_t> next_ms_{0};
  std::atomic<int64_t> suppressed_{0};
};

}  // namespace promcast
