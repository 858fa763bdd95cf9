#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace promcast {

struct RawResponse {
  int status = 0;                              ///< 0: the connection ended instead
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
};

/// A blocking TCP client that sends exactly the bytes it is told to.
class RawClient {
 public:
  /// `address` as HttpServer::addresses() gives it.
  explicit RawClient(const std::string& address);
  ~RawClient();
  RawClient(RawClient&&) = delete;

  void Send(std::string_view bytes);
  void ShutdownSend();
  /// The next response; `head_request` when it has no body. Interim 100 responses are skipped but counted.
  RawResponse Read(bool head_request = false);
  /// Sends and reads.
  RawResponse Ask(std::string_view bytes) {
    Send(bytes);
    return Read();
  }
  /// True when the peer closed without another byte.
  bool AtEnd();
  int continues() const { return continues_; }

 private:
  bool Fill();

  int fd_ = -1;
  int continues_ = 0;
  std::string buffer_;
};

inline std::string Get(std::string_view path, std::string_view headers = "", std::string_view method = "GET") {
  return std::string(method) + " " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n" + std::string(headers) + "\r\n";
}

}  // namespace promcast
