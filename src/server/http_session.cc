#include <absl/strings/match.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>

#include "logging/log.h"
#include "server/body_reader.h"
#include "server/server_core.h"
#include "server/tls_context.h"

namespace promcast {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::awaitable;
using boost::system::error_code;
using std::chrono::steady_clock;
using TcpStream = beast::tcp_stream;
using TlsStream = asio::ssl::stream<beast::tcp_stream>;
using Parser = BodyReader<TcpStream>::Parser;

constexpr size_t kMaxHeadBytes = 16 << 10;
constexpr std::chrono::milliseconds kLinger{2000};  ///< for a client to read an answer given before its request's end
constexpr size_t kMaxLingerBytes = 1 << 20;
constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);

HttpReply ToHttp(WriteReply reply) {
  HttpReply out;
  out.status = reply.status;
  out.body = std::move(reply.text);
  if (!out.body.empty() && out.body.back() != '\n') out.body += '\n';
  if (reply.send_written_headers) {
    out.headers.emplace_back("X-Prometheus-Remote-Write-Samples-Written", std::to_string(reply.samples));
    out.headers.emplace_back("X-Prometheus-Remote-Write-Histograms-Written", std::to_string(reply.histograms));
    out.headers.emplace_back("X-Prometheus-Remote-Write-Exemplars-Written", std::to_string(reply.exemplars));
  }
  if (reply.retry_after_s > 0) out.headers.emplace_back("Retry-After", std::to_string(reply.retry_after_s));
  if (reply.status == 405) out.headers.emplace_back("Allow", "POST");
  return out;
}

HttpReply ToHttp(ReadReply reply) {
  HttpReply out;
  out.status = reply.status;
  out.body = std::move(reply.body);
  out.content_type = std::move(reply.content_type);
  if (!reply.content_encoding.empty()) out.headers.emplace_back("Content-Encoding", std::move(reply.content_encoding));
  if (reply.retry_after_s > 0) out.headers.emplace_back("Retry-After", std::to_string(reply.retry_after_s));
  if (reply.status == 405) out.headers.emplace_back("Allow", "POST");
  return out;
}

HttpReply Plain(int status, std::string text) {
  HttpReply reply;
  reply.status = status;
  reply.body = std::move(text);
  return reply;
}

HttpReply Unauthorized() {
  HttpReply reply = Plain(401, "Unauthorized\n");
  reply.headers.emplace_back("WWW-Authenticate", "Basic");
  return reply;
}

std::string_view View(beast::string_view text) {
  return {text.data(), text.size()};
}

/// One connection: requests are read and answered one after the other, so that answers keep the order of pipelined
/// requests. Everything runs in the lane of its seat.
template <typename Stream>
class Session final : public Connection, public std::enable_shared_from_this<Session<Stream>> {
 public:
  /// `tls_config`: what the connection's TLS was made of; null without TLS.
  template <typename... Args>
  Session(std::shared_ptr<ServerCore> core, IoLanes::Seat seat, std::shared_ptr<const WebConfig> tls_config,
          Args&&... args)
      : core_(*core),
        seat_(std::move(seat)),
        tls_config_(std::move(tls_config)),
        stream_(std::forward<Args>(args)...),
        buffer_(kMaxHeadBytes) {}

  ~Session() override {
    core_.connection_count.Add(-1);
    MutexLock lock(core_.mutex);
    core_.connections.erase(this);
    core_.connections_changed.NotifyAll();
  }

  void Start() {
    core_.connection_count.Add(1);
    {
      MutexLock lock(core_.mutex);
      core_.connections.emplace(this, this->weak_from_this());
    }
    asio::co_spawn(stream_.get_executor(), Run(this->shared_from_this()), [](std::exception_ptr error) {
      static LogThrottle throttle(10 * 1000);
      try {
        if (error) std::rethrow_exception(error);
      } catch (const std::exception& e) {
        throttle.Log(LogLevel::kError, "connection ended by an error", {{"err", std::string_view(e.what())}});
      }
    });
  }

  void CloseIfIdle() override {
    asio::post(stream_.get_executor(), [self = this->shared_from_this()] {
      if (self->idle_) self->Lowest().close();
    });
  }
  void Abort() override {
    asio::post(stream_.get_executor(), [self = this->shared_from_this()] { self->Lowest().close(); });
  }

 private:
  TcpStream& Lowest() { return beast::get_lowest_layer(stream_); }

  awaitable<void> Run(std::shared_ptr<Session> self) {
    bool open = co_await Handshake();
    while (open) open = co_await ServeRequest();
    Lowest().close();
    self.reset();
  }

  awaitable<bool> Handshake() {
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      Lowest().expires_after(core_.options.header_timeout);
      auto [error] = co_await stream_.async_handshake(asio::ssl::stream_base::server, kNoThrow);
      if (error) co_return false;
      const std::vector<std::string>& allowed = tls_config_->tls->client_allowed_sans;
      if (!allowed.empty()) co_return PeerHasAllowedSan(stream_.native_handle(), allowed);
    }
    co_return true;
  }

  /// False when the connection ends.
  awaitable<bool> ServeRequest() {
    if (!co_await AwaitRequest()) co_return false;
    started_ = steady_clock::now();
    is_head_ = false;
    path_.clear();
    Parser parser;
    parser.header_limit(kMaxHeadBytes);
    parser.body_limit(boost::none);
    Lowest().expires_at(started_ + core_.options.header_timeout);
    const auto [error, bytes] = co_await http::async_read_header(stream_, buffer_, parser, kNoThrow);
    if (error) co_return co_await RefuseHead(error);

    const auto& head = parser.get();
    keep_alive_ = head.keep_alive() && !core_.stopping;
    is_head_ = head.method() == http::verb::head;
    const std::string_view target = View(head.target());
    path_ = target.substr(0, target.find('?'));
    if (head.version() >= 11 && head.count(http::field::host) == 0) {
      co_return co_await RefuseUnread(parser, Plain(400, "the Host header is missing\n"));
    }
    if (core_.web_config != nullptr) {
      if (auto refusal = co_await Authorize(head)) co_return co_await RefuseUnread(parser, *std::move(refusal));
    }
    if (Pages::IsWritePath(path_)) co_return co_await ServeWrite(parser);
    if (Pages::IsReadPath(path_)) co_return co_await ServeRead(parser);
    co_return co_await ServePage(parser);
  }

  /// Waits for the first byte of a request. Memory of an idle connection is given back.
  awaitable<bool> AwaitRequest() {
    if (buffer_.size() > 0) co_return true;
    buffer_ = beast::flat_buffer(kMaxHeadBytes);
    if (core_.stopping) co_return false;
    idle_ = true;
    Lowest().expires_after(core_.options.read_timeout);
    char first = 0;
    const auto [error, bytes] = co_await stream_.async_read_some(asio::buffer(&first, 1), kNoThrow);
    idle_ = false;
    if (error || bytes == 0) co_return false;
    buffer_.reserve(kMaxHeadBytes);  // so that as much is read with the head
    *static_cast<char*>(buffer_.prepare(1).data()) = first;
    buffer_.commit(1);
    co_return true;
  }

  awaitable<bool> RefuseHead(error_code error) {
    keep_alive_ = false;
    if (error == http::error::header_limit || error == http::error::buffer_overflow) {
      co_return co_await RefuseAndLinger(Plain(431, "request head larger than 16 KiB\n"));
    }
    if (error == beast::error::timeout) CountTimeout();
    if (IsMalformed(error)) {
      co_return co_await RefuseAndLinger(Plain(400, "malformed request: " + error.message() + "\n"));
    }
    co_return false;
  }

  /// The refusal of who may not ask.
  awaitable<std::optional<HttpReply>> Authorize(const http::request_header<>& head) {
    const auto config = core_.web_config->Current();
    if (config->basic_auth_users.empty()) co_return std::nullopt;
    auto login = ParseBasicAuthorization(View(head[http::field::authorization]));
    // Without a login there is nothing to guess, so no time to hide either.
    if (!login) co_return Unauthorized();
    if (core_.passwords.Remembered(config->basic_auth_users, login->first, login->second)) co_return std::nullopt;
    const auto slot = core_.passwords.TakeSlot();
    if (!slot) {
      HttpReply busy = Plain(503, "too many passwords to check; send the request again\n");
      busy.headers.emplace_back("Retry-After", "1");
      co_return busy;
    }
    Lowest().expires_never();
    auto check = [&]() -> awaitable<bool> {
      co_return core_.passwords.Check(config->basic_auth_users, login->first, login->second);
    };
    const bool right = co_await asio::co_spawn(core_.blocking.get_executor(), check, asio::use_awaitable);
    if (!right) co_return Unauthorized();
    co_return std::nullopt;
  }

  awaitable<bool> ServePage(Parser& parser) {
    const auto& head = parser.get();
    const std::string_view target = View(head.target());
    const PageRequest request{.method = View(head.method_string()),
                              .path = path_,
                              .query = target.substr(std::min(path_.size() + 1, target.size())),
                              .accept = View(head[http::field::accept]),
                              .accept_encoding = View(head[http::field::accept_encoding])};
    HttpReply reply;
    if (const Pages::Place place = Pages::PlaceOf(request); place == Pages::Place::kHere) {
      reply = core_.pages.Answer(request);
    } else {
      Lowest().expires_never();
      auto answer = [&]() -> awaitable<HttpReply> {
        if (core_.stopping) co_return Plain(503, "promcast is stopping\n");
        co_return core_.pages.Answer(request);
      };
      auto& thread = place == Pages::Place::kSearching ? core_.searching : core_.blocking;
      reply = co_await asio::co_spawn(thread.get_executor(), answer, asio::use_awaitable);
    }
    if (!parser.is_done()) co_return co_await RefuseUnread(parser, std::move(reply));
    co_return co_await Respond(std::move(reply));
  }

  awaitable<bool> ServeWrite(Parser& parser) {
    WriteEndpoint& endpoint = core_.hooks.write;
    const auto& head = parser.get();
    const boost::optional<uint64_t> length = parser.content_length();
    auto check = endpoint.CheckHead({.method = View(head.method_string()),
                                     .content_type = View(head[http::field::content_type]),
                                     .content_encoding = View(head[http::field::content_encoding]),
                                     .content_length = length ? std::optional<uint64_t>(*length) : std::nullopt});
    if (check.refusal) co_return co_await RefuseUnread(parser, ToHttp(*std::move(check.refusal)));
    std::optional<BodyReader<Stream>> body;
    if (const auto failure = co_await ReceiveBody(parser, endpoint.max_body_bytes(), body)) {
      if (!failure->answerable()) co_return false;
      co_return co_await RefuseAndLinger(ToHttp(endpoint.Refuse(check.protocol, failure->status, failure->text)));
    }
    WriteReply reply = co_await Write(check.protocol, body->TakeBytes(), body->TakeReservation());
    co_return co_await Respond(ToHttp(std::move(reply)));
  }

  awaitable<bool> ServeRead(Parser& parser) {
    ReadEndpoint& endpoint = core_.hooks.read;
    const auto& head = parser.get();
    auto refusal = endpoint.CheckHead({.method = View(head.method_string()),
                                       .content_type = View(head[http::field::content_type]),
                                       .content_encoding = View(head[http::field::content_encoding])});
    if (refusal) co_return co_await RefuseUnread(parser, ToHttp(*std::move(refusal)));
    std::optional<BodyReader<Stream>> body;
    if (const auto failure = co_await ReceiveBody(parser, endpoint.max_body_bytes(), body)) {
      if (!failure->answerable()) co_return false;
      co_return co_await RefuseAndLinger(ToHttp(endpoint.Refuse(failure->status, failure->text)));
    }
    ReadReply reply = co_await Read(endpoint, *body);
    body.reset();
    const std::shared_ptr<void> in_flight = std::move(reply.in_flight);  // until it has been sent
    co_return co_await Respond(ToHttp(std::move(reply)));
  }

  /// Answers on the thread that waits for the shards.
  awaitable<ReadReply> Read(ReadEndpoint& endpoint, BodyReader<Stream>& body) {
    const std::optional<ReadEndpoint::Place> place = endpoint.TakePlace();
    if (!place) co_return endpoint.Busy();
    Lowest().expires_never();
    const std::string request = body.TakeBytes();
    auto answer = [&]() -> awaitable<ReadReply> {
      if (core_.stopping) co_return endpoint.Refuse(503, "promcast is stopping");
      co_return endpoint.Answer(request);
    };
    co_return co_await asio::co_spawn(core_.searching.get_executor(), answer, asio::use_awaitable);
  }

  /// Reads a body into `body`, which is made first, and is gone again after a failure.
  awaitable<std::optional<BodyFailure>> ReceiveBody(Parser& parser, size_t max_body_bytes,
                                                    std::optional<BodyReader<Stream>>& body) {
    if (!parser.is_done() && absl::EqualsIgnoreCase(Absl(parser.get()[http::field::expect]), "100-continue")) {
      static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      Lowest().expires_after(core_.options.header_timeout);
      const auto [error, bytes] = co_await asio::async_write(stream_, asio::buffer(kContinue), kNoThrow);
      if (error) co_return BodyFailure();
    }
    body.emplace(
        stream_, buffer_, core_.hooks.write.budget(),
        typename BodyReader<Stream>::Limits{max_body_bytes, core_.options.header_timeout, core_.options.read_timeout},
        started_);
    const std::optional<BodyFailure> failure = co_await body->Read(parser);
    if (!failure) co_return std::nullopt;
    body.reset();  // gives its memory back before the answer
    keep_alive_ = false;
    if (failure->status == BodyFailure::kTooSlow) CountTimeout();
    co_return failure;
  }

  static absl::string_view Absl(beast::string_view text) { return {text.data(), text.size()}; }

  /// A connection whose time is up is closed already, so nothing can be answered.
  void CountTimeout() { core_.CountRequest(path_, 408, steady_clock::now() - started_); }

  /// A suspended connection and what it resumes on. The order matters: the handler gives its coroutine's memory back by
  /// way of the io_context, so the core goes last.
  template <typename Handler>
  struct Suspended {
    std::shared_ptr<ServerCore> core;
    asio::any_io_executor executor;
    Handler handler;
  };

  /// Suspends until the endpoint has answered, from whichever thread.
  awaitable<WriteReply> Write(WriteProtocol protocol, std::string body, ByteBudget::Reservation reservation) {
    Lowest().expires_never();
    auto start = [&](auto handler) {
      using State = Suspended<decltype(handler)>;
      const asio::any_io_executor executor = asio::get_associated_executor(handler);
      auto suspended = std::make_shared<State>(State{core_.shared_from_this(), executor, std::move(handler)});
      core_.hooks.write.Write(protocol, std::move(body), std::move(reservation), [suspended](WriteReply reply) {
        // The io_context's queue must not hold what keeps the io_context alive: only the handler goes there.
        asio::post(suspended->executor, [handler = std::move(suspended->handler), reply = std::move(reply)]() mutable {
          handler(std::move(reply));
        });
      });
    };
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(WriteReply)>(start,
                                                                                             asio::use_awaitable);
  }

  /// Answers while (part of) the request's body may not have been read: the connection ends then.
  awaitable<bool> RefuseUnread(Parser& parser, HttpReply reply) {
    if (parser.is_done()) co_return co_await Respond(std::move(reply));
    keep_alive_ = false;
    co_return co_await RefuseAndLinger(std::move(reply));
  }

  /// Closing with unread bytes would reset the connection and could take the answer with it.
  awaitable<bool> RefuseAndLinger(HttpReply reply) {
    co_await Respond(std::move(reply));
    error_code ignored;
    Lowest().socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    buffer_ = beast::flat_buffer(kMaxHeadBytes);
    Lowest().expires_after(kLinger);
    char scrap[2048];
    for (size_t read = 0; read < kMaxLingerBytes;) {
      const auto [error, bytes] = co_await Lowest().async_read_some(asio::buffer(scrap), kNoThrow);
      if (error) break;
      read += bytes;
    }
    co_return false;
  }

  /// True when the connection stays open.
  awaitable<bool> Respond(HttpReply reply) {
    if (core_.web_config != nullptr) {
      const auto config = core_.web_config->Current();
      reply.headers.insert(reply.headers.end(), config->headers.begin(), config->headers.end());
    }
    if (core_.stopping) keep_alive_ = false;
    const std::string head = FormatResponseHead(reply, keep_alive_);
    core_.CountRequest(path_, reply.status, steady_clock::now() - started_);
    const size_t body_bytes = is_head_ ? 0 : reply.body.size();
    const std::array<asio::const_buffer, 2> buffers{asio::buffer(head), asio::buffer(reply.body.data(), body_bytes)};
    Lowest().expires_after(core_.options.read_timeout);
    const auto [error, bytes] = co_await asio::async_write(stream_, buffers, kNoThrow);
    co_return !error && keep_alive_;
  }

  ServerCore& core_;
  const IoLanes::Seat seat_;
  const std::shared_ptr<const WebConfig> tls_config_;
  Stream stream_;
  beast::flat_buffer buffer_;
  steady_clock::time_point started_;
  std::string path_;
  bool idle_ = false;
  bool keep_alive_ = false;
  bool is_head_ = false;
};

awaitable<void> SayTooMany(TcpStream stream) {
  HttpReply reply = Plain(503, "too many connections\n");
  reply.headers.emplace_back("Retry-After", "5");
  const std::string text = FormatResponseHead(reply, false) + reply.body;
  stream.expires_after(kLinger);
  co_await asio::async_write(stream, asio::buffer(text), kNoThrow);
  error_code ignored;
  stream.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  char scrap[512];
  while (true) {
    const auto [error, bytes] = co_await stream.async_read_some(asio::buffer(scrap), kNoThrow);
    if (error) break;
  }
}

}  // namespace

void ServePlain(std::shared_ptr<ServerCore> core, Accepted accepted) {
  std::make_shared<Session<TcpStream>>(core, std::move(accepted.seat), nullptr, std::move(accepted.socket))->Start();
}

void ServeTls(std::shared_ptr<ServerCore> core, Accepted accepted, std::shared_ptr<const WebConfig> config) {
  static LogThrottle throttle(60 * 1000);
  auto tls = core->TlsFor(std::move(config));
  if (!tls.ok()) {
    throttle.Log(LogLevel::kError, "TLS refused", {{"err", std::string(tls.status().message())}});
    return;
  }
  TcpStream stream(std::move(accepted.socket));
  std::make_shared<Session<TlsStream>>(core, std::move(accepted.seat), tls->config, std::move(stream), *tls->context)
      ->Start();
}

void TurnAway(std::shared_ptr<ServerCore> core, Accepted accepted) {
  const asio::any_io_executor executor = accepted.seat.executor();
  ++core->turned_away;
  asio::co_spawn(executor, SayTooMany(TcpStream(std::move(accepted.socket))),
                 [&core = *core](std::exception_ptr) { --core.turned_away; });
}

}  // namespace promcast
