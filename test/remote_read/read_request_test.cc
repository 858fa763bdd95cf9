#include "remote_read/read_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "prometheus/remote_read.pb.h"

namespace promcast {
namespace {

using ::testing::HasSubstr;
using Oracle = prometheus::ReadRequest;

const ReadRequestLimits kLimits;

ReadQuery ByOracle(const prometheus::Query& query) {
  ReadQuery read{query.start_timestamp_ms(), query.end_timestamp_ms(), {}, {}};
  for (const prometheus::LabelMatcher& matcher : query.matchers())
    read.matchers.push_back({static_cast<MatchType>(matcher.type()), matcher.name(), matcher.value()});
  read.hints = {query.hints().step_ms(), query.hints().range_ms()};
  return read;
}

std::vector<ReadQuery> ByOracle(const Oracle& request) {
  std::vector<ReadQuery> queries;
  for (const prometheus::Query& query : request.queries()) queries.push_back(ByOracle(query));
  return queries;
}

void AddMatcher(prometheus::Query& query, int type, const std::string& name, const std::string& value) {
  prometheus::LabelMatcher& matcher = *query.add_matchers();
  matcher.set_type(static_cast<prometheus::LabelMatcher::Type>(type));
  matcher.set_name(name);
  matcher.set_value(value);
}

/// As a Prometheus sends it.
Oracle Typical() {
  Oracle request;
  prometheus::Query& query = *request.add_queries();
  query.set_start_timestamp_ms(1'700'000'000'000);
  query.set_end_timestamp_ms(1'700'086'400'000);
  AddMatcher(query, 0, "__name__", "predicted_x");
  AddMatcher(query, 1, "job", "b");
  AddMatcher(query, 2, "instance", "a|b");
  AddMatcher(query, 3, "device", "loop.*");
  query.mutable_hints()->set_step_ms(15'000);
  query.mutable_hints()->set_func("rate");
  query.mutable_hints()->add_grouping("job");
  query.mutable_hints()->set_range_ms(60'000);
  request.add_queries()->set_end_timestamp_ms(-5);
  request.add_accepted_response_types(Oracle::STREAMED_XOR_CHUNKS);
  request.add_accepted_response_types(Oracle::SAMPLES);
  return request;
}

std::string Problem(const std::string& message, const ReadRequestLimits& limits = kLimits) {
  const auto request = DecodeReadRequest(message, limits);
  return request.ok() ? "" : std::string(request.status().message());
}

/// Whether a group stands among the unknown fields of the message or of one in it.
bool HasGroup(const google::protobuf::Message& message) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  const google::protobuf::UnknownFieldSet& unknown = reflection.GetUnknownFields(message);
  for (int i = 0; i < unknown.field_count(); i++) {
    if (unknown.field(i).type() == google::protobuf::UnknownField::TYPE_GROUP) return true;
  }
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const google::protobuf::FieldDescriptor* field : fields) {
    if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated() && HasGroup(reflection.GetMessage(message, field))) return true;
    for (int i = 0; field->is_repeated() && i < reflection.FieldSize(message, field); i++) {
      if (HasGroup(reflection.GetRepeatedMessage(message, field, i))) return true;
    }
  }
  return false;
}

TEST(ReadRequest, IsReadAsGeneratedCodeReadsIt) {
  const Oracle sent = Typical();
  const auto request = DecodeReadRequest(sent.SerializeAsString(), kLimits);
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->queries, ByOracle(sent));
  EXPECT_EQ(request->response_type, ReadResponseType::kStreamedXorChunks);
  EXPECT_TRUE(DecodeReadRequest("", kLimits)->queries.empty());
}

TEST(ReadRequest, TheFirstKnownResponseTypeCounts) {
  const auto type_of = [](std::initializer_list<int> types) {
    Oracle sent;
    for (const int type : types) sent.add_accepted_response_types(static_cast<Oracle::ResponseType>(type));
    return DecodeReadRequest(sent.SerializeAsString(), kLimits);
  };
  EXPECT_EQ(type_of({})->response_type, ReadResponseType::kSamples);
  EXPECT_EQ(type_of({0, 1})->response_type, ReadResponseType::kSamples);
  EXPECT_EQ(type_of({7, 1, 0})->response_type, ReadResponseType::kStreamedXorChunks);
  EXPECT_THAT(std::string(type_of({7, -1}).status().message()), HasSubstr("response types"));
  // As senders older than packed fields write them.
  EXPECT_EQ(DecodeReadRequest(std::string("\x10\x07\x10\x01", 4), kLimits)->response_type,
            ReadResponseType::kStreamedXorChunks);
}

TEST(ReadRequest, CutOffAnywhereIsRefusedOrReadAsGeneratedCodeReadsIt) {
  const std::string whole = Typical().SerializeAsString();
  for (size_t size = 0; size < whole.size(); size++) {
    const std::string cut = whole.substr(0, size);
    Oracle expected;
    const bool valid = expected.ParseFromString(cut);
    const auto request = DecodeReadRequest(cut, kLimits);
    ASSERT_EQ(request.ok(), valid) << size;
    if (valid) {
      EXPECT_EQ(request->queries, ByOracle(expected)) << size;
    }
  }
}

TEST(ReadRequest, MutationsAreReadAsGeneratedCodeReadsThem) {
  const std::string whole = Typical().SerializeAsString();
  std::mt19937_64 random(7);
  int taken = 0, refused = 0;
  for (int i = 0; i < 200'000; i++) {
    std::string mutated = whole;
    for (size_t changes = 1 + random() % 3; changes > 0; changes--) {
      const size_t at = random() % mutated.size();
      switch (random() % 3) {
        case 0:
          mutated[at] = static_cast<char>(random());
          break;
        case 1:
          mutated.erase(at, 1 + random() % 4);
          break;
        case 2:
          mutated.insert(at, whole.substr(random() % whole.size(), random() % 16));
      }
      if (mutated.empty()) mutated = "\x08";
    }
    const auto request = DecodeReadRequest(mutated, kLimits);
    Oracle expected;
    const bool valid = expected.ParseFromString(mutated);
    if (request.ok()) {
      ASSERT_TRUE(valid) << i;
      ASSERT_EQ(request->queries, ByOracle(expected)) << i;
      taken++;
    } else {
      // Stricter than generated code in what the error says, and with groups, which no schema here has.
      const std::string problem(request.status().message());
      const bool by_rule = problem.find("unknown") != problem.npos || problem.find("response types") != problem.npos;
      ASSERT_TRUE(!valid || by_rule || HasGroup(expected)) << i << ": " << problem;
      refused++;
    }
  }
  EXPECT_GT(taken, 10'000);
  EXPECT_GT(refused, 10'000);
}

TEST(ReadRequest, AnUnknownMatcherTypeIsNamed) {
  for (const int type : {4, -1, 1000}) {
    Oracle sent;
    AddMatcher(*sent.add_queries(), type, "a", "b");
    EXPECT_THAT(Problem(sent.SerializeAsString()), HasSubstr("label matcher type " + std::to_string(type))) << type;
  }
}

TEST(ReadRequest, EachLimitIsTheLastThatIsTaken) {
  const ReadRequestLimits limits{.max_queries = 2, .max_matchers = 3, .max_matcher_bytes = 10};
  Oracle queries;
  queries.add_queries();
  queries.add_queries();
  EXPECT_EQ(Problem(queries.SerializeAsString(), limits), "");
  queries.add_queries();
  EXPECT_THAT(Problem(queries.SerializeAsString(), limits), HasSubstr("more than 2 queries"));

  Oracle matchers;
  matchers.add_queries();
  for (int i = 0; i < 3; i++) AddMatcher(*matchers.mutable_queries(0), 0, "a", "");
  EXPECT_EQ(Problem(matchers.SerializeAsString(), limits), "");
  AddMatcher(*matchers.mutable_queries(0), 0, "a", "");
  EXPECT_THAT(Problem(matchers.SerializeAsString(), limits), HasSubstr("more than 3 label matchers"));

  Oracle text;
  AddMatcher(*text.add_queries(), 0, "abc", "de");
  AddMatcher(*text.mutable_queries(0), 0, "abc", "de");
  EXPECT_EQ(Problem(text.SerializeAsString(), limits), "");
  text.mutable_queries(0)->mutable_matchers(1)->set_value("def");
  EXPECT_THAT(Problem(text.SerializeAsString(), limits), HasSubstr("too long"));
}

}  // namespace
}  // namespace promcast
