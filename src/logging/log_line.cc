#include "logging/log_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <iterator>
#include <nlohmann/json.hpp>

namespace promcast {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

std::string FormatTime(int64_t time_ms) {
  int64_t seconds = time_ms / 1000, ms = time_ms % 1000;
  if (ms < 0) ms += 1000, --seconds;
  const std::time_t time = static_cast<std::time_t>(seconds);
  std::tm utc{};
  gmtime_r(&time, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                     utc.tm_hour, utc.tm_min, utc.tm_sec, ms);
}

/// Bytes of the UTF-8 sequence that starts at `at`; 0 when there is none (RFC 3629: no overlong forms, no surrogates).
size_t Utf8SequenceBytes(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(at + i < text.size() ? text[at + i] : 0); };
  const auto continues = [&](size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const unsigned char first = byte(0), second = byte(1);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return continues(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool second_fits = (first != 0xE0 || second >= 0xA0) && (first != 0xED || second <= 0x9F);
    return continues(1) && continues(2) && second_fits ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool second_fits = (first != 0xF0 || second >= 0x90) && (first != 0xF4 || second <= 0x8F);
    return continues(1) && continues(2) && continues(3) && second_fits ? 4 : 0;
  }
  return 0;
}

bool NeedsQuotes(std::string_view value) {
  if (value.empty()) return true;
  for (size_t i = 0; i < value.size();) {
    const unsigned char c = static_cast<unsigned char>(value[i]);
    const size_t bytes = Utf8SequenceBytes(value, i);
    if (bytes == 0 || c <= ' ' || c == 0x7F || c == '=' || c == '"') return true;
    i += bytes;
  }
  return false;
}

void AppendQuoted(std::string& line, std::string_view value) {
  line += '"';
  for (size_t i = 0; i < value.size();) {
    const size_t bytes = Utf8SequenceBytes(value, i);
    const unsigned char c = static_cast<unsigned char>(value[i]);
    if (bytes == 0) {
      line += kReplacement;
    } else if (c == '"' || c == '\\') {
      line += '\\', line += value[i];
    } else if (c == '\n') {
      line += "\\n";
    } else if (c == '\r') {
      line += "\\r";
    } else if (c == '\t') {
      line += "\\t";
    } else if (c < ' ' || c == 0x7F) {
      fmt::format_to(std::back_inserter(line), "\\u{:04x}", c);
    } else {
      line += value.substr(i, bytes);
    }
    i += std::max<size_t>(bytes, 1);
  }
  line += '"';
}

void AppendField(std::string& line, std::string_view key, std::string_view value) {
  if (!line.empty()) line += ' ';
  if (key.empty()) line += '_';
  for (char c : key) line += c > ' ' && c < 0x7F && c != '=' && c != '"' ? c : '_';
  line += '=';
  if (NeedsQuotes(value)) {
    AppendQuoted(line, value);
  } else {
    line += value;
  }
}

}  // namespace

std::string_view LogLevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarn:
      return "warn";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

std::string FormatLogLine(LogFormat format, LogLevel level, int64_t time_ms, std::string_view message,
                          const std::vector<LogField>& fields) {
  if (format == LogFormat::kJson) {
    nlohmann::ordered_json line;
    line["ts"] = FormatTime(time_ms);
    line["level"] = LogLevelName(level);
    line["msg"] = message;
    for (const LogField& field : fields) line[field.key] = field.value;
    return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  }
  std::string line;
  AppendField(line, "ts", FormatTime(time_ms));
  AppendField(line, "level", LogLevelName(level));
  AppendField(line, "msg", message);
  for (const LogField& field : fields) AppendField(line, field.key, field.value);
  return line;
}

}  // namespace promcast
