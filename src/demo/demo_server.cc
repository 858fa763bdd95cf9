#include "demo/demo_server.h"

#include <absl/status/statusor.h>
#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <utility>

#include "demo/demo_series.h"
#include "demo/exposition.h"
#include "timeseries/clock.h"

namespace promcast {
namespace {

namespace net = boost::asio;
namespace http = boost::beast::http;
using net::ip::tcp;

constexpr auto kIdleTimeout = std::chrono::seconds(30);
constexpr auto kStopInterval = std::chrono::milliseconds(100);
constexpr int kMaxConnections = 64;

using Response = http::response<http::string_body>;

Response Answer(const http::request<http::empty_body>& request, const DemoSeries& series) {
  Response response(http::status::ok, request.version());
  response.keep_alive(request.keep_alive());
  response.set(http::field::content_type, "text/plain; charset=utf-8");
  const auto target = request.target().substr(0, request.target().find('?'));
  if (request.method() != http::verb::get && request.method() != http::verb::head) {
    response.result(http::status::method_not_allowed);
    response.set(http::field::allow, "GET, HEAD");
  } else if (target == "/metrics") {
    response.set(http::field::content_type, "text/plain; version=0.0.4; charset=utf-8");
    response.body() = RenderText(series.At(SystemClock().NowMs()));
  } else if (target == "/" || target == "/-/healthy") {
    response.body() = "promcast demo: the series are at /metrics\n";
  } else {
    response.result(http::status::not_found);
    response.body() = "not found: the series are at /metrics\n";
  }
  response.prepare_payload();
  if (request.method() == http::verb::head) response.body().clear();
  return response;
}

net::awaitable<void> Serve(boost::beast::tcp_stream stream, const DemoSeries& series, int& connections) {
  boost::beast::flat_buffer buffer;
  boost::system::error_code error;
  for (bool keep_alive = true; keep_alive && !error;) {
    http::request_parser<http::empty_body> parser;
    stream.expires_after(kIdleTimeout);
    co_await http::async_read(stream, buffer, parser, net::redirect_error(net::use_awaitable, error));
    if (error) break;
    Response response = Answer(parser.get(), series);
    keep_alive = response.keep_alive();
    http::serializer<false, http::string_body> serializer(response);
    co_await http::async_write(stream, serializer, net::redirect_error(net::use_awaitable, error));
  }
  --connections;
}

net::awaitable<void> Accept(tcp::acceptor& acceptor, const DemoSeries& series) {
  int connections = 0;
  net::steady_timer pause(acceptor.get_executor());
  for (;;) {
    boost::system::error_code error;
    tcp::socket socket = co_await acceptor.async_accept(net::redirect_error(net::use_awaitable, error));
    if (error == net::error::operation_aborted) co_return;
    if (error) {  // out of file descriptors: wait for some to come back
      pause.expires_after(kStopInterval);
      co_await pause.async_wait(net::redirect_error(net::use_awaitable, error));
    } else if (connections < kMaxConnections) {
      ++connections;
      net::co_spawn(acceptor.get_executor(), Serve(boost::beast::tcp_stream(std::move(socket)), series, connections),
                    net::detached);
    }
  }
}

absl::StatusOr<tcp::endpoint> ResolveListenAddress(net::io_context& context, const std::string& address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) {
    return absl::InvalidArgumentError(fmt::format("listen address \"{}\" has no port; write host:port", address));
  }
  std::string host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  boost::system::error_code error;
  const auto found = tcp::resolver(context).resolve(host.empty() ? "0.0.0.0" : host, address.substr(colon + 1),
                                                    tcp::resolver::passive, error);
  if (error || found.empty()) {
    return absl::InvalidArgumentError(
        fmt::format("listen address \"{}\" cannot be resolved: {}", address, error.message()));
  }
  return found.begin()->endpoint();
}

absl::Status Listen(tcp::acceptor& acceptor, const tcp::endpoint& endpoint, const std::string& address) {
  boost::system::error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(net::socket_base::max_listen_connections, error);
  if (!error) return absl::OkStatus();
  return absl::UnavailableError(fmt::format("cannot listen on {}: {}", address, error.message()));
}

}  // namespace

absl::Status RunDemo(const DemoOptions& options, const std::atomic<bool>& stop,
                     const std::function<void(std::string_view address)>& on_listening) {
  if (options.day_ms < 1000) {
    return absl::InvalidArgumentError(fmt::format("a day of {} ms is too short; at least 1s", options.day_ms));
  }
  const DemoSeries series(options.day_ms, options.seed);
  net::io_context context(1);
  auto endpoint = ResolveListenAddress(context, options.listen_address);
  if (!endpoint.ok()) return endpoint.status();
  tcp::acceptor acceptor(context);
  if (auto status = Listen(acceptor, *endpoint, options.listen_address); !status.ok()) return status;
  if (on_listening) {
    const tcp::endpoint bound = acceptor.local_endpoint();
    const std::string host = bound.address().to_string();
    on_listening(fmt::format("{}:{}", bound.address().is_v6() ? "[" + host + "]" : host, bound.port()));
  }
  net::co_spawn(context, Accept(acceptor, series), net::detached);
  while (!stop.load(std::memory_order_relaxed)) context.run_for(kStopInterval);
  return absl::OkStatus();
}

}  // namespace promcast
