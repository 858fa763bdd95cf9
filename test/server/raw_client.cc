#include "raw_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>

namespace promcast {

RawClient::RawClient(const std::string& address) {
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{.tv_sec = 60, .tv_usec = 0};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  const size_t colon = address.rfind(':');
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(colon + 1))));
  inet_pton(AF_INET, address.substr(0, colon).c_str(), &peer.sin_addr);
  if (connect(fd_, reinterpret_cast<sockaddr*>(&peer), sizeof(peer)) != 0)
    ADD_FAILURE() << "no connection: " << address;
}

RawClient::~RawClient() {
  close(fd_);
}

void RawClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // the peer may have answered and closed already
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

void RawClient::ShutdownSend() {
  shutdown(fd_, SHUT_WR);
}

bool RawClient::Fill() {
  char piece[4096];
  const ssize_t got = recv(fd_, piece, sizeof(piece), 0);
  if (got <= 0) return false;
  buffer_.append(piece, static_cast<size_t>(got));
  return true;
}

bool RawClient::AtEnd() {
  return buffer_.empty() && !Fill();
}

RawResponse RawClient::Read(bool head_request) {
  size_t head_end = 0;
  while ((head_end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!Fill()) return {};
  }
  RawResponse response;
  const std::string head = buffer_.substr(0, head_end + 2);
  buffer_.erase(0, head_end + 4);
  response.status = std::stoi(head.substr(9, 3));
  for (size_t at = head.find("\r\n") + 2; at < head.size();) {
    const size_t end = head.find("\r\n", at), colon = head.find(": ", at);
    std::string name = head.substr(at, colon - at);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    response.headers[name] = head.substr(colon + 2, end - colon - 2);
    at = end + 2;
  }
  if (response.status == 100) {
    ++continues_;
    return Read(head_request);
  }
  const auto length = response.headers.find("content-length");
  const size_t body_bytes = head_request || length == response.headers.end() ? 0 : std::stoul(length->second);
  while (buffer_.size() < body_bytes && Fill()) {
  }
  response.body = buffer_.substr(0, body_bytes);
  buffer_.erase(0, body_bytes);
  return response;
}

}  // namespace promcast
