#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace promcast {

/// What pages look at of a request; the strings live as long as the call.
struct PageRequest {
  std::string_view method;
  std::string_view path;   ///< without the query
  std::string_view query;  ///< without the `?`, as it was sent
  std::string_view accept;
  std::string_view accept_encoding;
};

struct HttpReply {
  int status = 200;
  std::string body;
  std::string content_type = "text/plain; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers;  ///< beyond Content-Type, Content-Length and Connection
};

/// The head of an HTTP/1.1 response, with its empty line. A reply without body to a HEAD request keeps its length.
std::string FormatResponseHead(const HttpReply& reply, bool keep_alive);

}  // namespace promcast
