#include "server/pages.h"

#include <zlib.h>

#include <nlohmann/json.hpp>

#include "server/gzip.h"
#include "server/status_page.h"
#include "server_fixture.h"

namespace promcast {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kSeriesPath = "/api/v1/series/forecasts";

class PagesTest : public ServerFixture {
 protected:
  PagesTest() : endpoint_(ingest, sink, metrics), read_endpoint_(read_source, read, metrics) {}
  HttpReply Ask(std::string_view method, std::string_view path, std::string_view accept = "",
                std::string_view encoding = "", std::string_view query = "") {
    const ServerHooks hooks{endpoint_,
                            read_endpoint_,
                            metrics,
                            "1.2.3",
                            [this] { return ready.load(); },
                            [this] { return reload_status; },
                            [this] { ++quits; },
                            [] { return std::string(R"({"up":true,"rules":[{"rule":"<b>"}]})"); },
                            on_series};
    return Pages(hooks, lifecycle)
        .Answer({.method = method, .path = path, .query = query, .accept = accept, .accept_encoding = encoding});
  }

  bool lifecycle = true;
  WriteEndpoint endpoint_;
  ReadEndpoint read_endpoint_;
};

std::string Gunzip(const std::string& data) {
  z_stream stream{};
  inflateInit2(&stream, 15 + 16);
  std::string out(1 << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

TEST_F(PagesTest, HealthIsAlwaysGoodAndReadinessFollows) {
  EXPECT_EQ(Ask("GET", "/-/ready").status, 200);
  ready = false;
  EXPECT_EQ(Ask("GET", "/-/ready").status, 503);
  EXPECT_EQ(Ask("GET", "/-/healthy").status, 200);
}

TEST_F(PagesTest, MetricsComeInTheFormatAccepted) {
  metrics.AddCounter("a_total", "A.").Increment();
  const std::pair<std::string, bool> cases[] = {
      {"", false},
      {"*/*", false},
      {"text/plain", false},
      {"application/openmetrics-text; version=1.0.0", true},
      {"application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1", true},
      {"application/openmetrics-text;q=0.2,text/plain;q=0.9", false},
      {"application/openmetrics-text;q=0", false},
  };
  for (const auto& [accept, open_metrics] : cases) {
    const HttpReply reply = Ask("GET", "/metrics", accept);
    EXPECT_EQ(reply.body.ends_with("# EOF\n"), open_metrics) << accept;
    EXPECT_THAT(reply.content_type,
                StartsWith(open_metrics ? "application/openmetrics-text; version=1.0.0" : "text/plain; version=0.0.4"));
  }
}

TEST_F(PagesTest, MetricsAreCompressedOnlyWhenAsked) {
  metrics.AddCounter("a_total", "A.").Increment();
  const HttpReply zipped = Ask("GET", "/metrics", "", "deflate, gzip;q=0.5");
  EXPECT_THAT(zipped.headers, testing::Contains(testing::Pair("Content-Encoding", "gzip")));
  EXPECT_EQ(Gunzip(zipped.body), Ask("GET", "/metrics").body);
  EXPECT_EQ(Ask("GET", "/metrics", "", "gzip;q=0").body, Ask("GET", "/metrics").body);
}

TEST_F(PagesTest, LifecycleNeedsItsFlagAndPost) {
  for (const char* path : {"/-/reload", "/-/quit"}) {
    EXPECT_EQ(Ask("GET", path).status, 405) << path;
    EXPECT_EQ(Ask("POST", path).status, 200) << path;
    EXPECT_EQ(Ask("PUT", path).status, 200) << path;
    lifecycle = false;
    EXPECT_EQ(Ask("POST", path).status, 403) << path;
    EXPECT_EQ(Ask("GET", path).status, 405) << path;
    lifecycle = true;
  }
  EXPECT_EQ(quits, 2);
}

TEST_F(PagesTest, AFailedReloadSaysWhy) {
  reload_status = absl::InvalidArgumentError("config.yml:3: no such key");
  const HttpReply reply = Ask("POST", "/-/reload");
  EXPECT_EQ(reply.status, 500);
  EXPECT_THAT(reply.body, HasSubstr("config.yml:3: no such key"));
}

TEST_F(PagesTest, OtherMethodsOnPagesNameTheRightOnes) {
  const HttpReply reply = Ask("POST", "/metrics");
  EXPECT_EQ(reply.status, 405);
  EXPECT_THAT(reply.headers, testing::Contains(testing::Pair("Allow", "GET, HEAD")));
}

TEST_F(PagesTest, UnknownPathsAre404UnderOneHandlerName) {
  for (const char* path : {"/x", "", "*", "/metrics/", "/-/"}) {
    EXPECT_EQ(Ask("GET", path).status, 404) << path;
    EXPECT_EQ(Pages::HandlerName(path), "other");
  }
}

TEST_F(PagesTest, BuildinfoIsWhatPrometheusAnswers) {
  const auto info = nlohmann::json::parse(Ask("GET", "/api/v1/status/buildinfo").body);
  EXPECT_EQ(info["status"], "success");
  EXPECT_EQ(info["data"]["version"], "1.2.3");
}

TEST_F(PagesTest, SeriesForecastsAnswerWhatWasAskedFor) {
  const HttpReply reply = Ask("GET", kSeriesPath, "", "", "match%5B%5D=up&match[]=down&limit=3");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.content_type, "application/json");
  EXPECT_EQ(reply.body, "3 up down");
  EXPECT_EQ(Ask("POST", kSeriesPath, "", "", "match[]=up").status, 405);
}

TEST_F(PagesTest, ABadSeriesQueryIs400AndSaysWhy) {
  for (const auto& [query, problem] : {std::pair{"", "no match[] parameter provided"},
                                       std::pair{"match[]=up%7B%FF", "invalid parameter \"match[]\": "},
                                       std::pair{"match[]=up&limit=none", "invalid parameter \"limit\": \"none\""}}) {
    const HttpReply reply = Ask("GET", kSeriesPath, "", "", query);
    EXPECT_EQ(reply.status, 400) << query;
    EXPECT_EQ(reply.content_type, "application/json") << query;
    const auto error = nlohmann::json::parse(reply.body);
    EXPECT_EQ(error["status"], "error");
    EXPECT_EQ(error["errorType"], "bad_data");
    EXPECT_THAT(error["error"].get<std::string>(), HasSubstr(problem));
  }
}

TEST_F(PagesTest, SeriesThatCannotBeSearchedAre503) {
  on_series = [](const SeriesQuery&) { return absl::UnavailableError("promcast is stopping"); };
  const HttpReply reply = Ask("GET", kSeriesPath, "", "", "match[]=up");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.body, R"({"status":"error","errorType":"unavailable","error":"promcast is stopping"})");
}

TEST_F(PagesTest, WhatMayTakeLongIsNotAnsweredOnAThreadThatServesSockets) {
  EXPECT_EQ(Pages::HandlerName(kSeriesPath), "series");
  using Place = Pages::Place;
  for (const auto& [path, place] : {std::pair{kSeriesPath, Place::kSearching}, std::pair{"/-/reload", Place::kBlocking},
                                    std::pair{"/metrics", Place::kHere}, std::pair{"/", Place::kHere}}) {
    EXPECT_EQ(Pages::PlaceOf({.method = "GET", .path = path, .query = {}, .accept = {}, .accept_encoding = {}}), place)
        << path;
  }
}

TEST_F(PagesTest, TheStatusPageEscapesWhatItShowsAndNeedsNothingElse) {
  const HttpReply reply = Ask("GET", "/");
  EXPECT_THAT(reply.content_type, StartsWith("text/html"));
  EXPECT_THAT(reply.body, HasSubstr("<td>&lt;b&gt;</td>"));
  EXPECT_THAT(reply.body, Not(HasSubstr("http://")));
  EXPECT_THAT(reply.body, Not(HasSubstr("<script")));
}

TEST(StatusPageTest, AnyStatusGivesAPage) {
  for (const char* status : {"", "{", "[1]", "null", "{}", R"({"a":[1,{"b":[2,{"c":null}]}],"d":{"e":1.5},"f":[]})"}) {
    EXPECT_THAT(RenderStatusPage("<v>", status), EndsWith("</html>\n")) << status;
    EXPECT_THAT(RenderStatusPage("<v>", status), HasSubstr("&lt;v&gt;"));
  }
}

}  // namespace
}  // namespace promcast
