#include "test_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace promcast {
namespace {

/// A socket with or without TLS.
class Connection {
 public:
  Connection(int fd, SSL_CTX* context) : fd_(fd) {
    if (context == nullptr) return;
    ssl_ = SSL_new(context);
    SSL_set_fd(ssl_, fd);
    usable_ = SSL_accept(ssl_) == 1;
  }
  ~Connection() {
    if (ssl_ != nullptr) {
      if (usable_) SSL_shutdown(ssl_);
      SSL_free(ssl_);
    }
  }
  bool usable() const { return usable_; }
  long Read(char* data, size_t size) {
    return ssl_ ? SSL_read(ssl_, data, static_cast<int>(size)) : recv(fd_, data, size, 0);
  }
  void Write(const std::string& data) {
    for (size_t sent = 0; sent < data.size();) {
      const long n = ssl_ ? SSL_write(ssl_, data.data() + sent, static_cast<int>(data.size() - sent))
                          : send(fd_, data.data() + sent, data.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) return;
      sent += static_cast<size_t>(n);
    }
  }
  std::string ClientName() const {
    X509* certificate = ssl_ ? SSL_get_peer_certificate(ssl_) : nullptr;
    if (certificate == nullptr) return {};
    char name[256] = {};
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
    X509_free(certificate);
    return name;
  }

 private:
  const int fd_;
  SSL* ssl_ = nullptr;
  bool usable_ = true;
};

void ParseHead(const std::string& head, TestRequest& request) {
  size_t begin = head.find("\r\n");
  const std::string line = head.substr(0, begin);
  request.method = line.substr(0, line.find(' '));
  request.target = line.substr(line.find(' ') + 1, line.rfind(' ') - line.find(' ') - 1);
  while (begin != std::string::npos && begin + 2 < head.size()) {
    const size_t end = head.find("\r\n", begin + 2);
    const std::string header = head.substr(begin + 2, end - begin - 2);
    std::string name = header.substr(0, header.find(':'));
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    const size_t value = header.find_first_not_of(" :", header.find(':'));
    if (!name.empty()) request.headers[name] = value == std::string::npos ? "" : header.substr(value);
    begin = end;
  }
}

bool ReadRequest(Connection& connection, std::string& buffer, TestRequest& request) {
  char chunk[16384];
  size_t head_end;
  while ((head_end = buffer.find("\r\n\r\n")) == std::string::npos) {
    const long n = connection.Read(chunk, sizeof chunk);
    if (n <= 0) return false;
    buffer.append(chunk, static_cast<size_t>(n));
  }
  ParseHead(buffer.substr(0, head_end), request);
  const size_t length = std::stoul("0" + request.headers["content-length"]);
  while (buffer.size() < head_end + 4 + length) {
    const long n = connection.Read(chunk, sizeof chunk);
    if (n <= 0) return false;
    buffer.append(chunk, static_cast<size_t>(n));
  }
  request.body = buffer.substr(head_end + 4, length);
  buffer.erase(0, head_end + 4 + length);
  return true;
}

std::string Serialize(const TestResponse& response) {
  if (!response.raw.empty()) return response.raw;
  std::string text = "HTTP/1.1 " + std::to_string(response.status) + " Test\r\n";
  for (const auto& [name, value] : response.headers) text += name + ": " + value + "\r\n";
  if (response.status != 204) text += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
  return text + "\r\n" + (response.status == 204 ? "" : response.body);
}

SSL_CTX* MakeContext(const TestServerTls& tls) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  if (SSL_CTX_use_certificate_chain_file(context, tls.cert_file.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, tls.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    throw std::runtime_error("test server: certificate");
  }
  if (!tls.client_ca_file.empty()) {
    SSL_CTX_load_verify_locations(context, tls.client_ca_file.c_str(), nullptr);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return context;
}

}  // namespace

struct TestServer::Impl {
  Handler handler;
  SSL_CTX* context = nullptr;
  int listener = -1;
  uint16_t port = 0;
  mutable std::mutex mutex;
  std::condition_variable changed;
  bool stopped = false;
  std::vector<int> sockets;
  std::vector<TestRequest> requests;
  std::vector<std::thread> threads;  // of the accepting thread, then of the destructor
  std::thread acceptor;

  void Listen(bool ipv6);
  void Accept();
  void Serve(int fd, size_t number);
};

void TestServer::Impl::Listen(bool ipv6) {
  listener = socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_addr = in6addr_loopback;
  auto* address = ipv6 ? reinterpret_cast<sockaddr*>(&v6) : reinterpret_cast<sockaddr*>(&v4);
  socklen_t size = ipv6 ? sizeof v6 : sizeof v4;
  if (bind(listener, address, size) != 0 || listen(listener, 64) != 0) throw std::runtime_error("test server: listen");
  getsockname(listener, address, &size);
  port = ntohs(ipv6 ? v6.sin6_port : v4.sin_port);
}

void TestServer::Impl::Accept() {
  for (;;) {
    const int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    std::lock_guard lock(mutex);
    if (stopped) {
      close(fd);
      return;
    }
    sockets.push_back(fd);
    threads.emplace_back([this, fd, number = sockets.size() - 1] { Serve(fd, number); });
  }
}

void TestServer::Impl::Serve(int fd, size_t number) {
  Connection connection(fd, context);
  std::string buffer;
  while (connection.usable()) {
    TestRequest request;
    if (!ReadRequest(connection, buffer, request)) break;
    request.connection = number;
    request.client_certificate = connection.ClientName();
    TestResponse response;
    {
      std::unique_lock lock(mutex);
      requests.push_back(request);
      response = handler(request, requests.size() - 1);
      changed.notify_all();
      if (response.never) changed.wait(lock, [&] { return stopped; });
    }
    if (response.never) break;
    connection.Write(Serialize(response));
    if (response.close_silently || !response.raw.empty()) break;
  }
  shutdown(fd, SHUT_RDWR);
}

TestServer::TestServer(Handler handler, const TestServerTls* tls, bool ipv6) : impl_(std::make_unique<Impl>()) {
  signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  impl_->handler = std::move(handler);
  if (tls != nullptr) impl_->context = MakeContext(*tls);
  impl_->Listen(ipv6);
  impl_->acceptor = std::thread([impl = impl_.get()] { impl->Accept(); });
}

TestServer::~TestServer() {
  {
    std::lock_guard lock(impl_->mutex);
    impl_->stopped = true;
    for (const int fd : impl_->sockets) shutdown(fd, SHUT_RDWR);
    impl_->changed.notify_all();
  }
  shutdown(impl_->listener, SHUT_RDWR);
  impl_->acceptor.join();
  for (auto& thread : impl_->threads) thread.join();
  for (const int fd : impl_->sockets) close(fd);
  close(impl_->listener);
  SSL_CTX_free(impl_->context);
}

uint16_t TestServer::port() const {
  return impl_->port;
}

bool TestServer::WaitForRequests(size_t count) {
  std::unique_lock lock(impl_->mutex);
  return impl_->changed.wait_for(lock, std::chrono::minutes(1), [&] { return impl_->requests.size() >= count; });
}

std::vector<TestRequest> TestServer::requests() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->requests;
}

size_t TestServer::connections() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->sockets.size();
}

TestResponse Written(size_t samples, int status) {
  return {.status = status,
          .headers = {{"X-Prometheus-Remote-Write-Samples-Written", std::to_string(samples)},
                      {"X-Prometheus-Remote-Write-Histograms-Written", "0"},
                      {"X-Prometheus-Remote-Write-Exemplars-Written", "0"}}};
}

}  // namespace promcast
