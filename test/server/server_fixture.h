#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "concurrency/mutex.h"
#include "ingest/write_endpoint.h"
#include "server/http_server.h"

namespace promcast {

/// Takes every sample, at once or when it is told to.
class FakeSink final : public SampleSink {
 public:
  size_t shard_count() const override { return 1; }
  bool Submit(size_t, ShardBatch& batch) override {
    batch.verdicts.assign(batch.samples.size(), SampleVerdict::kAccepted);
    samples += batch.samples.size();
    {
      MutexLock lock(mutex_);
      if (holding_) {
        held_.push_back(batch.done);
        changed_.NotifyAll();
        return true;
      }
    }
    batch.done();
    return true;
  }
  void NoteMetadata(const MetadataView&) override {}
  bool ready() const override { return true; }

  void Hold() {
    MutexLock lock(mutex_);
    holding_ = true;
  }
  void AwaitHeld(size_t count) {
    MutexLock lock(mutex_);
    changed_.Wait(mutex_, [&] { return held_.size() >= count; });
  }
  void Release() {
    std::deque<std::function<void()>> held;
    {
      MutexLock lock(mutex_);
      holding_ = false;
      held.swap(held_);
    }
    for (auto& done : held) done();
  }

  std::atomic<size_t> samples{0};

 private:
  Mutex mutex_;
  CondVar changed_;
  bool holding_ = false;
  std::deque<std::function<void()>> held_;
};

/// A request with one series `up` and one sample, in remote write 1.0, not compressed.
inline std::string OneSampleMessage() {
  static constexpr char kMessage[] =
      "\x0a\x1d"                                               // a series of 29 bytes
      "\x0a\x0e\x0a\x08__name__\x12\x02up"                     // its label
      "\x12\x0b\x09\x00\x00\x00\x00\x00\x00\xf0\x3f\x10\x01";  // its sample, 1.0 at 1 ms
  return {kMessage, sizeof(kMessage) - 1};
}

/// A snappy block of literals: `bytes` as they are.
inline std::string SnappyLiteral(std::string_view bytes) {
  std::string block;
  for (size_t n = bytes.size(); true; n >>= 7) {
    block += static_cast<char>(n < 0x80 ? n : (n & 0x7F) | 0x80);
    if (n < 0x80) break;
  }
  for (size_t at = 0; at < bytes.size(); at += 60) {
    const std::string_view piece = bytes.substr(at, 60);
    block += static_cast<char>((piece.size() - 1) << 2);
    block += piece;
  }
  return block;
}

/// Answers reads with the one series `up`, or when it is told to.
class FakeReadSource final : public ReadSource {
 public:
  absl::Status Read(const ReadQuery&, const Selector&, ReadResult& result) const override {
    if (on_read) on_read();
    ChunkPacker packer;
    packer.Append({1, 1.0});
    result.Add({std::string("\x0a\x0e\x0a\x08__name__\x12\x02up"), packer.Take()});
    return absl::OkStatus();
  }
  std::function<void()> on_read;
};

class ServerFixture : public testing::Test {
 protected:
  ServerFixture() { options.listen_addresses = {"127.0.0.1:0"}; }

  void Start(std::shared_ptr<WebConfigFile> web_config = nullptr) {
    endpoint = std::make_unique<WriteEndpoint>(ingest, sink, metrics);
    auto started = HttpServer::Start(options, Hooks(), std::move(web_config));
    ASSERT_TRUE(started.ok()) << started.status();
    server = *std::move(started);
    address = server->addresses()[0];
  }
  ServerHooks Hooks() {
    if (read_endpoint == nullptr) read_endpoint = std::make_unique<ReadEndpoint>(read_source, read, metrics);
    return {*endpoint,
            *read_endpoint,
            metrics,
            "1.2.3",
            [this] { return ready.load(); },
            [this] { return on_reload(); },
            [this] { ++quits; },
            [] { return std::string(R"({"uptime_seconds":5,"series":{"warming_up":3},"rules":[{"rule":"<b>"}]})"); },
            [this](const SeriesQuery& query) { return on_series(query); }};
  }
  /// Returns once every connection has ended, so that all it did can be seen.
  void AwaitConnections() { server->Stop(std::chrono::steady_clock::now() + std::chrono::seconds(60)); }
  std::string Metrics() { return metrics.Render(MetricRegistry::Format::kText); }

  HttpServerOptions options;
  IngestOptions ingest;
  ReadOptions read;
  FakeSink sink;
  FakeReadSource read_source;
  MetricRegistry metrics;
  std::atomic<bool> ready{true};
  std::atomic<int> quits{0};
  absl::Status reload_status;
  std::function<absl::Status()> on_reload = [this] { return reload_status; };
  std::function<absl::StatusOr<std::string>(const SeriesQuery&)> on_series = [](const SeriesQuery& query) {
    std::string answer = std::to_string(query.limit);
    for (const Selector& selector : query.match) answer += " " + selector.text();
    return answer;
  };
  std::unique_ptr<WriteEndpoint> endpoint;
  std::unique_ptr<ReadEndpoint> read_endpoint;
  std::unique_ptr<HttpServer> server;
  std::string address;
};

inline std::string WriteRequest(std::string_view body, std::string_view headers = "",
                                std::string_view path = "/api/v1/write") {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\n" +
         "Content-Encoding: snappy\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + std::string(headers) +
         "\r\n" + std::string(body);
}

}  // namespace promcast
