#include "server/query_string.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace promcast {
namespace {

using testing::HasSubstr;

TEST(QueryString, IsDecodedAsFormsAre) {
  struct Case {
    std::string_view query;
    std::vector<QueryParameter> parameters;
  };
  const Case cases[] = {
      {"", {}},
      {"&", {}},
      {"a=b", {{"a", "b"}}},
      {"a=b&a=c", {{"a", "b"}, {"a", "c"}}},
      {"&a=b&&c=d&", {{"a", "b"}, {"c", "d"}}},
      {"a", {{"a", ""}}},
      {"a=", {{"a", ""}}},
      {"=b", {{"", "b"}}},
      {"a=b=c", {{"a", "b=c"}}},
      {"match[]=up", {{"match[]", "up"}}},
      {"match%5B%5D=up", {{"match[]", "up"}}},
      {"match%5b%5d=up", {{"match[]", "up"}}},
      {"a+b=c+d", {{"a b", "c d"}}},
      {"a=1%2B1", {{"a", "1+1"}}},
      {"a=b%26c%3Dd", {{"a", "b&c=d"}}},
      {"a=%7Bjob%3D%22gr%C3%B6%C3%9Fe%22%7D", {{"a", "{job=\"größe\"}"}}},
      {"a=%2525", {{"a", "%25"}}},
      {"a=b;c=d", {{"a", "b;c=d"}}},
      {"a=%00", {{"a", std::string(1, '\0')}}},
  };
  for (const Case& c : cases) {
    const auto parameters = ParseQueryString(c.query);
    ASSERT_TRUE(parameters.ok()) << c.query << ": " << parameters.status();
    EXPECT_EQ(*parameters, c.parameters) << c.query;
  }
}

TEST(QueryString, AnEscapeThatIsNoneIsNamed) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"a=%", "\"%\""},        {"a=%4", "\"%4\""},    {"a=%4&b=c", "\"%4\""}, {"a=%zz", "\"%zz\""},
      {"a=%-1", "\"%-1\""},    {"a=%+1", "\"%+1\""},  {"%4x=a", "\"%4x\""},   {"a=%%41", "\"%%4\""},
      {"ok=1&a=%0", "\"%0\""}, {"a=%0x1", "\"%0x\""},
  };
  for (const auto& [query, named] : cases) {
    const auto parameters = ParseQueryString(query);
    ASSERT_FALSE(parameters.ok()) << query;
    EXPECT_THAT(std::string(parameters.status().message()), HasSubstr(std::string(named))) << query;
  }
}

}  // namespace
}  // namespace promcast
