#include "server/http_server.h"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "logging/log.h"
#include "server/listen_address.h"
#include "server/server_core.h"

namespace promcast {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds kAcceptPause{50};  ///< after an error such as too many open files
constexpr size_t kMaxTurnedAway = 64;                  ///< connections beyond max_connections that hear a 503

absl::StatusOr<tcp::endpoint> Resolve(const asio::any_io_executor& executor, const std::string& text) {
  auto address = ParseListenAddress(text);
  if (!address.ok()) return address.status();
  if (address->host.empty()) return tcp::endpoint(tcp::v6(), address->port);
  tcp::resolver resolver(executor);
  error_code error;
  const auto found = resolver.resolve(address->host, std::to_string(address->port), tcp::resolver::passive, error);
  if (error || found.empty()) {
    return absl::InvalidArgumentError(fmt::format("listen address {}: {}", text, error.message()));
  }
  for (const auto& entry : found) {
    if (entry.endpoint().address().is_v4()) return entry.endpoint();
  }
  return found.begin()->endpoint();
}

absl::StatusOr<tcp::acceptor> Listen(const asio::any_io_executor& executor, const std::string& text) {
  auto endpoint = Resolve(executor, text);
  if (!endpoint.ok()) return endpoint.status();
  tcp::acceptor acceptor(executor);
  error_code error;
  acceptor.open(endpoint->protocol(), error);
  if (error && endpoint->address().is_unspecified()) {  // a system without IPv6
    endpoint = tcp::endpoint(tcp::v4(), endpoint->port());
    acceptor.open(endpoint->protocol(), error);
  }
  if (!error && endpoint->address() == asio::ip::address_v6::any() && text.starts_with(':')) {
    acceptor.set_option(asio::ip::v6_only(false), error);
  }
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(*endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    return absl::UnavailableError(
        fmt::format("listen address {}: {}; choose another one with --web.listen-address", text, error.message()));
  }
  return acceptor;
}

/// The connection in the lane of its seat, whichever it was accepted in; closed where the system has no room for that.
Accepted Seated(IoLanes::Seat seat, tcp::socket socket) {
  tcp::socket moved(seat.executor());
  error_code error;
  const tcp::endpoint local = socket.local_endpoint(error);
  if (!error) {
    const auto handle = socket.release();
    moved.assign(local.protocol(), handle, error);
    if (error) ::close(handle);
  }
  return {std::move(seat), std::move(moved)};
}

}  // namespace

struct HttpServer::Impl {
  std::shared_ptr<ServerCore> core;
  std::vector<tcp::acceptor> acceptors;
  std::vector<std::string> addresses;
  bool stopped = false;

  static asio::awaitable<void> Accept(ServerCore& core, tcp::acceptor& acceptor);
};

asio::awaitable<void> HttpServer::Impl::Accept(ServerCore& core, tcp::acceptor& acceptor) {
  static LogThrottle throttle(10 * 1000);
  asio::steady_timer pause(acceptor.get_executor());
  while (acceptor.is_open()) {
    auto [error, socket] = co_await acceptor.async_accept(kNoThrow);
    if (error == asio::error::operation_aborted || core.stopping) break;
    if (error) {
      throttle.Log(LogLevel::kWarn, "connection not accepted", {{"err", error.message()}});
      pause.expires_after(kAcceptPause);
      co_await pause.async_wait(kNoThrow);
      continue;
    }
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    Accepted accepted = Seated(core.lanes.TakeSeat(), std::move(socket));
    auto config = core.web_config == nullptr ? nullptr : core.web_config->Current();
    const bool tls = config != nullptr && config->tls.has_value();
    const double open = core.connection_count.value();
    if (open >= static_cast<double>(core.options.max_connections)) {
      core.CountRequest("", 503, {});
      if (!tls && core.turned_away < kMaxTurnedAway) TurnAway(core.shared_from_this(), std::move(accepted));
    } else if (tls) {
      ServeTls(core.shared_from_this(), std::move(accepted), std::move(config));
    } else {
      ServePlain(core.shared_from_this(), std::move(accepted));
    }
  }
}

HttpServer::HttpServer(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() {
  Stop(std::chrono::steady_clock::now());
}

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const HttpServerOptions& options,
                                                              const ServerHooks& hooks,
                                                              std::shared_ptr<WebConfigFile> web_config) {
  auto impl = std::make_shared<Impl>();
  impl->core = std::make_shared<ServerCore>(options, hooks, std::move(web_config));
  ServerCore& core = *impl->core;
  if (core.web_config != nullptr) {
    if (auto config = core.web_config->Current(); config->tls) {
      if (auto tls = core.TlsFor(config); !tls.ok()) return tls.status();
    }
  }
  for (const std::string& text : options.listen_addresses) {
    auto acceptor = Listen(core.lanes.first(), text);
    if (!acceptor.ok()) return acceptor.status();
    const tcp::endpoint bound = acceptor->local_endpoint();
    impl->addresses.push_back(FormatListenAddress(bound.address().to_string(), bound.port()));
    impl->acceptors.push_back(*std::move(acceptor));
  }
  for (tcp::acceptor& acceptor : impl->acceptors) {
    asio::co_spawn(acceptor.get_executor(), Impl::Accept(core, acceptor), [](std::exception_ptr) {});
  }
  core.lanes.Run(impl->core);
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

std::vector<std::string> HttpServer::addresses() const {
  return impl_->addresses;
}

void HttpServer::Stop(std::chrono::steady_clock::time_point deadline) {
  if (std::exchange(impl_->stopped, true)) return;
  ServerCore& core = *impl_->core;
  core.stopping = true;
  for (tcp::acceptor& acceptor : impl_->acceptors) {
    asio::post(acceptor.get_executor(), [&acceptor] {
      error_code ignored;
      acceptor.close(ignored);
    });
  }
  const auto each_connection = [&core](void (Connection::*call)()) {
    std::vector<std::shared_ptr<Connection>> open;
    {
      MutexLock lock(core.mutex);
      for (const auto& entry : core.connections) {
        if (auto connection = entry.second.lock()) open.push_back(std::move(connection));
      }
    }
    for (const auto& connection : open) (connection.get()->*call)();
  };
  const auto wait = [&core](std::chrono::steady_clock::time_point until) {
    MutexLock lock(core.mutex);
    return core.connections_changed.WaitUntil(
        core.mutex, until, [&core]() PROMCAST_REQUIRES(core.mutex) { return core.connections.empty(); });
  };
  each_connection(&Connection::CloseIfIdle);
  if (!wait(deadline)) {
    each_connection(&Connection::Abort);
    wait(std::chrono::steady_clock::now() + std::chrono::seconds(1));
  }
  core.lanes.Stop();
  core.blocking.join();
  core.searching.join();
}

}  // namespace promcast
