#include "server/series_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace promcast {
namespace {

using testing::HasSubstr;

TEST(SeriesQuery, TakesEverySelectorAndTheFirstLimit) {
  const auto query = ParseSeriesQuery("match[]=up&match%5B%5D=%7Ba%3D%22b%22%7D&limit=7&limit=9&other=x");
  ASSERT_TRUE(query.ok()) << query.status();
  ASSERT_EQ(query->match.size(), 2u);
  EXPECT_EQ(query->match[0].text(), "up");
  EXPECT_EQ(query->match[1].text(), "{a=\"b\"}");
  EXPECT_EQ(query->limit, 7u);
}

TEST(SeriesQuery, TheLimitStaysWithinItsBounds) {
  const std::pair<std::string, size_t> cases[] = {
      {"", 100},
      {"&limit=1", 1},
      {"&limit=1000", 1000},
      {"&limit=1001", 1000},
      {"&limit=99999999999999999999999", 1000},
  };
  for (const auto& [text, limit] : cases) {
    const auto query = ParseSeriesQuery("match[]=up" + text);
    ASSERT_TRUE(query.ok()) << text << ": " << query.status();
    EXPECT_EQ(query->limit, limit) << text;
  }
}

TEST(SeriesQuery, SaysWhatIsWrong) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", "no match[] parameter provided"},
      {"limit=5", "no match[] parameter provided"},
      {"match=up", "no match[] parameter provided"},
      {"match[]=up&limit=0", "invalid parameter \"limit\": \"0\""},
      {"match[]=up&limit=-1", "invalid parameter \"limit\": \"-1\""},
      {"match[]=up&limit=1.5", "invalid parameter \"limit\": \"1.5\""},
      {"match[]=up&limit=", "invalid parameter \"limit\": \"\""},
      {"match[]=up&limit=+5", "invalid parameter \"limit\": \" 5\""},
      {"match[]=up&limit=5x", "invalid parameter \"limit\": \"5x\""},
      {"match[]=up&limit=nan", "invalid parameter \"limit\": \"nan\""},
      {"match[]=", "invalid parameter \"match[]\": "},
      {"match[]=up%7B", "invalid parameter \"match[]\": "},
      {"match[]=up&match[]=%7B%7D", "invalid parameter \"match[]\": "},
      {"match[]=%7Ba%3D~%22(%22%7D", "invalid parameter \"match[]\": "},
      {"match[]=%zz", "invalid URL escape \"%zz\""},
  };
  for (const auto& [text, problem] : cases) {
    const auto query = ParseSeriesQuery(text);
    ASSERT_FALSE(query.ok()) << text;
    EXPECT_THAT(std::string(query.status().message()), HasSubstr(std::string(problem))) << text;
  }
}

}  // namespace
}  // namespace promcast
