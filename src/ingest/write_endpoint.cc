#include "ingest/write_endpoint.h"

#include <fmt/format.h>

#include <deque>
#include <thread>
#include <vector>

#include "concurrency/mutex.h"
#include "ingest/media_type.h"
#include "ingest/write_operation.h"

namespace promcast {
namespace {

// Messages above this size, and every window of a request but the first, are walked on a thread of their own, so that a
// huge request delays neither a listener nor a shard.
constexpr size_t kLargeMessageBytes = 4 << 20;
constexpr size_t kKeptWorkspaces = 4;

WriteReply Refusal(WriteProtocol protocol, int status, std::string text) {
  WriteReply reply;
  reply.status = status;
  reply.text = std::move(text);
  reply.send_written_headers = protocol == WriteProtocol::kV2;
  if (status == 503) reply.retry_after_s = 1;
  return reply;
}

}  // namespace

struct WriteEndpoint::Impl {
  Impl(const IngestOptions& o, SampleSink& s, MetricRegistry& m)
      : options(o),
        sink(s),
        metrics(m),
        budget(o.max_in_flight_bytes),
        services{options, sink, metrics, [this](std::function<void()> task) { RunLater(std::move(task)); }},
        worker([this] { WorkerLoop(); }) {
    m.AddCallback("promcast_ingest_in_flight_bytes", "Memory held by the bodies and messages of requests in flight.",
                  {}, [this] { return static_cast<double>(budget.used_bytes()); });
  }

  ~Impl() {
    {
      MutexLock lock(mutex);
      stopping = true;
    }
    task_added.NotifyAll();
    worker.join();
  }

  void RunLater(std::function<void()> task) {
    MutexLock lock(mutex);
    tasks.push_back(std::move(task));
    task_added.NotifyOne();  // under the lock: once the task has run, this object may go
  }

  void WorkerLoop() {
    for (;;) {
      std::function<void()> task;
      {
        MutexLock lock(mutex);
        task_added.Wait(mutex, [this]() PROMCAST_REQUIRES(mutex) { return !tasks.empty() || stopping; });
        if (tasks.empty()) return;
        task = std::move(tasks.front());
        tasks.pop_front();
      }
      task();
    }
  }

  std::unique_ptr<WriteWorkspace> TakeWorkspace() {
    {
      MutexLock lock(mutex);
      if (!workspaces.empty()) {
        auto workspace = std::move(workspaces.back());
        workspaces.pop_back();
        return workspace;
      }
    }
    return std::make_unique<WriteWorkspace>(options.decode, options.hash_seed, sink.shard_count());
  }

  void GiveBack(std::unique_ptr<WriteWorkspace> workspace) {
    MutexLock lock(mutex);
    if (workspaces.size() < kKeptWorkspaces) workspaces.push_back(std::move(workspace));
  }

  // What a request holds while it is under way.
  struct Request {
    WriteProtocol protocol;
    bool compressed;
    std::string body;
    ByteBudget::Reservation reservation;
    std::function<void(WriteReply)> done;
  };

  void Answer(const Request& request, WriteReply reply) {
    metrics.CountRequest(request.protocol, reply.status);
    request.done(std::move(reply));
  }

  void Accept(std::shared_ptr<Request> request);
  void Decode(const std::shared_ptr<Request>& request);

  const IngestOptions options;
  SampleSink& sink;
  IngestMetrics metrics;
  ByteBudget budget;
  const WriteOperation::Services services;
  Mutex mutex;
  CondVar task_added;
  std::deque<std::function<void()>> tasks PROMCAST_GUARDED_BY(mutex);
  std::vector<std::unique_ptr<WriteWorkspace>> workspaces PROMCAST_GUARDED_BY(mutex);
  bool stopping PROMCAST_GUARDED_BY(mutex) = false;
  std::thread worker;  // last: uses all of the above
};

void WriteEndpoint::Impl::Accept(std::shared_ptr<Request> request) {
  metrics.request_bytes.Increment(static_cast<double>(request->body.size()));
  size_t length = request->body.size();
  size_t needed = length;
  if (request->compressed) {
    const absl::Status status = SnappyDecodedLength(request->body, options.max_decoded_bytes, length);
    if (!status.ok()) return Answer(*request, Refusal(request->protocol, 400, std::string(status.message())));
    needed += length;
  }
  if (request->protocol == WriteProtocol::kV2) {
    needed += RequestDecoder::MaxSymbols(options.decode, length) * RequestDecoder::kSymbolBytes;
  }
  if (needed > budget.limit_bytes()) {
    return Answer(
        *request,
        Refusal(request->protocol, 413,
                fmt::format("a body of {} bytes that inflates to {} takes more memory than limits.max_in_flight "
                            "({} bytes); send smaller requests",
                            request->body.size(), length, budget.limit_bytes())));
  }
  if (!request->reservation.GrowTo(needed)) {
    return Answer(*request, Refusal(request->protocol, 503, "too many bytes in flight; send the request again"));
  }
  if (length > kLargeMessageBytes) return RunLater([this, request] { Decode(request); });
  Decode(request);
}

void WriteEndpoint::Impl::Decode(const std::shared_ptr<Request>& request) {
  auto workspace = TakeWorkspace();
  std::string_view message = request->body;
  if (request->compressed) {
    const absl::Status status = SnappyDecode(request->body, options.max_decoded_bytes, workspace->inflated);
    if (!status.ok()) {
      GiveBack(std::move(workspace));
      return Answer(*request, Refusal(request->protocol, 400, std::string(status.message())));
    }
    std::string().swap(request->body);
    message = workspace->inflated.view();
  }
  auto finish = [this, request](WriteReply reply, std::unique_ptr<WriteWorkspace> used) {
    GiveBack(std::move(used));
    std::string().swap(request->body);
    request->reservation.Release();
    Answer(*request, std::move(reply));
  };
  WriteOperation::Start(
      std::make_unique<WriteOperation>(services, request->protocol, std::move(workspace), std::move(finish)), message);
}

WriteEndpoint::WriteEndpoint(const IngestOptions& options, SampleSink& sink, MetricRegistry& metrics)
    : impl_(std::make_unique<Impl>(options, sink, metrics)) {}
WriteEndpoint::~WriteEndpoint() = default;

WriteEndpoint::HeadCheck WriteEndpoint::CheckHead(const WriteRequestHead& head) const {
  HeadCheck check;
  const auto refuse = [&](int status, std::string text) {
    check.refusal = Refusal(check.protocol, status, std::move(text));
    impl_->metrics.CountRequest(check.protocol, status);
    return check;
  };
  if (head.method != "POST") return refuse(405, "remote write takes POST");
  const auto protocol = ProtocolOfContentType(head.content_type);
  if (!protocol) {
    return refuse(415,
                  "Content-Type must be application/x-protobuf, with proto=prometheus.WriteRequest or "
                  "proto=io.prometheus.write.v2.Request");
  }
  check.protocol = *protocol;
  if (!IsSnappyEncoding(head.content_encoding)) return refuse(415, "Content-Encoding must be snappy");
  if (!impl_->sink.ready()) {
    return refuse(503, "not ready yet");
  }
  if (head.content_length && *head.content_length > impl_->options.max_body_bytes) {
    return refuse(413,
                  fmt::format("the body is above limits.max_request_body ({} bytes)", impl_->options.max_body_bytes));
  }
  return check;
}

void WriteEndpoint::Write(WriteProtocol protocol, std::string body, ByteBudget::Reservation reservation,
                          std::function<void(WriteReply)> done) {
  impl_->Accept(std::make_shared<Impl::Request>(
      Impl::Request{protocol, true, std::move(body), std::move(reservation), std::move(done)}));
}

void WriteEndpoint::WriteMessage(WriteProtocol protocol, std::string message, ByteBudget::Reservation reservation,
                                 std::function<void(WriteReply)> done) {
  impl_->Accept(std::make_shared<Impl::Request>(
      Impl::Request{protocol, false, std::move(message), std::move(reservation), std::move(done)}));
}

ByteBudget& WriteEndpoint::budget() {
  return impl_->budget;
}
size_t WriteEndpoint::max_body_bytes() const {
  return impl_->options.max_body_bytes;
}

WriteReply WriteEndpoint::Refuse(WriteProtocol protocol, int status, std::string text) const {
  impl_->metrics.CountRequest(protocol, status);
  return Refusal(protocol, status, std::move(text));
}

}  // namespace promcast
