#include "remote_read/read_endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "prometheus/remote_read.pb.h"
#include "remote_write/label_block.h"
#include "remote_write/snappy_block.h"

namespace promcast {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// `count` series named s0, s1, ... of `samples` samples each, of which it gives those that the selector selects.
class FakeSource final : public ReadSource {
 public:
  absl::Status Read(const ReadQuery& query, const Selector& selector, ReadResult& result) const override {
    for (int i = count - 1; i >= 0; i--) {
      const std::string name = "s" + std::to_string(i);
      const std::vector<LabelView> labels{{kMetricNameLabel, name}};
      if (!selector.Matches(labels)) continue;
      ChunkPacker packer;
      for (int64_t at_ms = query.start_ms; at_ms < query.start_ms + samples; at_ms++) packer.Append({at_ms, 1.5});
      if (!result.Add({EncodeLabelBlock(labels), packer.Take()})) break;
    }
    return status;
  }
  int count = 3;
  int64_t samples = 10;
  absl::Status status;
};

class ReadEndpointTest : public ::testing::Test {
 protected:
  ReadReply Answer(const prometheus::ReadRequest& request) { return Send(request.SerializeAsString()); }
  ReadReply Send(const std::string& message) {
    std::string body;
    SnappyEncode(message, body);
    return Endpoint().Answer(body);
  }
  ReadEndpoint& Endpoint() {
    if (endpoint_ == nullptr) endpoint_ = std::make_unique<ReadEndpoint>(source, options, metrics);
    return *endpoint_;
  }
  std::string Metrics() { return metrics.Render(MetricRegistry::Format::kText); }

  static prometheus::ReadRequest Request(const std::string& expression, bool streamed = false) {
    prometheus::ReadRequest request;
    AddQuery(request, expression, prometheus::LabelMatcher::RE);
    if (streamed) request.add_accepted_response_types(prometheus::ReadRequest::STREAMED_XOR_CHUNKS);
    return request;
  }
  static void AddQuery(prometheus::ReadRequest& request, const std::string& value,
                       prometheus::LabelMatcher::Type type) {
    prometheus::LabelMatcher& matcher = *request.add_queries()->add_matchers();
    matcher.set_type(type);
    matcher.set_name("__name__");
    matcher.set_value(value);
  }
  static std::vector<std::vector<std::string>> NamesOf(const ReadReply& reply) {
    ByteBuffer message;
    prometheus::ReadResponse response;
    EXPECT_TRUE(SnappyDecode(reply.body, 1 << 20, message).ok());
    EXPECT_TRUE(response.ParseFromString(std::string(message.view())));
    std::vector<std::vector<std::string>> names;
    for (const prometheus::QueryResult& result : response.results()) {
      names.emplace_back();
      for (const prometheus::TimeSeries& series : result.timeseries()) names.back().push_back(series.labels(0).value());
    }
    return names;
  }

  FakeSource source;
  ReadOptions options;
  MetricRegistry metrics;

 private:
  std::unique_ptr<ReadEndpoint> endpoint_;
};

TEST_F(ReadEndpointTest, SamplesAreASnappyBlockWithOneResultAQueryInOrder) {
  prometheus::ReadRequest request = Request("s1|s2");
  AddQuery(request, "nothing", prometheus::LabelMatcher::EQ);
  AddQuery(request, "s1", prometheus::LabelMatcher::NEQ);
  AddQuery(request, "s[12]", prometheus::LabelMatcher::NRE);
  request.add_queries();  // no matcher: every series
  const ReadReply reply = Answer(request);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.content_type, "application/x-protobuf");
  EXPECT_EQ(reply.content_encoding, "snappy");
  EXPECT_THAT(NamesOf(reply), ElementsAre(ElementsAre("s1", "s2"), ElementsAre(), ElementsAre("s0", "s2"),
                                          ElementsAre("s0"), ElementsAre("s0", "s1", "s2")));
  EXPECT_THAT(Metrics(), HasSubstr("promcast_remote_read_requests_total{code=\"200\",response_type=\"samples\"} 1\n"));
  EXPECT_THAT(Metrics(), HasSubstr("promcast_remote_read_queries_total 5\n"));
  EXPECT_THAT(Metrics(), HasSubstr("promcast_remote_read_series_total 8\n"));
  EXPECT_THAT(Metrics(), HasSubstr("promcast_remote_read_samples_total 80\n"));
}

TEST_F(ReadEndpointTest, AStreamIsNamedAsPrometheusComparesItAndNotCompressed) {
  const ReadReply reply = Answer(Request("s.*", true));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.content_type, "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse");
  EXPECT_EQ(reply.content_encoding, "");
  EXPECT_THAT(reply.body, HasSubstr("s0"));
  EXPECT_THAT(Metrics(), HasSubstr("{code=\"200\",response_type=\"streamed_xor_chunks\"} 1\n"));
}

TEST_F(ReadEndpointTest, HeadsThatAreNoReadRequestsAreRefusedUnread) {
  const auto status = [&](const ReadRequestHead& head) {
    const auto refusal = Endpoint().CheckHead(head);
    return refusal ? refusal->status : 200;
  };
  EXPECT_EQ(status({"POST", "application/x-protobuf", "snappy"}), 200);
  EXPECT_EQ(status({"POST", "application/X-Protobuf;proto=prometheus.ReadRequest", "Snappy"}), 200);
  EXPECT_EQ(status({"POST", "", ""}), 200);
  EXPECT_EQ(status({"GET", "", ""}), 405);
  EXPECT_EQ(status({"POST", "application/json", "snappy"}), 415);
  EXPECT_EQ(status({"POST", "application/x-protobuf", "gzip"}), 415);
}

TEST_F(ReadEndpointTest, BadRequestsAre400AndSayWhy) {
  const auto expect = [](const ReadReply& reply, const char* problem) {
    EXPECT_EQ(reply.status, 400);
    EXPECT_THAT(reply.content_type, StartsWith("text/plain"));
    EXPECT_THAT(reply.body, HasSubstr(problem));
  };
  expect(Endpoint().Answer("\xff\xff\xff"), "snappy");
  expect(Endpoint().Answer(std::string("\xff\xff\xff\xff\x0f", 5)), "decoded bytes");
  expect(Send("\xff"), "not valid protobuf");
  expect(Answer(Request("a(")), "bad regular expression for label __name__");
  EXPECT_THAT(Metrics(), HasSubstr("{code=\"400\",response_type=\"unknown\"} 3\n"));
  EXPECT_THAT(Metrics(), HasSubstr("{code=\"400\",response_type=\"samples\"} 1\n"));
}

TEST_F(ReadEndpointTest, AnAnswerBeyondALimitIs400InEitherForm) {
  options.result.max_samples = 29;
  for (const bool streamed : {false, true}) {
    const ReadReply reply = Answer(Request("s.*", streamed));
    EXPECT_EQ(reply.status, 400);
    EXPECT_THAT(reply.body, HasSubstr("exceeded sample limit (29)"));
  }
  prometheus::ReadRequest request = Request("s0|s1");
  EXPECT_EQ(Answer(request).status, 200);
  AddQuery(request, "s2", prometheus::LabelMatcher::EQ);
  EXPECT_EQ(Answer(request).status, 400) << "the limit is that of all queries of a request";
}

TEST_F(ReadEndpointTest, AnAnswerOfTooManyBytesIs400InEitherForm) {
  options.max_answer_bytes = 100;
  for (const bool streamed : {false, true}) {
    const ReadReply reply = Answer(Request("s.*", streamed));
    EXPECT_EQ(reply.status, 400);
    EXPECT_THAT(reply.body, HasSubstr("100 bytes"));
  }
}

TEST_F(ReadEndpointTest, AnswersNotYetSentAreBounded) {
  const size_t one_answer = Answer(Request("s.*")).body.capacity();
  EXPECT_THAT(Metrics(), HasSubstr("promcast_remote_read_in_flight_bytes 0\n"));
  options.max_in_flight_bytes = one_answer + one_answer / 2;
  MetricRegistry others;
  ReadEndpoint endpoint(source, options, others);
  std::string body;
  SnappyEncode(Request("s.*").SerializeAsString(), body);
  {
    const ReadReply first = endpoint.Answer(body);
    EXPECT_EQ(first.status, 200);
    const ReadReply second = endpoint.Answer(body);
    EXPECT_EQ(second.status, 503);
    EXPECT_GT(second.retry_after_s, 0);
  }
  EXPECT_EQ(endpoint.Answer(body).status, 200);
}

TEST_F(ReadEndpointTest, PlacesAreLimitedAndGivenBack) {
  options.max_concurrent = 2;
  auto first = Endpoint().TakePlace();
  {
    auto second = Endpoint().TakePlace();
    EXPECT_TRUE(first && second);
    EXPECT_FALSE(Endpoint().TakePlace());
    EXPECT_THAT(Metrics(), HasSubstr("promcast_remote_read_in_flight 2\n"));
  }
  EXPECT_TRUE(Endpoint().TakePlace());
  const ReadReply busy = Endpoint().Busy();
  EXPECT_EQ(busy.status, 503);
  EXPECT_GT(busy.retry_after_s, 0);
}

TEST_F(ReadEndpointTest, ASourceThatIsEndingIs503) {
  source.status = absl::UnavailableError("promcast is stopping");
  const ReadReply reply = Answer(Request("s.*"));
  EXPECT_EQ(reply.status, 503);
  EXPECT_GT(reply.retry_after_s, 0);
  EXPECT_THAT(reply.body, HasSubstr("stopping"));
}

}  // namespace
}  // namespace promcast
