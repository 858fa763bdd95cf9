#include "config/yaml_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace promcast {
namespace {

using testing::HasSubstr;

std::shared_ptr<const YamlNode> Parse(const std::string& yaml, std::string* errors_text = nullptr) {
  ConfigErrors errors("f");
  auto root = ParseYaml(yaml, errors);
  if (errors_text != nullptr) *errors_text = std::string(errors.ToStatus().message());
  return root;
}

TEST(YamlTree, KeepsKindTextAndPlaceOfEachValue) {
  const auto root = Parse("a: 1\nb:\n  - \"2\"\n  - {c: ~}\nd:\n\ne: x\n");
  ASSERT_NE(root, nullptr);
  ASSERT_EQ(root->kind, YamlNode::Kind::kMap);
  ASSERT_EQ(root->entries.size(), 4u);
  EXPECT_EQ(root->entries[0].key, "a");
  EXPECT_EQ(root->entries[0].value->text, "1");
  EXPECT_FALSE(root->entries[0].value->quoted);
  EXPECT_EQ(root->entries[0].value->position, (FilePosition{1, 4}));
  const YamlNode& list = *root->entries[1].value;
  ASSERT_EQ(list.kind, YamlNode::Kind::kList);
  EXPECT_TRUE(list.items[0]->quoted);
  EXPECT_EQ(list.items[0]->position, (FilePosition{3, 5}));
  EXPECT_EQ(list.items[1]->entries[0].position, (FilePosition{4, 6}));
  EXPECT_EQ(list.items[1]->entries[0].value->kind, YamlNode::Kind::kNull);
  EXPECT_EQ(root->entries[2].value->kind, YamlNode::Kind::kNull);
  EXPECT_EQ(root->entries[2].value->position, (FilePosition{5, 1})) << "a missing value stands at its key";
  EXPECT_EQ(root->entries[3].position, (FilePosition{7, 1}));
}

TEST(YamlTree, AnAliasStandsForItsAnchor) {
  const auto root = Parse("a: &x [1, 2]\nb: *x\n");
  ASSERT_NE(root, nullptr);
  EXPECT_EQ(root->entries[0].value, root->entries[1].value);
  EXPECT_EQ(root->node_count, 7u);
}

TEST(YamlTree, ARepeatedKeyIsAnErrorAndTheRestIsKept) {
  std::string errors;
  const auto root = Parse("a: 1\nb: {c: 1, c: 2}\na: 3\n", &errors);
  ASSERT_NE(root, nullptr);
  EXPECT_EQ(root->entries.size(), 2u);
  EXPECT_EQ(root->entries[0].value->text, "1");
  EXPECT_THAT(errors, HasSubstr("f:2:11: key \"c\" stands twice, first in line 2"));
  EXPECT_THAT(errors, HasSubstr("f:3:1: key \"a\" stands twice, first in line 1"));
}

TEST(YamlTree, RefusesWhatItDoesNotReadWithThePlace) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"a: 1\n---\nb: 2\n", "f:2:1: cannot read this as YAML: a second document"},
      {"a: !foo 4\n", "f:1:4: cannot read this as YAML: tags are not read"},
      {"a: !!binary 4\n", "tags are not read"},
      {"a: 1\n? [1]\n: 2\n", "f:2:3: cannot read this as YAML: this key is no text"},
      {"a: &x 1\n? *x\n: 2\n", "write a plain key"},
      {"&a [*a]\n", "f:1:5: cannot read this as YAML: an alias stands inside its own anchor"},
      {"a: *b\n", "f:1:4: "},
      {"a: [1\nb: }\n", "f:"},
      {"a: 5\n\tb: 3\n", "a tab stands in this line; indent with blanks"},
      {std::string("a: x\ny\0z", 8), "f:2:2: the byte 0x00 is no text; save the file as plain UTF-8"},
      {"a: \x04 5\n", "f:1:4: the byte 0x04"},
      {"\xff\xfe", "f:1:1: the byte 0xff"},
  };
  for (const auto& [yaml, expected] : cases) {
    std::string errors;
    EXPECT_EQ(Parse(yaml, &errors), nullptr) << yaml;
    EXPECT_THAT(errors, HasSubstr(expected)) << yaml;
  }
}

std::string Repeated(const std::string& text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; i++) out += text;
  return out;
}

TEST(YamlTree, RefusesAQuoteThatIsNeverClosed) {
  for (const std::string yaml :
       {R"(a: "x)", "a: 'x\n", "a: 'x''\n", R"(a: "x\")", "'\xc3\xa9': \"x", "a: \"", "- 'a'\n- '"}) {
    std::string errors;
    EXPECT_EQ(Parse(yaml, &errors), nullptr) << yaml;
    EXPECT_THAT(errors, HasSubstr("f:")) << yaml;
  }
  for (const std::string yaml : {R"(a: "x")", "a: 'x'''", "a: ''", R"(a: "x\\")", "'\xc3\xa9': \"x\"", "a: |\n  \"x\n",
                                 "a: 'x\n\n  y'\nb: \"\"\n", "a: \"x\"  # it's\n"}) {
    std::string errors;
    EXPECT_NE(Parse(yaml, &errors), nullptr) << yaml << errors;
  }
}

TEST(YamlTree, TakesTheDeepestNestingAllowedAndNoDeeper) {
  std::string errors;
  EXPECT_NE(Parse(Repeated("[", kMaxYamlDepth) + Repeated("]", kMaxYamlDepth)), nullptr);
  EXPECT_EQ(Parse(Repeated("[", kMaxYamlDepth + 1) + Repeated("]", kMaxYamlDepth + 1), &errors), nullptr);
  EXPECT_THAT(errors, HasSubstr("nested deeper than 32 levels"));
}

TEST(YamlTree, TheLongestLineOfOneNestingTokenIsRefusedWithoutHarm) {
  for (const std::string token : {"[", "{", "- ", "? ", "? - ", "[a: ", "{a: {", "!x ", "&a ", "*a ", "\"", "]"}) {
    std::string errors;
    EXPECT_EQ(Parse(Repeated(token, (kMaxYamlLineBytes - 1) / token.size()), &errors), nullptr) << token;
    EXPECT_THAT(errors, HasSubstr("f:")) << token;
  }
}

TEST(YamlTree, ManyLinesOfNestingAreRefusedWithoutHarm) {
  for (const std::string token : {"[\n", "- [\n", "a: {\n", "---\n", "- a\n", "- - -\n"}) {
    std::string errors;
    EXPECT_EQ(Parse(Repeated(token, kMaxYamlBytes / token.size()), &errors), nullptr) << token;
    EXPECT_THAT(errors, HasSubstr("f:")) << token;
  }
}

TEST(YamlTree, AliasesOfAliasesCountAsWhatTheyStandFor) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; i++) {
    const std::string use = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + use + Repeated(", " + use, 9) + "]\n";
  }
  std::string errors;
  EXPECT_EQ(Parse(bomb, &errors), nullptr);
  EXPECT_THAT(errors, HasSubstr("more than 100000 values"));
}

TEST(YamlTree, AliasesCannotNestDeeperThanTheText) {
  std::string chain = "a0: &a0 [x]\n";
  for (int i = 1; i < 100; i++) {
    chain += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
  }
  std::string errors;
  EXPECT_EQ(Parse(chain, &errors), nullptr);
  EXPECT_THAT(errors, HasSubstr("nested deeper than 32 levels"));
}

TEST(YamlTree, RefusesAFileThatIsTooLarge) {
  std::string errors;
  EXPECT_NE(Parse(Repeated("#23456\n", kMaxYamlBytes / 7)), nullptr);
  EXPECT_EQ(Parse(std::string(kMaxYamlBytes + 1, '\n'), &errors), nullptr);
  EXPECT_THAT(errors, HasSubstr("more than 1048576 bytes"));
}

TEST(YamlTree, RefusesALineThatIsTooLong) {
  std::string errors;
  EXPECT_NE(Parse("a: 1\n#" + std::string(kMaxYamlLineBytes - 2, '#') + "\n"), nullptr);
  EXPECT_EQ(Parse("a: 1\n#" + std::string(kMaxYamlLineBytes, '#') + "\n", &errors), nullptr);
  EXPECT_THAT(errors, HasSubstr("f:2:1: the line holds more than 65536 bytes"));
}

}  // namespace
}  // namespace promcast
