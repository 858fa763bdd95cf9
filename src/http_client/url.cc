#include "http_client/url.h"

#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>
#include <fmt/format.h>

#include <algorithm>

namespace promcast {
namespace {

constexpr size_t kMaxUrlBytes = 8192;

struct Parts {
  std::string_view scheme, user_info, authority, target;
};

/// False when there is no "://".
bool Split(std::string_view text, Parts& parts) {
  const size_t colon = text.find("://");
  if (colon == std::string_view::npos) return false;
  parts.scheme = text.substr(0, colon);
  std::string_view rest = text.substr(colon + 3);
  rest = rest.substr(0, rest.find('#'));
  const size_t path = std::min(rest.find_first_of("/?"), rest.size());
  parts.authority = rest.substr(0, path);
  parts.target = rest.substr(path);
  if (const size_t at = parts.authority.rfind('@'); at != std::string_view::npos) {
    parts.user_info = parts.authority.substr(0, at);
    parts.authority = parts.authority.substr(at + 1);
  }
  return true;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool PercentDecode(std::string_view text, std::string& out) {
  out.clear();
  for (size_t i = 0; i < text.size(); i++) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size() || HexDigit(text[i + 1]) < 0 || HexDigit(text[i + 2]) < 0) return false;
    out += static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2]));
    i += 2;
  }
  return true;
}

bool IsHostCharacter(char c) {
  return absl::ascii_isalnum(c) || c == '-' || c == '.' || c == '_';
}
bool IsAddressCharacter(char c) {
  return absl::ascii_isxdigit(c) || c == ':' || c == '.';
}

absl::Status ParseUserInfo(std::string_view user_info, Url& url) {
  const size_t colon = std::min(user_info.find(':'), user_info.size());
  const bool decoded = PercentDecode(user_info.substr(0, colon), url.username) &&
                       PercentDecode(user_info.substr(std::min(colon + 1, user_info.size())), url.password);
  if (!decoded) return absl::InvalidArgumentError("broken percent-encoding in the URL's user info");
  return absl::OkStatus();
}

absl::Status ParseHostAndPort(std::string_view authority, Url& url) {
  std::string_view port;
  if (!authority.empty() && authority[0] == '[') {
    const size_t end = authority.find(']');
    if (end == std::string_view::npos) return absl::InvalidArgumentError("the IPv6 address in the URL lacks its ']'");
    url.host = authority.substr(1, end - 1);
    port = authority.substr(end + 1);
    if (url.host.find(':') == std::string::npos || !std::all_of(url.host.begin(), url.host.end(), IsAddressCharacter)) {
      return absl::InvalidArgumentError(fmt::format("\"{}\" in the URL is not an IPv6 address", url.host));
    }
  } else {
    const size_t colon = std::min(authority.find(':'), authority.size());
    url.host = authority.substr(0, colon);
    port = authority.substr(colon);
    if (url.host.empty()) return absl::InvalidArgumentError("the URL names no host");
    if (!std::all_of(url.host.begin(), url.host.end(), IsHostCharacter)) {
      return absl::InvalidArgumentError("the URL's host holds a character that no host name may hold");
    }
  }
  url.port = url.tls ? 443 : 80;
  if (port.empty()) return absl::OkStatus();
  uint32_t number = 0;
  const std::string digits(port.substr(1));
  const bool is_number =
      port[0] == ':' && !digits.empty() && std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit);
  if (!is_number || !absl::SimpleAtoi(digits, &number) || number == 0 || number > 65535) {
    return absl::InvalidArgumentError(fmt::format("the URL's port \"{}\" is not a number from 1 to 65535", digits));
  }
  url.port = static_cast<uint16_t>(number);
  return absl::OkStatus();
}

}  // namespace

std::string Url::HostHeader() const {
  const std::string name = host.find(':') == std::string::npos ? host : fmt::format("[{}]", host);
  return port == (tls ? 443 : 80) ? name : fmt::format("{}:{}", name, port);
}

absl::StatusOr<Url> ParseUrl(std::string_view text) {
  if (text.size() > kMaxUrlBytes) {
    return absl::InvalidArgumentError(
        fmt::format("a URL of {} bytes; at most {} are allowed", text.size(), kMaxUrlBytes));
  }
  // What is not printable ASCII must be percent-encoded; it would otherwise reach the request line as it is.
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; })) {
    return absl::InvalidArgumentError(
        "the URL holds a blank, a control character or a non-ASCII byte; percent-encode it");
  }
  Parts parts;
  if (!Split(text, parts)) return absl::InvalidArgumentError("the URL must begin with http:// or https://");
  Url url;
  const std::string scheme = absl::AsciiStrToLower(std::string(parts.scheme));
  if (scheme != "http" && scheme != "https") {
    return absl::InvalidArgumentError(fmt::format("the URL's scheme is \"{}\"; use http or https", scheme));
  }
  url.tls = scheme == "https";
  if (auto status = ParseUserInfo(parts.user_info, url); !status.ok()) return status;
  if (auto status = ParseHostAndPort(parts.authority, url); !status.ok()) return status;
  url.target = parts.target;
  if (url.target.empty() || url.target[0] != '/') url.target.insert(0, "/");
  return url;
}

std::string WithoutUserInfo(std::string_view text) {
  Parts parts;
  if (!Split(text, parts) || parts.user_info.empty()) return std::string(text);
  return fmt::format("{}://{}{}", parts.scheme, parts.authority, parts.target);
}

}  // namespace promcast
