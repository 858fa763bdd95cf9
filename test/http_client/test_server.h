#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace promcast {

struct TestRequest {
  std::string method, target;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
  size_t connection = 0;           ///< number of the connection it came on, from 0
  std::string client_certificate;  ///< common name, empty without one
};

struct TestResponse {
  int status = 204;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  bool close_silently = false;  ///< closes after the answer without saying so in it
  bool never = false;           ///< no answer as long as the server lives
  std::string raw = {};         ///< when not empty: these bytes, then the connection closes
};

struct TestServerTls {
  std::string cert_file, key_file;
  std::string client_ca_file = {};  ///< when not empty a client certificate is demanded
};

/// An HTTP/1.1 server on a loopback port of its own, made of plain sockets and OpenSSL so that it shares nothing with
/// the client under test. `handler` is called with each request and its number, by one thread at a time.
class TestServer {
 public:
  using Handler = std::function<TestResponse(const TestRequest&, size_t index)>;
  explicit TestServer(Handler handler, const TestServerTls* tls = nullptr, bool ipv6 = false);
  ~TestServer();

  uint16_t port() const;
  /// Waits until that many requests have come; false after a minute.
  bool WaitForRequests(size_t count);
  std::vector<TestRequest> requests() const;
  size_t connections() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A remote-write 2.0 receiver's answer that took `samples` samples.
TestResponse Written(size_t samples, int status = 204);

}  // namespace promcast
