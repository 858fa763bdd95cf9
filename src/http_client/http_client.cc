#include "http_client/http_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <optional>

#include "http_client/resolver.h"

namespace promcast {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
namespace net = boost::asio;
namespace ssl = net::ssl;
using boost::system::error_code;
using std::chrono::steady_clock;
using Request = http::request<http::span_body<const char>>;

constexpr size_t kPieceBytes = 64 * 1024;
constexpr size_t kKeptBodyBytes = 64 * 1024;
constexpr size_t kMaxBodyBytes = 1024 * 1024;  // a longer answer costs the connection
constexpr uint32_t kMaxHeaderBytes = 64 * 1024;

absl::Status ToStatus(const error_code& ec, std::string_view what) {
  const std::string message = fmt::format("{}: {}", what, ec.message());
  if (ec == beast::error::timeout) return absl::DeadlineExceededError(message);
  if (ec == net::error::operation_aborted) return absl::CancelledError(message);
  return absl::UnavailableError(message);
}

absl::Status TlsFileError(std::string_view option, const std::string& path, const error_code& ec) {
  return absl::FailedPreconditionError(fmt::format("tls_config: {} \"{}\": {}", option, path, ec.message()));
}

absl::Status ConfigureTls(const ClientTlsOptions& options, ssl::context& context) {
  error_code ec;
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  if (options.ca_file.empty()) {
    context.set_default_verify_paths(ec);
  } else {
    context.load_verify_file(options.ca_file, ec);
  }
  if (ec) return TlsFileError("ca_file", options.ca_file, ec);
  if (!options.cert_file.empty()) {
    context.use_certificate_chain_file(options.cert_file, ec);
    if (ec) return TlsFileError("cert_file", options.cert_file, ec);
    context.use_private_key_file(options.key_file, ssl::context::pem, ec);
    if (ec) return TlsFileError("key_file", options.key_file, ec);
  }
  return absl::OkStatus();
}

}  // namespace

std::string_view HttpResponse::Header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (beast::iequals({key.data(), key.size()}, {name.data(), name.size()})) return value;
  }
  return {};
}

bool HttpResponse::HasHeader(std::string_view name) const {
  return std::any_of(headers.begin(), headers.end(), [&](const auto& header) {
    return beast::iequals({header.first.data(), header.first.size()}, {name.data(), name.size()});
  });
}

struct HttpClient::Impl {
  const Url url;
  const ClientTlsOptions tls_options;
  const std::chrono::milliseconds timeout;
  std::atomic<bool> cancelled{false};
  Resolver resolver;
  net::io_context io{1};
  // At most one of them is set: the connection that is kept. Touched by the thread in Post alone, also when cancelling.
  std::unique_ptr<beast::tcp_stream> plain;
  std::unique_ptr<ssl::context> tls_context;
  std::unique_ptr<beast::ssl_stream<beast::tcp_stream>> tls;
  beast::flat_buffer buffer;

  Impl(Url u, ClientTlsOptions t, std::chrono::milliseconds limit)
      : url(std::move(u)), tls_options(std::move(t)), timeout(limit), resolver(url.host) {}

  beast::tcp_stream* Socket() { return tls ? &beast::get_lowest_layer(*tls) : plain.get(); }
  void Disconnect() {
    tls.reset();
    plain.reset();
    buffer.clear();
  }

  /// Runs one asynchronous operation to its end: the thread waits, and Cancel and the deadline still reach it.
  template <typename Start>
  error_code Await(Start start) {
    if (cancelled.load()) return net::error::operation_aborted;
    error_code result;
    start([&result](error_code ec, auto&&...) { result = ec; });
    io.restart();
    io.run();
    return result;
  }

  absl::Status Connect(steady_clock::time_point deadline);
  absl::Status ConnectTo(const std::string& address, steady_clock::time_point deadline);
  absl::Status Handshake(steady_clock::time_point deadline);
  /// One request with its answer.
  struct Exchanged {
    Request request;
    const HttpBodySink* sink = nullptr;
    HttpResponse response;
    bool answered = false;
    absl::Status body_status;  ///< with a sink: of the body
  };
  template <typename Stream>
  error_code Exchange(Stream& stream, Exchanged& exchanged);
  template <typename Stream, typename Parser>
  void ReadBody(Stream& stream, Parser& parser, HttpResponse& response);
  template <typename Stream, typename Parser>
  absl::Status StreamBody(Stream& stream, Parser& parser, Exchanged& exchanged);
  absl::Status Attempt(steady_clock::time_point deadline, Exchanged& exchanged);
  absl::StatusOr<HttpResponse> Post(const HttpHeaders& headers, std::string_view body, const HttpBodySink* sink);
};

absl::Status HttpClient::Impl::Connect(steady_clock::time_point deadline) {
  auto addresses = resolver.Resolve(deadline);
  if (!addresses.ok()) return addresses.status();
  absl::Status status = absl::NotFoundError(fmt::format("\"{}\" has no address", url.host));
  for (size_t i = 0; i < addresses->size(); i++) {
    // An address that swallows packets must leave time for those behind it.
    const auto now = steady_clock::now();
    status = ConnectTo((*addresses)[i], now + (deadline - now) / static_cast<int64_t>(addresses->size() - i));
    if (status.ok() || absl::IsCancelled(status)) break;
  }
  if (!status.ok() || !url.tls) return status;
  return Handshake(deadline);
}

absl::Status HttpClient::Impl::ConnectTo(const std::string& address, steady_clock::time_point deadline) {
  const std::string what = fmt::format("cannot connect to {} port {}", address, url.port);
  error_code ec;
  const auto ip = net::ip::make_address(address, ec);
  if (ec) return ToStatus(ec, what);
  plain = std::make_unique<beast::tcp_stream>(io);
  plain->expires_at(deadline);
  ec = Await([&](auto handler) { plain->async_connect(net::ip::tcp::endpoint(ip, url.port), std::move(handler)); });
  if (!ec) plain->socket().set_option(net::ip::tcp::no_delay(true), ec);
  if (!ec) return absl::OkStatus();
  Disconnect();
  return ToStatus(ec, what);
}

absl::Status HttpClient::Impl::Handshake(steady_clock::time_point deadline) {
  tls_context = std::make_unique<ssl::context>(ssl::context::tls_client);
  auto status = ConfigureTls(tls_options, *tls_context);
  if (!status.ok()) {
    Disconnect();
    return status;
  }
  tls = std::make_unique<beast::ssl_stream<beast::tcp_stream>>(std::move(*plain), *tls_context);
  plain.reset();
  const std::string& name = tls_options.server_name.empty() ? url.host : tls_options.server_name;
  error_code ec;
  net::ip::make_address(name, ec);
  const bool is_address = !ec;
  if (!is_address) SSL_set_tlsext_host_name(tls->native_handle(), name.c_str());
  if (tls_options.insecure_skip_verify) {
    tls->set_verify_mode(ssl::verify_none, ec);
  } else {
    tls->set_verify_mode(ssl::verify_peer, ec);
    tls->set_verify_callback(ssl::host_name_verification(name), ec);
  }
  Socket()->expires_at(deadline);
  ec = Await([&](auto handler) { tls->async_handshake(ssl::stream_base::client, std::move(handler)); });
  if (!ec) return absl::OkStatus();
  std::string what = fmt::format("TLS handshake with {} failed", url.HostHeader());
  if (const long verdict = SSL_get_verify_result(tls->native_handle()); verdict != X509_V_OK) {
    what += fmt::format(" (certificate for \"{}\": {})", name, X509_verify_cert_error_string(verdict));
  }
  Disconnect();
  return ToStatus(ec, what);
}

template <typename Stream>
error_code HttpClient::Impl::Exchange(Stream& stream, Exchanged& exchanged) {
  // A server that refuses a body before it has read it (413) answers and closes: its answer counts, not the broken
  // pipe.
  const error_code write_error =
      Await([&](auto handler) { http::async_write(stream, exchanged.request, std::move(handler)); });
  if (write_error == beast::error::timeout) return write_error;
  std::optional<http::response_parser<http::buffer_body>> parser;
  do {
    parser.emplace();
    parser->header_limit(kMaxHeaderBytes);
    parser->body_limit(boost::none);
    const error_code ec =
        Await([&](auto handler) { http::async_read_header(stream, buffer, *parser, std::move(handler)); });
    if (ec) {
      exchanged.answered = exchanged.answered || parser->got_some();
      return write_error ? write_error : ec;
    }
    exchanged.answered = true;
  } while (parser->get().result_int() / 100 == 1);  // interim answers, as 100 Continue
  HttpResponse& response = exchanged.response;
  response.status = static_cast<int>(parser->get().result_int());
  for (const auto& field : parser->get()) {
    response.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  }
  if (exchanged.sink != nullptr && response.status / 100 == 2) {
    exchanged.body_status = StreamBody(stream, *parser, exchanged);
  } else {
    ReadBody(stream, *parser, response);
  }
  if (write_error || !parser->is_done() || !parser->keep_alive() || buffer.size() > 0) Disconnect();
  return {};
}

template <typename Stream, typename Parser>
absl::Status HttpClient::Impl::StreamBody(Stream& stream, Parser& parser, Exchanged& exchanged) {
  std::vector<char> piece(kPieceBytes);
  while (!parser.is_done()) {
    parser.get().body().data = piece.data();
    parser.get().body().size = piece.size();
    Socket()->expires_after(timeout);
    const error_code ec = Await([&](auto handler) { http::async_read(stream, buffer, parser, std::move(handler)); });
    const size_t got = piece.size() - parser.get().body().size;
    if (got > 0) {
      const absl::Status taken = (*exchanged.sink)(exchanged.response, {piece.data(), got});
      if (!taken.ok()) return taken;
    }
    if (ec && ec != http::error::need_buffer) {
      return ToStatus(ec, fmt::format("the answer of {} breaks off", url.HostHeader()));
    }
  }
  return absl::OkStatus();
}

/// The status is what counts: a body that breaks off is kept as far as it came.
template <typename Stream, typename Parser>
void HttpClient::Impl::ReadBody(Stream& stream, Parser& parser, HttpResponse& response) {
  std::array<char, 8192> chunk;
  size_t total_bytes = 0;
  while (!parser.is_done() && total_bytes < kMaxBodyBytes) {
    parser.get().body().data = chunk.data();
    parser.get().body().size = chunk.size();
    const error_code ec = Await([&](auto handler) { http::async_read(stream, buffer, parser, std::move(handler)); });
    const size_t got = chunk.size() - parser.get().body().size;
    total_bytes += got;
    response.body.append(chunk.data(), std::min(got, kKeptBodyBytes - response.body.size()));
    if (ec && ec != http::error::need_buffer) return;
  }
}

absl::Status HttpClient::Impl::Attempt(steady_clock::time_point deadline, Exchanged& exchanged) {
  if (Socket() == nullptr) {
    if (auto status = Connect(deadline); !status.ok()) return status;
  }
  Socket()->expires_at(deadline);
  const error_code ec = tls ? Exchange(*tls, exchanged) : Exchange(*plain, exchanged);
  if (ec) {
    Disconnect();
    return ToStatus(ec, fmt::format("no answer from {}", url.HostHeader()));
  }
  if (Socket() != nullptr) Socket()->expires_never();
  return exchanged.body_status;
}

absl::StatusOr<HttpResponse> HttpClient::Impl::Post(const HttpHeaders& headers, std::string_view body,
                                                    const HttpBodySink* sink) {
  const auto deadline = steady_clock::now() + timeout;
  Exchanged exchanged;
  exchanged.sink = sink;
  Request& request = exchanged.request;
  request = Request{http::verb::post, url.target, 11};
  for (const auto& [name, value] : headers) request.set(name, value);
  request.set(http::field::host, url.HostHeader());
  request.body() = {body.data(), body.size()};
  request.prepare_payload();
  const bool kept = Socket() != nullptr;
  absl::Status status = Attempt(deadline, exchanged);
  if (kept && !exchanged.answered && absl::IsUnavailable(status)) status = Attempt(deadline, exchanged);
  if (cancelled.load()) return absl::CancelledError("the request was cancelled");
  if (!status.ok()) return status;
  return std::move(exchanged.response);
}

HttpClient::HttpClient(Url url, ClientTlsOptions tls, std::chrono::milliseconds timeout)
    : impl_(std::make_unique<Impl>(std::move(url), std::move(tls), timeout)) {}

HttpClient::~HttpClient() = default;

absl::StatusOr<HttpResponse> HttpClient::Post(const HttpHeaders& headers, std::string_view body) {
  return impl_->Post(headers, body, nullptr);
}

absl::StatusOr<HttpResponse> HttpClient::Post(const HttpHeaders& headers, std::string_view body,
                                              const HttpBodySink& sink) {
  return impl_->Post(headers, body, &sink);
}

void HttpClient::Cancel() {
  impl_->cancelled.store(true);
  impl_->resolver.Cancel();
  net::post(impl_->io, [impl = impl_.get()] {
    if (beast::tcp_stream* socket = impl->Socket()) socket->close();
  });
}

}  // namespace promcast
