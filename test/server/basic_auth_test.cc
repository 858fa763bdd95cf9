#include "server/basic_auth.h"

#include <gtest/gtest.h>

#include <vector>

namespace promcast {
namespace {

// The password is "U*U": a vector of the Openwall implementation's own tests.
const std::string kHash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
const PasswordChecker::Users kUsers = {{"ann", kHash}};

TEST(BasicAuthTest, ReadsNameAndPassword) {
  const auto login = ParseBasicAuthorization("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");  // RFC 7617
  ASSERT_TRUE(login.has_value());
  EXPECT_EQ(login->first, "Aladdin");
  EXPECT_EQ(login->second, "open sesame");
  EXPECT_TRUE(ParseBasicAuthorization("bAsIc QWxhZGRpbjpvcGVuIHNlc2FtZQ==").has_value());
  EXPECT_EQ(ParseBasicAuthorization("Basic YTpiOmM=")->second, "b:c");
}

TEST(BasicAuthTest, RefusesOtherHeaders) {
  for (const char* header : {"", "Basic", "Basic ", "Basic !!!", "Basic YWJj", "Bearer YTpi", "Basic YTpiAGM="}) {
    EXPECT_FALSE(ParseBasicAuthorization(header).has_value()) << header;
  }
}

TEST(BasicAuthTest, KnowsTheFormOfABcryptHash) {
  EXPECT_TRUE(IsBcryptHash(kHash));
  for (std::string bad :
       {std::string(), std::string("secret"), kHash + "x", "$1$" + kHash.substr(3), "$2x" + kHash.substr(3)}) {
    EXPECT_FALSE(IsBcryptHash(bad)) << bad;
  }
}

TEST(BasicAuthTest, OnlyTheRightPasswordOfAKnownUserPasses) {
  PasswordChecker checker;
  EXPECT_TRUE(checker.Check(kUsers, "ann", "U*U"));
  EXPECT_FALSE(checker.Check(kUsers, "ann", "U*U*"));
  EXPECT_FALSE(checker.Check(kUsers, "ann", ""));
  EXPECT_FALSE(checker.Check(kUsers, "bob", "U*U"));
}

TEST(BasicAuthTest, RightPasswordsAreRememberedPerHash) {
  PasswordChecker checker;
  EXPECT_FALSE(checker.Remembered(kUsers, "ann", "U*U"));
  checker.Check(kUsers, "ann", "U*U");
  EXPECT_TRUE(checker.Remembered(kUsers, "ann", "U*U"));
  const PasswordChecker::Users changed = {{"ann", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"}};
  EXPECT_FALSE(checker.Remembered(changed, "ann", "U*U"));
  EXPECT_FALSE(checker.Check(changed, "ann", "U*U"));
}

TEST(BasicAuthTest, WrongPasswordsPushNoRightOneOut) {
  PasswordChecker checker;
  ASSERT_TRUE(checker.Check(kUsers, "ann", "U*U"));
  for (int i = 0; i < 300; ++i) EXPECT_FALSE(checker.Check(kUsers, "ann", std::to_string(i)));
  EXPECT_TRUE(checker.Remembered(kUsers, "ann", "U*U"));
}

TEST(BasicAuthTest, ChecksUnderWayAreBounded) {
  PasswordChecker checker;
  std::vector<PasswordChecker::Slot> slots;
  for (int i = 0; i < PasswordChecker::kMaxChecks; ++i) {
    auto slot = checker.TakeSlot();
    ASSERT_TRUE(slot.has_value());
    slots.push_back(*std::move(slot));
  }
  EXPECT_FALSE(checker.TakeSlot().has_value());
  EXPECT_FALSE(checker.TakeSlot().has_value());
  slots.pop_back();
  EXPECT_TRUE(checker.TakeSlot().has_value());
}

}  // namespace
}  // namespace promcast
