#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "logging/log.h"

namespace promcast {

/// One log line without its line feed.
///   logfmt: ts=2026-01-01T00:00:00.000Z level=info msg="listening for samples" address=127.0.0.1:9095
///           a value is quoted when it is empty or holds a space, a control character, `=`, `"` or bytes that are not
///           UTF-8 (those become U+FFFD); other characters of a key become `_`
///   JSON:   {"ts":"...","level":"info","msg":"...","address":"..."}, all values strings
std::string FormatLogLine(LogFormat format, LogLevel level, int64_t time_ms, std::string_view message,
                          const std::vector<LogField>& fields);

/// debug, info, warn or error.
std::string_view LogLevelName(LogLevel level);

}  // namespace promcast
