#include "remote_read/read_endpoint.h"

#include <absl/strings/match.h>
#include <fmt/format.h>

#include "remote_read/read_response.h"
#include "remote_write/snappy_block.h"

namespace promcast {
namespace {

constexpr const char* kNoType = "unknown";  // refused before the request's type was read

bool IsProtobuf(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  return type.empty() || absl::EqualsIgnoreCase({type.data(), type.size()}, "application/x-protobuf");
}

bool IsSnappy(std::string_view encoding) {
  return encoding.empty() || absl::EqualsIgnoreCase({encoding.data(), encoding.size()}, "snappy");
}

ReadReply Refusal(int status, std::string text) {
  ReadReply reply;
  reply.status = status;
  reply.body = std::move(text) + "\n";
  if (status == 503) reply.retry_after_s = 1;
  return reply;
}

ReadReply Refusal(const absl::Status& status) {
  const bool later = absl::IsUnavailable(status);
  return Refusal(later ? 503 : 400, "remote read: " + std::string(status.message()));
}

std::string_view TypeName(ReadResponseType type) {
  return type == ReadResponseType::kSamples ? "samples" : "streamed_xor_chunks";
}

}  // namespace

ReadEndpoint::ReadEndpoint(const ReadSource& source, const ReadOptions& options, MetricRegistry& metrics)
    : source_(source),
      options_(options),
      metrics_(metrics),
      queries_(metrics.AddCounter("promcast_remote_read_queries_total", "Queries of remote-read requests answered.")),
      series_(metrics.AddCounter("promcast_remote_read_series_total", "Series found for remote-read queries.")),
      samples_(metrics.AddCounter("promcast_remote_read_samples_total", "Samples found for remote-read queries.")) {
  metrics.AddCallback("promcast_remote_read_in_flight", "Remote-read requests being worked on or waiting for that.", {},
                      [this] { return static_cast<double>(places_.load()); });
  metrics.AddCallback("promcast_remote_read_in_flight_bytes", "Remote-read answers not yet sent.", {},
                      [this] { return static_cast<double>(in_flight_bytes_.load()); });
}

std::optional<ReadReply> ReadEndpoint::CheckHead(const ReadRequestHead& head) {
  if (head.method != "POST") return Refuse(405, "remote read takes POST");
  if (!IsProtobuf(head.content_type)) {
    return Refuse(415, fmt::format("content type {} is not taken; application/x-protobuf is", head.content_type));
  }
  if (!IsSnappy(head.content_encoding)) {
    return Refuse(415, fmt::format("content encoding {} is not taken; snappy is", head.content_encoding));
  }
  return std::nullopt;
}

std::optional<ReadEndpoint::Place> ReadEndpoint::TakePlace() {
  if (places_.fetch_add(1) < options_.max_concurrent) return Place(&places_);
  places_.fetch_sub(1);
  return std::nullopt;
}

ReadReply ReadEndpoint::Busy() {
  return Refuse(503, "too many remote-read requests at once; send the request again");
}

ReadReply ReadEndpoint::Refuse(int status, std::string text) {
  Count(kNoType, status);
  return Refusal(status, std::move(text));
}

void ReadEndpoint::Count(std::string_view type_name, int status) {
  metrics_
      .AddCounter("promcast_remote_read_requests_total", "Remote-read requests answered, by response type and status.",
                  {{"response_type", std::string(type_name)}, {"code", std::to_string(status)}})
      .Increment();
}

std::shared_ptr<void> ReadEndpoint::TakeBytes(size_t bytes) {
  const size_t before = in_flight_bytes_.fetch_add(bytes);
  auto give_back = [this, bytes](void*) { in_flight_bytes_.fetch_sub(bytes); };
  std::shared_ptr<void> taken(this, give_back);
  if (before + bytes > options_.max_in_flight_bytes) taken.reset();
  return taken;
}

ReadReply ReadEndpoint::Answer(std::string_view body) {
  std::string_view type_name = kNoType;
  ReadReply reply = Respond(body, type_name);
  Count(type_name, reply.status);
  return reply;
}

ReadReply ReadEndpoint::Respond(std::string_view body, std::string_view& type_name) {
  ByteBuffer message;
  if (auto status = SnappyDecode(body, options_.max_decoded_bytes, message); !status.ok()) return Refusal(status);
  const absl::StatusOr<ReadRequest> request = DecodeReadRequest(message.view(), options_.request);
  if (!request.ok()) return Refusal(request.status());
  message.Shrink(0);
  type_name = TypeName(request->response_type);
  absl::StatusOr<std::string> answer = Encode(*request);
  if (!answer.ok()) return Refusal(answer.status());

  ReadReply reply;
  if (request->response_type == ReadResponseType::kSamples) {
    SnappyEncode(*answer, reply.body);
    reply.content_type = "application/x-protobuf";
    reply.content_encoding = "snappy";
  } else {
    reply.body = *std::move(answer);
    reply.content_type = "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse";
  }
  reply.in_flight = TakeBytes(reply.body.capacity());
  if (reply.in_flight == nullptr) {
    return Refusal(503, "remote read: too many bytes of answers in flight; send the request again");
  }
  queries_.Increment(static_cast<double>(request->queries.size()));
  return reply;
}

absl::StatusOr<std::string> ReadEndpoint::Encode(const ReadRequest& request) {
  std::string answer;
  size_t left_samples = options_.result.max_samples;
  for (size_t i = 0; i < request.queries.size(); i++) {
    const ReadQuery& query = request.queries[i];
    const absl::StatusOr<Selector> selector = Selector::FromMatchers(query.matchers);
    if (!selector.ok()) return selector.status();
    ReadResult result({left_samples, options_.result.max_bytes});
    if (absl::Status read = source_.Read(query, *selector, result); !read.ok()) return read;
    if (!result.problem().empty()) return absl::InvalidArgumentError(result.problem());
    left_samples -= result.samples();
    samples_.Increment(static_cast<double>(result.samples()));
    const std::vector<ReadSeries> series = result.TakeSorted();
    series_.Increment(static_cast<double>(series.size()));
    const bool fits = request.response_type == ReadResponseType::kSamples
                          ? AppendSamplesResult(series, options_.max_answer_bytes, answer)
                          : AppendChunkedResult(series, i, options_.max_frame_bytes, options_.max_answer_bytes, answer);
    if (!fits) {
      return absl::InvalidArgumentError(fmt::format(
          "the answer would take more than {} bytes; ask for fewer series or less time", options_.max_answer_bytes));
    }
  }
  return answer;
}

}  // namespace promcast
