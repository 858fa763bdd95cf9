#include <algorithm>

#include "remote_read/history_client.h"
#include "remote_write/wire.h"

namespace promcast {
namespace {

void AppendVarintField(std::string& out, uint32_t field_number, uint64_t value) {
  AppendTag(out, field_number, WireType::kVarint);
  AppendVarint(out, value);
}

std::string EncodeMatcher(const Matcher& matcher) {
  std::string message;
  AppendVarintField(message, 1, static_cast<uint64_t>(matcher.type));
  AppendBytesField(message, 2, matcher.name);
  AppendBytesField(message, 3, matcher.value);
  return message;
}

bool IsPlainName(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') && std::all_of(name.begin(), name.end(), plain);
}

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '\n') {
      quoted += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string_view OperatorOf(MatchType type) {
  switch (type) {
    case MatchType::kEqual:
      return "=";
    case MatchType::kNotEqual:
      return "!=";
    case MatchType::kRegex:
      return "=~";
    case MatchType::kNotRegex:
      return "!~";
  }
  return "=";
}

}  // namespace

void EncodeReadRequest(const ReadRequest& request, std::string& message) {
  std::string query_message;
  for (const ReadQuery& query : request.queries) {
    query_message.clear();
    AppendVarintField(query_message, 1, static_cast<uint64_t>(query.start_ms));
    AppendVarintField(query_message, 2, static_cast<uint64_t>(query.end_ms));
    for (const Matcher& matcher : query.matchers) AppendBytesField(query_message, 3, EncodeMatcher(matcher));
    AppendBytesField(message, 1, query_message);
  }
  std::string types;
  if (request.response_type == ReadResponseType::kStreamedXorChunks) {
    AppendVarint(types, static_cast<uint64_t>(ReadResponseType::kStreamedXorChunks));
  }
  AppendVarint(types, static_cast<uint64_t>(ReadResponseType::kSamples));
  AppendBytesField(message, 2, types);
}

std::string SelectorText(const std::vector<Matcher>& matchers) {
  std::string text = "{";
  for (const Matcher& matcher : matchers) {
    if (text.size() > 1) text += ',';
    text += IsPlainName(matcher.name) ? matcher.name : Quoted(matcher.name);
    text += OperatorOf(matcher.type);
    text += Quoted(matcher.value);
  }
  return text + "}";
}

}  // namespace promcast
