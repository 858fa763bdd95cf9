#include "timeseries/selector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace promcast {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using enum MatchType;

Selector MustParse(std::string_view text) {
  auto selector = Selector::Parse(text);
  EXPECT_TRUE(selector.ok()) << text << ": " << selector.status();
  return selector.ok() ? *selector : Selector();
}

TEST(Selector, ReadsEveryFormOfPromQl) {
  struct Case {
    std::string text;
    std::vector<Matcher> matchers;
  };
  const Matcher up{kEqual, "__name__", "up"};
  const Case cases[] = {
      {"up", {up}},
      {" up ", {up}},
      {"up{}", {up}},
      {"job:rate:sum", {{kEqual, "__name__", "job:rate:sum"}}},
      {":x", {{kEqual, "__name__", ":x"}}},
      {R"(up{a="b"})", {up, {kEqual, "a", "b"}}},
      {R"(up { a = "b" , c != 'd' , })", {up, {kEqual, "a", "b"}, {kNotEqual, "c", "d"}}},
      {R"({__name__=~"a|b",c!="d",e!~"f.*"})",
       {{kRegex, "__name__", "a|b"}, {kNotEqual, "c", "d"}, {kNotRegex, "e", "f.*"}}},
      {R"({"metric.name", "label.x"="y"})", {{kEqual, "__name__", "metric.name"}, {kEqual, "label.x", "y"}}},
      {R"({a="b","metric.name"})", {{kEqual, "a", "b"}, {kEqual, "__name__", "metric.name"}}},
      {R"({'metric name',})", {{kEqual, "__name__", "metric name"}}},
      {R"(up{"größe"=~`\d+`})", {up, {kRegex, "größe", R"(\d+)"}}},
      {"{\n  __name__=\"up\", # the target\n\ta=\"}\"\r\n}", {up, {kEqual, "a", "}"}}},
      {R"(up{a="\"\\\n\t\x41\101\u00e4\U0001F600"})", {up, {kEqual, "a", "\"\\\n\tAA\xC3\xA4\xF0\x9F\x98\x80"}}},
      {R"(up{a='it\'s "x"'})", {up, {kEqual, "a", "it's \"x\""}}},
      {"up{a=`line\nbreak \\n`}", {up, {kEqual, "a", "line\nbreak \\n"}}},
      {R"({__name__="a",__name__!="b"})", {{kEqual, "__name__", "a"}, {kNotEqual, "__name__", "b"}}},
      {R"(up{a=""})", {up, {kEqual, "a", ""}}},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(MustParse(c.text).matchers(), c.matchers) << c.text;
    EXPECT_EQ(MustParse(c.text).text(), c.text);
  }
}

TEST(Selector, ErrorsNameTheColumnAndWhatWasExpected) {
  struct Case {
    const char* text;
    const char* column;
    const char* expected;
  };
  const Case cases[] = {
      {"", "column 1:", "a metric name or '{'"},
      {"9up", "column 1:", "found '9'"},
      {"up[5m]", "column 3:", "'{' or the end"},
      {"up offset 5m", "column 4:", "'{' or the end"},
      {"up{", "column 4:", "a label name or '}'"},
      {"up{a", "column 5:", "one of = != =~ !~"},
      {"up{a==\"b\"}", "column 6:", "a quoted string"},
      {"up{a=b}", "column 6:", "a quoted string"},
      {"up{a=\"b\"", "column 9:", "',' or '}'"},
      {"up{a=\"b\" c=\"d\"}", "column 10:", "',' or '}'"},
      {"up{a=\"b\"}[5m]", "column 10:", "the end of the selector"},
      {"up{,}", "column 4:", "a label name"},
      {"up{a=\"b\",,}", "column 10:", "a label name"},
      {"up{a=\"b}", "column 6:", "no closing \""},
      {"up{a=\"b\nc\"}", "column 8:", "line break"},
      {"up{a=\"\\d\"}", "column 7:", "unknown escape"},
      {"up{a=\"\\'\"}", "column 7:", "unknown escape"},
      {"up{a=\"\\x4\"}", "column 7:", "2 digits of base 16"},
      {"up{a=\"\\400\"}", "column 7:", "\\377"},
      {"up{a=\"\\ud800\"}", "column 7:", "code point"},
      {"up{a=\"\\U00110000\"}", "column 7:", "code point"},
      {"up{a=~\"(\"}", "column 7:", "bad regular expression for label a: missing )"},
      {"up{\"down\"}", "column 4:", "given twice"},
      {"up{__name__=\"down\"}", "column 4:", "given twice"},
      {"{\"up\",\"down\"}", "column 7:", "given twice"},
      {"{\"\"=\"x\"}", "column 2:", "not empty"},
      {"{\"\xFF\"}", "column 2:", "UTF-8"},
      {"up{a:b=\"c\"}", "column 5:", "one of ="},
      {"up\xC3\xA4", "column 3:", "byte 0xc3"},
  };
  for (const Case& c : cases) {
    const auto selector = Selector::Parse(c.text);
    ASSERT_FALSE(selector.ok()) << c.text;
    EXPECT_THAT(selector.status().message(), HasSubstr(c.column)) << c.text;
    EXPECT_THAT(selector.status().message(), HasSubstr(c.expected)) << c.text;
  }
}

TEST(Selector, OneThatCouldSelectEverySeriesIsRefused) {
  for (const char* text : {"{}", R"({a=""})", R"({a=~".*"})", R"({a!="b"})", R"({a!~"b+"})", R"({a=~"b|"})"}) {
    EXPECT_THAT(Selector::Parse(text).status().message(), HasSubstr("empty string")) << text;
  }
  for (const char* text : {R"({a!=""})", R"({a=~".+"})", R"({a!~".*"})", R"({a=~".*",b="c"})"}) {
    EXPECT_TRUE(Selector::Parse(text).ok()) << text;
  }
}

TEST(Selector, MatchesAsPrometheusDoes) {
  const Labels labels({{"__name__", "http_requests_total"}, {"code", "500"}, {"path", "/a\n/b"}});
  for (const char* text : {
           "http_requests_total",
           R"({code="500"})",
           R"({code=~"5.."})",
           R"({code=~"4..|5.."})",
           R"(http_requests_total{code!="200"})",
           R"(http_requests_total{code!~"4.."})",
           R"(http_requests_total{absent=""})",
           R"(http_requests_total{absent!="x"})",
           R"(http_requests_total{absent=~"x?"})",
           R"({path=~"/a.*"})",
           R"({__name__=~"http_.+_total"})",
       }) {
    EXPECT_TRUE(MustParse(text).Matches(labels)) << text;
  }
  for (const char* text : {
           "http_requests",
           R"({code="50"})",
           R"({code=~"5"})",
           R"({code=~"00"})",
           R"({code=~"4|5"})",
           R"(http_requests_total{code!="500"})",
           R"(http_requests_total{code!~"5.."})",
           R"({absent=~".+"})",
           R"(http_requests_total{code=""})",
           R"(http_requests_total{code="500",path="x"})",
       }) {
    EXPECT_FALSE(MustParse(text).Matches(labels)) << text;
  }
}

TEST(Selector, MadeOfMatchersItSelectsAsIfParsed) {
  const Selector parsed = MustParse(R"(up{a="b",c!="d",e=~"f|g.*",h!~"i"})");
  const auto made = Selector::FromMatchers(parsed.matchers());
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made->matchers(), parsed.matchers());
  for (const Labels& labels :
       {Labels{{"__name__", "up"}, {"a", "b"}, {"e", "f"}}, Labels{{"__name__", "up"}, {"a", "b"}},
        Labels{{"__name__", "up"}, {"a", "b"}, {"e", "xg"}},
        Labels{{"__name__", "up"}, {"a", "b"}, {"e", "gx"}, {"h", "i"}}})
    EXPECT_EQ(made->Matches(labels), parsed.Matches(labels)) << labels.ToString();
}

TEST(Selector, MatchersMaySelectEverySeries) {
  EXPECT_TRUE(Selector::FromMatchers({})->Matches(Labels{{"__name__", "up"}}));
  EXPECT_TRUE(Selector::FromMatchers({{kRegex, "__name__", ".*"}})->Matches(Labels{{"__name__", "up"}}));
  const auto broken = Selector::FromMatchers({{kEqual, "a", "("}, {kRegex, "b", "("}});
  ASSERT_FALSE(broken.ok());
  EXPECT_THAT(std::string(broken.status().message()), HasSubstr("bad regular expression for label b"));
}

TEST(Selector, TheOrderOfTheLabelsDoesNotMatter) {
  const Selector selector = MustParse(R"(up{a="1",b=~"2|3"})");
  const LabelView forward[] = {{"__name__", "up"}, {"a", "1"}, {"b", "3"}};
  const LabelView backward[] = {{"b", "3"}, {"a", "1"}, {"__name__", "up"}};
  const LabelView other[] = {{"b", "4"}, {"a", "1"}, {"__name__", "up"}};
  EXPECT_TRUE(selector.Matches(forward));
  EXPECT_TRUE(selector.Matches(backward));
  EXPECT_FALSE(selector.Matches(other));
}

TEST(Selector, ACopyOutlivesItsOriginalAndTheDefaultSelectsNothing) {
  Selector copy;
  EXPECT_FALSE(copy.Matches(Labels({{"__name__", "up"}})));
  EXPECT_TRUE(copy.matchers().empty());
  {
    const Selector original = MustParse(R"({__name__=~"up|down"})");
    copy = original;
  }
  EXPECT_TRUE(copy.Matches(Labels({{"__name__", "up"}})));
  EXPECT_THAT(copy.matchers(), ElementsAre(Matcher{kRegex, "__name__", "up|down"}));
}

TEST(Selector, APrefixIsReadOnlyWhenItIsASelectorItself) {
  const std::string text = R"( up{a="b\n\x41\u00e4",'c'!~`d.*`,"e"=~"f|g",} )";
  ASSERT_TRUE(Selector::Parse(text).ok());
  for (size_t length = 0; length < text.size(); length++) {
    const auto selector = Selector::Parse(text.substr(0, length));
    const bool name_alone = length == 2 || length == 3;
    EXPECT_EQ(selector.ok(), name_alone || length == text.size() - 1) << text.substr(0, length);
  }
}

}  // namespace
}  // namespace promcast
