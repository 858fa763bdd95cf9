#include "config/yaml_tree.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <exception>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

namespace promcast {
namespace {

FilePosition PositionOf(const YAML::Mark& mark) {
  if (mark.is_null()) return {};
  return {mark.line + 1, mark.column + 1};
}

/// Builds the tree from the parser's events. Events stand above yaml-cpp's own tree because they let us stop at the
/// first node too many, and because its tree forgets where a null stands.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(ConfigErrors& errors) : errors_(errors) {}

  std::shared_ptr<const YamlNode> root() const { return root_; }
  /// Where the last text in quotes starts; nothing when there is none.
  std::optional<FilePosition> last_quoted() const { return last_quoted_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ > 0) throw YAML::ParserException(mark, "a second document starts here; keep one");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Finish(NewNode(YamlNode::Kind::kNull, mark), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw YAML::ParserException(mark, "an alias stands inside its own anchor");
    if (open_.size() + found->second->depth > kMaxYamlDepth) TooDeep(mark);
    Count(found->second->node_count, mark);
    Attach(found->second);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    CheckTag(mark, tag);
    if (tag != "?") last_quoted_ = PositionOf(mark);
    if (AwaitsKey()) {
      open_.back().key = YamlEntry{value, PositionOf(mark), nullptr};
      Count(1, mark);
      return;
    }
    auto node = NewNode(YamlNode::Kind::kText, mark);
    node->text = value;
    node->quoted = tag != "?";
    Finish(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(YamlNode::Kind::kList, mark, tag, anchor);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(YamlNode::Kind::kMap, mark, tag, anchor);
  }
  void OnMapEnd() override { Close(); }

 private:
  struct OpenNode {
    std::shared_ptr<YamlNode> node;
    YAML::anchor_t anchor;
    std::optional<YamlEntry> key;                ///< kMap: read, its value not yet
    std::map<std::string, FilePosition> keys{};  ///< kMap: where each key stands
  };

  [[noreturn]] static void TooDeep(const YAML::Mark& mark) {
    throw YAML::ParserException(mark,
                                fmt::format("nested deeper than {} levels; nothing here needs that", kMaxYamlDepth));
  }

  static void CheckTag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!" || tag == "tag:yaml.org,2002:str") return;
    throw YAML::ParserException(mark, "tags are not read; leave the tag out");
  }

  void Count(size_t nodes, const YAML::Mark& mark) {
    node_count_ += nodes;
    if (node_count_ > kMaxYamlNodes) {
      throw YAML::ParserException(mark, fmt::format("more than {} values; keep fewer", kMaxYamlNodes));
    }
  }

  bool AwaitsKey() const {
    return !open_.empty() && open_.back().node->kind == YamlNode::Kind::kMap && !open_.back().key.has_value();
  }

  std::shared_ptr<YamlNode> NewNode(YamlNode::Kind kind, const YAML::Mark& mark) {
    if (AwaitsKey()) throw YAML::ParserException(mark, "this key is no text; write a plain key");
    if (open_.size() >= kMaxYamlDepth) TooDeep(mark);
    Count(1, mark);
    auto node = std::make_shared<YamlNode>();
    node->kind = kind;
    node->position = PositionOf(mark);
    return node;
  }

  void Open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    CheckTag(mark, tag);
    open_.push_back({NewNode(kind, mark), anchor, std::nullopt});
  }

  void Close() {
    OpenNode closed = std::move(open_.back());
    open_.pop_back();
    Finish(std::move(closed.node), closed.anchor);
  }

  void Finish(std::shared_ptr<YamlNode> node, YAML::anchor_t anchor) {
    // yaml-cpp places a missing value at the next token, which may be lines below.
    if (node->kind == YamlNode::Kind::kNull && !open_.empty() && open_.back().key) {
      node->position = open_.back().key->position;
    }
    if (anchor != 0) anchors_[anchor] = node;
    Attach(std::move(node));
  }

  void Attach(std::shared_ptr<const YamlNode> node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    OpenNode& parent = open_.back();
    parent.node->node_count += node->node_count;
    parent.node->depth = std::max(parent.node->depth, node->depth + 1);
    if (parent.node->kind == YamlNode::Kind::kList) {
      parent.node->items.push_back(std::move(node));
      return;
    }
    if (!parent.key)
      throw YAML::ParserException(YAML::Mark::null_mark(), "an alias stands as a key; write a plain key");
    const auto [first, is_new] = parent.keys.emplace(parent.key->key, parent.key->position);
    if (is_new) {
      parent.key->value = std::move(node);
      parent.node->entries.push_back(std::move(*parent.key));
    } else {
      errors_.Add(parent.key->position, fmt::format("key \"{}\" stands twice, first in line {}; keep one",
                                                    parent.key->key.substr(0, 100), first->second.line));
    }
    parent.key.reset();
  }

  ConfigErrors& errors_;
  std::shared_ptr<const YamlNode> root_ = std::make_shared<YamlNode>();
  std::vector<OpenNode> open_;
  std::map<YAML::anchor_t, std::shared_ptr<const YamlNode>> anchors_;
  size_t node_count_ = 0;
  int documents_ = 0;
  std::optional<FilePosition> last_quoted_;
};

/// Forbids more than YAML does, as yaml-cpp ends its input at an EOT character and guesses UTF-16 from zero bytes and
/// byte order marks.
bool IsUnreadable(std::string_view yaml, ConfigErrors& errors) {
  FilePosition position;
  for (const char c : yaml) {
    const auto byte = static_cast<unsigned char>(c);
    const bool control = byte < 0x20 && c != '\t' && c != '\n' && c != '\r';
    if (control || byte >= 0xfe) {
      errors.Add(position, fmt::format("the byte 0x{:02x} is no text; save the file as plain UTF-8 text", byte));
      return true;
    }
    position.column++;
    if (c == '\n') position = {position.line + 1, 1};
    if (position.column > static_cast<int>(kMaxYamlLineBytes)) {
      errors.Add({position.line, 1}, fmt::format("the line holds more than {} bytes; break it", kMaxYamlLineBytes));
      return true;
    }
  }
  return false;
}

std::string_view LineOf(std::string_view yaml, int line) {
  for (int i = 1; i < line; i++) yaml.remove_prefix(std::min(yaml.find('\n'), yaml.size() - 1) + 1);
  return yaml.substr(0, yaml.find('\n'));
}

/// yaml-cpp takes the end of the file for a missing closing quote; only the last quoted text can lack it.
bool LacksClosingQuote(std::string_view yaml, FilePosition start) {
  const std::string_view line = LineOf(yaml, start.line);
  std::string_view text = yaml.substr(static_cast<size_t>(line.data() - yaml.data()));
  for (int column = 1; column < start.column && !text.empty(); column++) {
    text.remove_prefix(1);
    while (!text.empty() && (static_cast<unsigned char>(text[0]) & 0xc0) == 0x80) text.remove_prefix(1);
  }
  if (text.empty() || (text[0] != '"' && text[0] != '\'')) return false;
  const char quote = text[0];
  for (size_t i = 1; i < text.size(); i++) {
    if (text[i] == '\\' && quote == '"') {
      i++;
    } else if (text[i] == quote) {
      if (quote == '"' || i + 1 == text.size() || text[i + 1] != quote) return false;
      i++;
    }
  }
  return true;
}

void AddSyntaxError(std::string_view yaml, const YAML::Exception& error, ConfigErrors& errors) {
  const FilePosition position = PositionOf(error.mark);
  const bool tab =
      !yaml.empty() && LineOf(yaml, position.line).substr(0, position.column).find('\t') != std::string::npos;
  errors.Add(position, fmt::format("cannot read this as YAML: {}{}", error.msg,
                                   tab ? " (a tab stands in this line; indent with blanks)" : ""));
}

}  // namespace

std::shared_ptr<const YamlNode> ParseYaml(std::string_view yaml, ConfigErrors& errors) {
  if (yaml.size() > kMaxYamlBytes) {
    errors.Add({}, fmt::format("the file holds more than {} bytes; keep it smaller", kMaxYamlBytes));
    return nullptr;
  }
  if (IsUnreadable(yaml, errors)) return nullptr;
  TreeBuilder builder(errors);
  try {
    std::istringstream stream{std::string(yaml)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
    if (!builder.last_quoted() || !LacksClosingQuote(yaml, *builder.last_quoted())) return builder.root();
    errors.Add(*builder.last_quoted(), "the quote that opens here is never closed; close it");
  } catch (const YAML::Exception& error) {
    AddSyntaxError(yaml, error, errors);
  } catch (const std::exception& error) {
    errors.Add({}, fmt::format("cannot read this as YAML: {}", error.what()));
  }
  return nullptr;
}

}  // namespace promcast
