#include "ingest/media_type.h"

#include <absl/strings/match.h>

namespace promcast {
namespace {

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool SameIgnoringCase(std::string_view a, std::string_view b) {
  return absl::EqualsIgnoreCase({a.data(), a.size()}, {b.data(), b.size()});
}

std::string_view Unquote(std::string_view text) {
  return text.size() >= 2 && text.front() == '"' && text.back() == '"' ? text.substr(1, text.size() - 2) : text;
}

}  // namespace

std::optional<WriteProtocol> ProtocolOfContentType(std::string_view content_type) {
  content_type = Trim(content_type);
  if (content_type.empty()) return WriteProtocol::kV1;
  size_t end = content_type.find(';');
  if (!SameIgnoringCase(Trim(content_type.substr(0, end)), "application/x-protobuf")) return std::nullopt;
  WriteProtocol protocol = WriteProtocol::kV1;
  while (end != std::string_view::npos) {
    content_type.remove_prefix(end + 1);
    end = content_type.find(';');
    const std::string_view parameter = Trim(content_type.substr(0, end));
    const size_t equals = parameter.find('=');
    if (equals == std::string_view::npos || !SameIgnoringCase(Trim(parameter.substr(0, equals)), "proto")) continue;
    const std::string_view message = Unquote(Trim(parameter.substr(equals + 1)));
    if (message == "io.prometheus.write.v2.Request") {
      protocol = WriteProtocol::kV2;
    } else if (message == "prometheus.WriteRequest") {
      protocol = WriteProtocol::kV1;
    } else {
      return std::nullopt;
    }
  }
  return protocol;
}

bool IsSnappyEncoding(std::string_view content_encoding) {
  content_encoding = Trim(content_encoding);
  return content_encoding.empty() || SameIgnoringCase(content_encoding, "snappy");
}

}  // namespace promcast
