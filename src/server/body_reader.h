#pragma once

// Internal to the HTTP listener.
#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <chrono>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "ingest/byte_budget.h"
#include "server/http_server.h"

namespace promcast {

/// True when the peer broke HTTP's rules; false when it, or the connection, went away.
inline bool IsMalformed(const boost::system::error_code& error) {
  namespace http = boost::beast::http;
  return error.category() == make_error_code(http::error::bad_method).category() &&
         error != http::error::end_of_stream && error != http::error::partial_message;
}

/// Why a body could not be read.
struct BodyFailure {
  static constexpr int kGone = 0;       ///< nobody is there to be answered
  static constexpr int kTooSlow = 408;  ///< nobody either: the connection is closed already
  int status = kGone;
  std::string text;
  bool answerable() const { return status != kGone && status != kTooSlow; }
};

/// Reads the body of a request as far as memory may be reserved for what arrives; what the head announces only bounds
/// the growth. A slow sender is given up: bytes earn the time that they take at the slowest speed.
template <typename Stream>
class BodyReader {
 public:
  using Parser = boost::beast::http::request_parser<boost::beast::http::buffer_body>;
  using Clock = std::chrono::steady_clock;

  struct Limits {
    size_t max_body_bytes;
    std::chrono::milliseconds header_timeout, read_timeout;
  };

  /// `buffer`: what came along with the head, and where later requests' bytes are left. All must outlive this.
  BodyReader(Stream& stream, boost::beast::flat_buffer& buffer, ByteBudget& budget, const Limits& limits,
             Clock::time_point started)
      : stream_(stream),
        buffer_(buffer),
        budget_(budget),
        reservation_(budget.Open()),
        // What takes all of the budget leaves no room to inflate it in.
        limit_(std::min(limits.max_body_bytes, std::max<size_t>(budget.limit_bytes(), 1) - 1)),
        header_timeout_(limits.header_timeout),
        last_deadline_(started + limits.read_timeout),
        deadline_(started + limits.header_timeout) {}

  /// Once. What the body holds afterwards is TakeBytes'.
  boost::asio::awaitable<std::optional<BodyFailure>> Read(Parser& parser) {
    if (const auto length = parser.content_length()) length_ = *length;
    if (length_.value_or(0) > limit_) co_return TooLarge();
    if (length_) co_return co_await ReadPlain(*length_);
    co_return co_await ReadChunked(parser);
  }

  std::string TakeBytes() { return std::move(bytes_); }
  ByteBudget::Reservation TakeReservation() { return std::move(reservation_); }

 private:
  static constexpr size_t kPieceBytes = 16 << 10;
  static constexpr size_t kSlowestBytesPerSecond = 64 << 10;
  static constexpr size_t kSmallBytes = 256 << 10;  ///< larger ones leave a part of the budget to those up to it
  static constexpr auto kNoThrow = boost::asio::as_tuple(boost::asio::use_awaitable);

  using Failure = std::optional<BodyFailure>;

  /// A body of known length needs no parser: what came with the head, then straight from the stream.
  boost::asio::awaitable<Failure> ReadPlain(size_t length) {
    const size_t came_along = std::min(buffer_.size(), length);
    if (auto failure = Grow(came_along + std::min(Waiting(), length - came_along))) co_return failure;
    std::memcpy(bytes_.data(), buffer_.data().data(), came_along);
    buffer_.consume(came_along);
    arrived_ = came_along;
    while (arrived_ < length) {
      if (arrived_ == bytes_.size()) {
        if (auto failure = Grow(arrived_ + std::min(Waiting(), length - arrived_))) co_return failure;
      }
      SetDeadline();
      const boost::asio::mutable_buffer room(bytes_.data() + arrived_, bytes_.size() - arrived_);
      const auto [error, bytes] = co_await stream_.async_read_some(room, kNoThrow);
      Arrived(bytes);
      if (error) co_return FailureOf(error);
    }
    co_return std::nullopt;
  }

  boost::asio::awaitable<Failure> ReadChunked(Parser& parser) {
    while (!parser.is_done()) {
      if (arrived_ == bytes_.size()) {
        if (arrived_ > limit_) co_return TooLarge();
        // One byte for the end of a body that fills its piece exactly.
        if (auto failure = Grow(arrived_ + 1)) co_return failure;
      }
      SetDeadline();
      auto& out = parser.get().body();
      const size_t room = bytes_.size() - arrived_;
      out.data = bytes_.data() + arrived_;
      out.size = room;
      out.more = true;
      const auto [error, bytes] = co_await boost::beast::http::async_read_some(stream_, buffer_, parser, kNoThrow);
      Arrived(room - out.size);
      if (error && error != boost::beast::http::error::need_buffer) co_return FailureOf(error);
    }
    if (arrived_ > limit_) co_return TooLarge();
    bytes_.resize(arrived_);
    co_return std::nullopt;
  }

  /// Makes room for at least `needed` bytes, and for a next piece.
  Failure Grow(size_t needed) {
    const size_t most = length_ ? *length_ : limit_ + 1;
    const size_t size = std::max(needed, std::min(most, std::max(kPieceBytes, 2 * arrived_)));
    if (!reservation_.GrowTo(size, LeftToOthers(size))) {
      return BodyFailure{503, "too many bytes in flight; send the request again"};
    }
    bytes_.resize(size);
    return std::nullopt;
  }

  /// What a body of `size` bytes does not take of the budget: half of what it leaves, so that one large body passes
  /// beside small ones, and that it needs no less on its way than at its end.
  size_t LeftToOthers(size_t size) const {
    const size_t budget = budget_.limit_bytes();
    return size <= kSmallBytes ? 0 : (budget - std::min(size, budget)) / 2;
  }

  /// Bytes that the socket holds already; 0 where that can't be told.
  size_t Waiting() {
    boost::system::error_code error;
    const size_t waiting = boost::beast::get_lowest_layer(stream_).socket().available(error);
    return error ? 0 : waiting;
  }

  void SetDeadline() { boost::beast::get_lowest_layer(stream_).expires_at(std::min(deadline_, last_deadline_)); }

  /// The deadline is never more than header_timeout from now, so that nobody sends fast first and then holds memory.
  void Arrived(size_t bytes) {
    arrived_ += bytes;
    const std::chrono::microseconds earned(bytes * 1'000'000 / kSlowestBytesPerSecond);
    deadline_ = std::min(deadline_ + earned, Clock::now() + header_timeout_);
  }

  BodyFailure TooLarge() const { return {413, "request body larger than " + std::to_string(limit_) + " bytes"}; }
  static BodyFailure FailureOf(const boost::system::error_code& error) {
    if (error == boost::beast::error::timeout) return {BodyFailure::kTooSlow, ""};
    if (IsMalformed(error)) return {400, "malformed request body: " + error.message()};
    return {BodyFailure::kGone, ""};
  }

  Stream& stream_;
  boost::beast::flat_buffer& buffer_;
  ByteBudget& budget_;
  std::string bytes_;  // grows ahead of what has arrived
  ByteBudget::Reservation reservation_;
  const size_t limit_;
  const std::chrono::milliseconds header_timeout_;
  const Clock::time_point last_deadline_;
  Clock::time_point deadline_;  // for the bytes that come next
  std::optional<size_t> length_;
  size_t arrived_ = 0;
};

}  // namespace promcast
