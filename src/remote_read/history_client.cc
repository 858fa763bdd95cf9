#include "remote_read/history_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>

#include "http_client/credentials.h"
#include "http_client/http_client.h"
#include "http_client/url.h"
#include "remote_write/snappy_block.h"

namespace promcast {
namespace {

constexpr std::array<const char*, 5> kOwnHeaders = {"Content-Type", "Content-Encoding", "Accept", "Accept-Encoding",
                                                    "X-Prometheus-Remote-Read-Version"};
constexpr std::string_view kChunkedType = "application/x-streamed-protobuf";
constexpr size_t kToldBodyBytes = 300;

HistoryApi ApiOf(const HistorySourceOptions& options) {
  if (options.api != HistoryApi::kAuto) return options.api;
  const auto url = ParseUrl(options.url);
  if (!url.ok()) return HistoryApi::kRemoteRead;
  const std::string_view path = std::string_view(url->target).substr(0, url->target.find('?'));
  return path.ends_with("/export") ? HistoryApi::kExport : HistoryApi::kRemoteRead;
}

/// What to do about an answer that is no success.
std::string_view Advice(const HttpResponse& response) {
  if (response.body.find("unsupported path requested") != std::string::npos) {
    return "; VictoriaMetrics has no remote read: set the url to its /api/v1/export";
  }
  switch (response.status) {
    case 301:
    case 302:
    case 307:
    case 308:
      return "; redirects are not followed, set the url to where it leads";
    case 401:
    case 403:
      return "; check basic_auth, authorization or tls_config";
    case 404:
    case 405:
      return "; check the url: Prometheus reads at /api/v1/read, VictoriaMetrics exports at /api/v1/export";
    default:
      return "";
  }
}

absl::Status Judge(const HttpResponse& response) {
  if (response.status / 100 == 2) return absl::OkStatus();
  std::string_view body = std::string_view(response.body).substr(0, kToldBodyBytes);
  body = body.substr(0, body.find_last_not_of(" \r\n") + 1);
  const std::string told = fmt::format("it answers {}: {}{}", response.status, body, Advice(response));
  if (response.status / 100 == 5 || response.status == 429) return absl::UnavailableError(told);
  if (response.status == 413 || (response.status / 100 == 4 && body.find("limit") != std::string_view::npos)) {
    return absl::ResourceExhaustedError(told);
  }
  return absl::FailedPreconditionError(told);
}

/// What both kinds of client share: the connection and its credentials.
class Connection {
 public:
  explicit Connection(const HistorySourceOptions& options)
      : options_(options),
        url_(ParseUrl(options.url).value()),
        client_(url_, options.tls_config, options.remote_timeout) {}

  absl::Status Post(HttpHeaders headers, std::string_view body, const HttpBodySink& sink) {
    auto authorization = AuthorizationHeader(options_, url_);
    if (!authorization.ok()) return authorization.status();
    headers.insert(headers.end(), options_.headers.begin(), options_.headers.end());
    if (!authorization->empty()) headers.emplace_back("Authorization", *authorization);
    headers.emplace_back("User-Agent", "promcast/" PROMCAST_VERSION);
    const auto response = client_.Post(headers, body, sink);
    return response.ok() ? Judge(*response) : response.status();
  }
  void Cancel() { client_.Cancel(); }

 private:
  const HistorySourceOptions options_;
  const Url url_;
  HttpClient client_;
};

class RemoteReadClient final : public HistoryReader {
 public:
  RemoteReadClient(const HistorySourceOptions& options, const HistoryAnswerLimits& limits)
      : connection_(options), limits_(limits) {}

  absl::Status Read(const HistoryQuery& query, const HistorySink& sink) override {
    const absl::Status status = Ask(query, sink, type_);
    if (!absl::IsUnimplemented(status) || type_ == ReadResponseType::kSamples) return status;
    type_ = ReadResponseType::kSamples;  // for good: the server's chunks stay as they are
    return Ask(query, sink, type_);
  }
  void Cancel() override { connection_.Cancel(); }

 private:
  absl::Status Ask(const HistoryQuery& query, const HistorySink& sink, ReadResponseType type) {
    ReadRequest request{.queries = {}, .response_type = type};
    for (const auto& matchers : query.selectors) {
      request.queries.push_back(
          {.start_ms = query.start_ms, .end_ms = query.end_ms, .matchers = matchers, .hints = {}});
    }
    std::string message, body;
    EncodeReadRequest(request, message);
    SnappyEncode(message, body);
    std::optional<ChunkedAnswerReader> chunks;
    std::string samples;  // snappy's blocks are read as a whole
    const HttpBodySink take = [&](const HttpResponse& head, std::string_view piece) {
      if (head.Header("Content-Type").starts_with(kChunkedType)) {
        if (!chunks) chunks.emplace(query.start_ms, query.end_ms, limits_, sink);
        return chunks->Feed(piece);
      }
      if (samples.size() + piece.size() > limits_.max_body_bytes) {
        return absl::ResourceExhaustedError(fmt::format("the answer has more than {} bytes", limits_.max_body_bytes));
      }
      samples += piece;
      return absl::OkStatus();
    };
    const absl::Status status = connection_.Post({{"Content-Type", "application/x-protobuf"},
                                                  {"Content-Encoding", "snappy"},
                                                  {"Accept-Encoding", "snappy"},
                                                  {"X-Prometheus-Remote-Read-Version", "0.1.0"}},
                                                 body, take);
    if (!status.ok()) return status;
    if (chunks) return chunks->Finish();
    return samples.empty() ? absl::OkStatus() : ReadSamples(samples, query, sink);
  }

  absl::Status ReadSamples(std::string_view body, const HistoryQuery& query, const HistorySink& sink) const {
    size_t bytes = 0;
    if (SnappyDecodedLength(body, SIZE_MAX, bytes).ok() && bytes > limits_.max_decoded_bytes) {
      return absl::ResourceExhaustedError(
          fmt::format("the answer has {} bytes, at most {} are read at once", bytes, limits_.max_decoded_bytes));
    }
    ByteBuffer message;
    if (auto status = SnappyDecode(body, limits_.max_decoded_bytes, message); !status.ok()) return status;
    return ReadSamplesAnswer(message.view(), query.start_ms, query.end_ms, limits_, sink);
  }

  Connection connection_;
  const HistoryAnswerLimits limits_;
  ReadResponseType type_ = ReadResponseType::kStreamedXorChunks;
};

std::string FormEncoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (plain) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<uint8_t>(c));
    }
  }
  return encoded;
}

class ExportClient final : public HistoryReader {
 public:
  ExportClient(const HistorySourceOptions& options, const HistoryAnswerLimits& limits)
      : connection_(options), limits_(limits) {}

  absl::Status Read(const HistoryQuery& query, const HistorySink& sink) override {
    constexpr int kRowsPerLine = 8192;
    std::string body =
        fmt::format("start={:.3f}&end={:.3f}&max_rows_per_line={}", static_cast<double>(query.start_ms) / 1000,
                    static_cast<double>(query.end_ms) / 1000, kRowsPerLine);
    for (const auto& matchers : query.selectors) body += "&match[]=" + FormEncoded(SelectorText(matchers));
    ExportLineReader lines(limits_, sink);
    const absl::Status status =
        connection_.Post({{"Content-Type", "application/x-www-form-urlencoded"}}, body,
                         [&](const HttpResponse&, std::string_view piece) { return lines.Feed(piece); });
    return status.ok() ? lines.Finish() : status;
  }
  void Cancel() override { connection_.Cancel(); }

 private:
  Connection connection_;
  const HistoryAnswerLimits limits_;
};

}  // namespace

absl::Status ValidateHistorySource(const HistorySourceOptions& options) {
  return ValidateHttpEndpoint(options, kOwnHeaders);
}

std::unique_ptr<HistoryReader> MakeHistoryReader(const HistorySourceOptions& options,
                                                 const HistoryAnswerLimits& limits) {
  if (ApiOf(options) == HistoryApi::kExport) return std::make_unique<ExportClient>(options, limits);
  return std::make_unique<RemoteReadClient>(options, limits);
}

}  // namespace promcast
