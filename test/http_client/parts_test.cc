// The small parts: URLs, waits, credentials.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "http_client/credentials.h"
#include "http_client/retry.h"
#include "http_client/url.h"

namespace promcast {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(Url, IsTakenApart) {
  struct Case {
    const char *text, *host, *target, *host_header, *username, *password;
    bool tls;
    int port;
  };
  const Case cases[] = {
      {"http://prometheus:9090/api/v1/write", "prometheus", "/api/v1/write", "prometheus:9090", "", "", false, 9090},
      {"https://example.com", "example.com", "/", "example.com", "", "", true, 443},
      {"HTTPS://example.com:443/", "example.com", "/", "example.com", "", "", true, 443},
      {"https://example.com:80/", "example.com", "/", "example.com:80", "", "", true, 80},
      {"http://h?a=b&c=d", "h", "/?a=b&c=d", "h", "", "", false, 80},
      {"http://h/p?q=/x@y:z#fragment", "h", "/p?q=/x@y:z", "h", "", "", false, 80},
      {"http://[::1]:9009/w", "::1", "/w", "[::1]:9009", "", "", false, 9009},
      {"http://[2001:db8::1]/", "2001:db8::1", "/", "[2001:db8::1]", "", "", false, 80},
      {"http://user@h/", "h", "/", "h", "user", "", false, 80},
      {"http://us%40er:p%3Aw:x%2f@h:1/", "h", "/", "h:1", "us@er", "p:w:x/", false, 1},
  };
  for (const Case& c : cases) {
    const auto url = ParseUrl(c.text);
    ASSERT_TRUE(url.ok()) << c.text << ": " << url.status();
    EXPECT_EQ(url->host, c.host) << c.text;
    EXPECT_EQ(url->target, c.target) << c.text;
    EXPECT_EQ(url->HostHeader(), c.host_header) << c.text;
    EXPECT_EQ(url->username, c.username) << c.text;
    EXPECT_EQ(url->password, c.password) << c.text;
    EXPECT_EQ(url->tls, c.tls) << c.text;
    EXPECT_EQ(url->port, c.port) << c.text;
  }
}

TEST(Url, ThatIsWrongIsRefusedWithoutRepeatingItsSecrets) {
  for (const char* text : {"",
                           "h",
                           "h:80",
                           "ftp://u:secret@h",
                           "http://",
                           "http:///p",
                           "http://u:secret@",
                           "http://h:/",
                           "http://h:0/",
                           "http://h:65536/",
                           "http://u:secret@h:x/",
                           "http://[::1",
                           "http://[h]/",
                           "http://[::1]x/",
                           "http://::1/",
                           "http://u:secret%2@h/",
                           "http://u:secret%zz@h/",
                           "http://h/a b",
                           "http://h/\r\nX: y",
                           "http://h\xc3\xa4/"}) {
    const auto url = ParseUrl(text);
    EXPECT_FALSE(url.ok()) << text;
    EXPECT_THAT(std::string(url.status().message()), Not(HasSubstr("secret"))) << text;
  }
  EXPECT_FALSE(ParseUrl("http://h/" + std::string(9000, 'x')).ok());
}

TEST(Url, WithoutUserInfoKeepsTheRest) {
  EXPECT_EQ(WithoutUserInfo("https://u:p@h:1/p?q"), "https://h:1/p?q");
  EXPECT_EQ(WithoutUserInfo("https://h:1/p?q=a@b"), "https://h:1/p?q=a@b");
}

TEST(Backoff, DoublesFromMinToMax) {
  Backoff backoff(milliseconds(30), milliseconds(5000));
  std::vector<int64_t> waits;
  for (int i = 0; i < 10; i++) waits.push_back(backoff.Next().count());
  EXPECT_THAT(waits, ElementsAre(30, 60, 120, 240, 480, 960, 1920, 3840, 5000, 5000));
}

// 784111777 s is the time that RFC 9110, section 5.6.7, writes in three ways.
TEST(RetryAfter, IsSecondsOrAnHttpDate) {
  const int64_t date_ms = 784111777'000;
  EXPECT_EQ(ParseRetryAfter("120", 0, hours(1)), milliseconds(120'000));
  EXPECT_EQ(ParseRetryAfter(" 1 ", 0, hours(1)), milliseconds(1000));
  EXPECT_EQ(ParseRetryAfter("Sun, 06 Nov 1994 08:49:37 GMT", date_ms - 5000, hours(1)), milliseconds(5000));
  EXPECT_EQ(ParseRetryAfter("Sunday, 06-Nov-94 08:49:37 GMT", date_ms - 5000, hours(1)), milliseconds(5000));
  EXPECT_EQ(ParseRetryAfter("Sun Nov  6 08:49:37 1994", date_ms - 5000, hours(1)), milliseconds(5000));
}

TEST(RetryAfter, ThatIsBrokenZeroOrPastAsksForNothing) {
  for (const char* value : {"", " ", "0", "-1", "1.5", "soon", "1 2", "Sun, 06 Nov 1994 08:49:37 GMT"}) {
    EXPECT_EQ(ParseRetryAfter(value, 784111777'000, hours(1)), std::nullopt) << value;
  }
}

TEST(RetryAfter, IsAtMostTheLongestWait) {
  for (const char* value : {"3601", "99999999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"}) {
    EXPECT_EQ(ParseRetryAfter(value, 0, hours(1)), milliseconds(hours(1))) << value;
  }
}

TEST(Credentials, AreReadFromTheirFileForEachRequest) {
  const std::string path = testing::TempDir() + "/promcast_secret";
  HttpEndpointOptions options;
  options.authorization = AuthorizationOptions{"Bearer", "", path};
  std::ofstream(path) << "  first\n";
  EXPECT_EQ(AuthorizationHeader(options, Url()).value(), "Bearer first");
  std::ofstream(path) << "second";
  EXPECT_EQ(AuthorizationHeader(options, Url()).value(), "Bearer second");
  std::ofstream(path) << "a\r\nX-Evil: b";
  EXPECT_FALSE(AuthorizationHeader(options, Url()).ok());
  std::ofstream(path) << std::string(70'000, 'x');
  EXPECT_FALSE(AuthorizationHeader(options, Url()).ok());
  ASSERT_EQ(std::remove(path.c_str()), 0);
  EXPECT_THAT(std::string(AuthorizationHeader(options, Url()).status().message()), HasSubstr(path));
}

}  // namespace
}  // namespace promcast
