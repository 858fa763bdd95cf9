#include "remote_read/history_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../http_client/test_server.h"
#include "prometheus/remote_read.pb.h"
#include "remote_read/history_walk.h"
#include "remote_read/read_response.h"
#include "remote_read/read_result.h"
#include "remote_write/label_block.h"
#include "remote_write/snappy_block.h"

namespace promcast {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr int64_t kStart = 1'700'000'000'000;
const std::vector<std::vector<Matcher>> kUp = {{{MatchType::kEqual, "__name__", "up"}}};

HistorySourceOptions OptionsOf(const TestServer& server, const std::string& path = "/api/v1/read") {
  HistorySourceOptions options;
  options.url = "http://127.0.0.1:" + std::to_string(server.port()) + path;
  return options;
}

prometheus::ReadRequest Decoded(const TestRequest& request) {
  ByteBuffer message;
  EXPECT_TRUE(SnappyDecode(request.body, 1 << 20, message).ok());
  prometheus::ReadRequest decoded;
  EXPECT_TRUE(decoded.ParseFromArray(message.view().data(), static_cast<int>(message.view().size())));
  return decoded;
}

std::vector<Sample> Minutes(int64_t start_ms, int64_t end_ms) {
  std::vector<Sample> samples;
  for (int64_t t = (start_ms + 59'999) / 60'000 * 60'000; t <= end_ms; t += 60'000)
    samples.push_back({t, static_cast<double>(t % 7'000'000)});
  return samples;
}

std::vector<ReadSeries> Up(const std::vector<Sample>& samples) {
  ChunkPacker packer;
  for (const Sample& sample : samples) packer.Append(sample);
  return {{EncodeLabelBlock(std::vector<LabelView>{{"__name__", "up"}}), packer.Take()}};
}

TestResponse SamplesAnswer(const std::vector<Sample>& samples) {
  std::string message, body;
  EXPECT_TRUE(AppendSamplesResult(Up(samples), 1 << 30, message));
  SnappyEncode(message, body);
  return {.status = 200,
          .headers = {{"Content-Type", "application/x-protobuf"}, {"Content-Encoding", "snappy"}},
          .body = body};
}

TestResponse ChunkedAnswer(const std::vector<Sample>& samples) {
  std::string body;
  EXPECT_TRUE(AppendChunkedResult(Up(samples), 0, 1 << 20, 1 << 30, body));
  return {.status = 200,
          .headers = {{"Content-Type", "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse"}},
          .body = body};
}

struct Collected {
  std::vector<Sample> samples;
  HistorySink sink = [this](const HistoryPiece& piece) {
    samples.insert(samples.end(), piece.samples.begin(), piece.samples.end());
    return absl::OkStatus();
  };
};

TEST(HistoryClient, AsksForChunksAndTakesSamplesAsWell) {
  const auto samples = Minutes(kStart, kStart + 3'600'000);
  TestServer server(
      [&](const TestRequest&, size_t index) { return index == 0 ? ChunkedAnswer(samples) : SamplesAnswer(samples); });
  const auto client = MakeHistoryReader(OptionsOf(server));
  const HistoryQuery query{{{{MatchType::kRegex, "__name__", "u.*"}, {MatchType::kNotEqual, "job", "x"}}, kUp[0]},
                           kStart,
                           kStart + 3'600'000};
  for (int i = 0; i < 2; i++) {
    Collected collected;
    ASSERT_TRUE(client->Read(query, collected.sink).ok());
    EXPECT_EQ(collected.samples, samples);
  }
  const TestRequest request = server.requests().at(0);
  EXPECT_EQ(request.target, "/api/v1/read");
  EXPECT_EQ(request.headers.at("content-type"), "application/x-protobuf");
  EXPECT_EQ(request.headers.at("content-encoding"), "snappy");
  EXPECT_EQ(request.headers.at("x-prometheus-remote-read-version"), "0.1.0");
  const auto decoded = Decoded(request);
  ASSERT_EQ(decoded.queries_size(), 2);
  EXPECT_EQ(decoded.queries(0).start_timestamp_ms(), query.start_ms);
  EXPECT_EQ(decoded.queries(0).end_timestamp_ms(), query.end_ms);
  ASSERT_EQ(decoded.queries(0).matchers_size(), 2);
  EXPECT_EQ(decoded.queries(0).matchers(0).type(), prometheus::LabelMatcher::RE);
  EXPECT_EQ(decoded.queries(0).matchers(0).value(), "u.*");
  EXPECT_EQ(decoded.queries(0).matchers(1).type(), prometheus::LabelMatcher::NEQ);
  EXPECT_THAT(decoded.accepted_response_types(), ElementsAre(1, 0));
}

TEST(HistoryClient, AsksForSamplesOnceChunksAreOfAnUnknownEncoding) {
  const auto samples = Minutes(kStart, kStart + 600'000);
  TestServer server([&](const TestRequest& request, size_t) {
    if (Decoded(request).accepted_response_types_size() == 1) return SamplesAnswer(samples);
    prometheus::ChunkedReadResponse message;
    message.add_chunked_series()->add_chunks()->set_type(static_cast<prometheus::Chunk::Encoding>(4));
    const std::string bytes = message.SerializeAsString();
    TestResponse response = ChunkedAnswer({});
    response.body = std::string(1, static_cast<char>(bytes.size()));
    for (int shift = 24; shift >= 0; shift -= 8) response.body += static_cast<char>(Crc32c(bytes) >> shift);
    response.body += bytes;
    return response;
  });
  const auto client = MakeHistoryReader(OptionsOf(server));
  for (int i = 0; i < 2; i++) {
    Collected collected;
    ASSERT_TRUE(client->Read({kUp, kStart, kStart + 600'000}, collected.sink).ok());
    EXPECT_EQ(collected.samples, samples);
  }
  EXPECT_EQ(server.requests().size(), 3u) << "the second time it asks for samples at once";
}

TEST(HistoryClient, RefusalsSayWhatToDo) {
  struct Case {
    int status;
    std::string body;
    absl::StatusCode code;
    std::string told;
  };
  const std::vector<Case> cases = {
      {503, "Service Unavailable", absl::StatusCode::kUnavailable, "503: Service Unavailable"},
      {500, "oops", absl::StatusCode::kUnavailable, "500"},
      {429, "", absl::StatusCode::kUnavailable, "429"},
      {400, "exceeded sample limit (50000000)", absl::StatusCode::kResourceExhausted, "exceeded sample limit"},
      {401, "no", absl::StatusCode::kFailedPrecondition, "basic_auth"},
      {404, "404 page not found", absl::StatusCode::kFailedPrecondition, "/api/v1/read"},
      {400, "unsupported path requested: \"/api/v1/read\"", absl::StatusCode::kFailedPrecondition, "/api/v1/export"},
      {302, "", absl::StatusCode::kFailedPrecondition, "redirects are not followed"},
  };
  for (const Case& c : cases) {
    TestServer server([&](const TestRequest&, size_t) { return TestResponse{.status = c.status, .body = c.body}; });
    Collected collected;
    const absl::Status status = MakeHistoryReader(OptionsOf(server))->Read({kUp, 0, 1}, collected.sink);
    EXPECT_EQ(status.code(), c.code) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.told));
  }
}

TEST(HistoryClient, AnAnswerTooLargeToHoldIsToBeAskedForInParts) {
  TestServer server([&](const TestRequest&, size_t) { return SamplesAnswer(Minutes(kStart, kStart + 86'400'000)); });
  Collected collected;
  for (const HistoryAnswerLimits& limits :
       {HistoryAnswerLimits{.max_body_bytes = 1000}, HistoryAnswerLimits{.max_decoded_bytes = 10'000}}) {
    const absl::Status status =
        MakeHistoryReader(OptionsOf(server), limits)->Read({kUp, kStart, kStart + 86'400'000}, collected.sink);
    EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  }
  EXPECT_TRUE(collected.samples.empty());
}

TEST(HistoryClient, AnExportIsAskedForBySelectors) {
  TestServer server([](const TestRequest&, size_t) {
    return TestResponse{.status = 200,
                        .body = R"({"metric":{"__name__":"up"},"values":[3],"timestamps":[1700000000500]})"
                                "\n"};
  });
  for (const HistoryApi api : {HistoryApi::kAuto, HistoryApi::kExport}) {
    HistorySourceOptions options = OptionsOf(server, api == HistoryApi::kAuto ? "/select/0/export?extra=1" : "/any");
    options.api = api;
    Collected collected;
    const auto client = MakeHistoryReader(options);
    ASSERT_TRUE(
        client->Read({{{{MatchType::kEqual, "job", "a b\"c\\"}}}, 1'700'000'000'001, 1'700'000'009'999}, collected.sink)
            .ok());
    EXPECT_THAT(collected.samples, ElementsAre(Sample{1'700'000'000'500, 3}));
  }
  EXPECT_EQ(server.requests().at(0).target, "/select/0/export?extra=1");
  EXPECT_THAT(server.requests().at(0).body, HasSubstr("start=1700000000.001&end=1700000009.999"));
  EXPECT_THAT(server.requests().at(0).body, HasSubstr("match[]=%7Bjob%3D%22a%20b%5C%22c%5C%5C%22%7D"));
}

TEST(HistoryClient, CredentialsAndHeadersAreSent) {
  TestServer server([](const TestRequest&, size_t) { return SamplesAnswer({}); });
  HistorySourceOptions options = OptionsOf(server);
  options.basic_auth = BasicAuthOptions{"u", "p", ""};
  options.headers = {{"X-Scope-OrgID", "me"}};
  Collected collected;
  ASSERT_TRUE(MakeHistoryReader(options)->Read({kUp, 0, 1}, collected.sink).ok());
  EXPECT_EQ(server.requests().at(0).headers.at("authorization"), "Basic dTpw");
  EXPECT_EQ(server.requests().at(0).headers.at("x-scope-orgid"), "me");
}

TEST(HistorySource, OptionsThatAreWrongAreRefusedByName) {
  HistorySourceOptions options;
  options.url = "ftp://h/";
  EXPECT_THAT(std::string(ValidateHistorySource(options).message()), HasSubstr("url"));
  options.url = "http://h/";
  EXPECT_TRUE(ValidateHistorySource(options).ok());
  options.headers = {{"content-type", "x"}};
  EXPECT_THAT(std::string(ValidateHistorySource(options).message()), HasSubstr("content-type"));
}

/// A store that holds a sample a minute, and gives at most so many at once.
class MinuteStore final : public HistoryReader {
 public:
  absl::Status Read(const HistoryQuery& query, const HistorySink& sink) override {
    asked.push_back({query.start_ms, query.end_ms});
    if (fail_next-- > 0) return absl::UnavailableError("away");
    const auto samples = Minutes(query.start_ms, query.end_ms);
    if (samples.size() > most) return absl::ResourceExhaustedError("too many");
    return sink({labels_, samples});
  }
  void Cancel() override {}

  std::vector<std::pair<int64_t, int64_t>> asked;
  size_t most = SIZE_MAX;
  int fail_next = 0;

 private:
  const std::vector<LabelView> labels_ = {{"__name__", "up"}};
};

TEST(HistoryWalk, ReadsEverySampleOnceInOrder) {
  const int64_t end_ms = kStart + 14 * int64_t{86'400'000};
  for (const size_t most : {size_t{61}, size_t{700}, SIZE_MAX}) {
    MinuteStore store;
    store.most = most;
    Collected collected;
    HistoryWalk walk(kUp, kStart, end_ms);
    while (!walk.done()) {
      ASSERT_TRUE(walk.ReadWindow(store, collected.sink).ok());
    }
    EXPECT_EQ(collected.samples, Minutes(kStart, end_ms - 1));
    if (most == SIZE_MAX) {
      EXPECT_LT(store.asked.size(), 8u) << "windows grow while answers are small";
    }
  }
}

TEST(HistoryWalk, GoesOnWhereItFailed) {
  MinuteStore store;
  Collected collected;
  HistoryWalk walk(kUp, kStart, kStart + 86'400'000);
  ASSERT_TRUE(walk.ReadWindow(store, collected.sink).ok());
  const int64_t reached_ms = walk.at_ms();
  store.fail_next = 2;
  EXPECT_TRUE(absl::IsUnavailable(walk.ReadWindow(store, collected.sink)));
  EXPECT_TRUE(absl::IsUnavailable(walk.ReadWindow(store, collected.sink)));
  EXPECT_EQ(walk.at_ms(), reached_ms);
  ASSERT_TRUE(walk.ReadWindow(store, collected.sink).ok());
  EXPECT_EQ(store.asked.back().first, reached_ms);
}

TEST(HistoryWalk, AMinuteThatIsStillTooLargeIsAnError) {
  MinuteStore store;
  store.most = 0;
  Collected collected;
  HistoryWalk walk(kUp, kStart / 60'000 * 60'000, kStart + 86'400'000);
  EXPECT_TRUE(absl::IsResourceExhausted(walk.ReadWindow(store, collected.sink)));
  EXPECT_LT(store.asked.size(), 10u);
}

}  // namespace
}  // namespace promcast
