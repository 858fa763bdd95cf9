#include "timeseries/selector_parser.h"

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <utility>

#include "timeseries/label_names.h"

namespace promcast {
namespace {

bool IsNameStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool IsNameChar(char c) {
  return IsNameStart(c) || (c >= '0' && c <= '9');
}
bool IsQuote(char c) {
  return c == '"' || c == '\'' || c == '`';
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 16;
}

void AppendUtf8(std::string& out, uint32_t rune) {
  if (rune < 0x80) {
    out += static_cast<char>(rune);
    return;
  }
  const int continuations = rune < 0x800 ? 1 : rune < 0x10000 ? 2 : 3;
  constexpr uint8_t kLead[] = {0, 0xC0, 0xE0, 0xF0};
  out += static_cast<char>(kLead[continuations] | (rune >> (6 * continuations)));
  for (int i = continuations - 1; i >= 0; i--) out += static_cast<char>(0x80 | ((rune >> (6 * i)) & 0x3F));
}

class Parser {
 public:
  Parser(std::string_view text, std::vector<ParsedMatcher>& out) : text_(text), out_(out) {}

  absl::Status Parse() {
    SkipSpace();
    const size_t name_start = at_;
    if (!AtEnd() && (IsNameStart(Here()) || Here() == ':')) {
      while (!AtEnd() && (IsNameChar(Here()) || Here() == ':')) at_++;
      AddName(std::string(text_.substr(name_start, at_ - name_start)), name_start);
      name_outside_ = true;
      SkipSpace();
      if (AtEnd()) return absl::OkStatus();
    }
    if (AtEnd() || Here() != '{') return Expected(name_outside_ ? "'{' or the end" : "a metric name or '{'");
    at_++;
    if (absl::Status read = ParseMatchers(); !read.ok()) return read;
    SkipSpace();
    if (!AtEnd()) return Expected("the end of the selector (ranges, offsets and @ have no place here)");
    return absl::OkStatus();
  }

 private:
  bool AtEnd() const { return at_ >= text_.size(); }
  char Here() const { return text_[at_]; }

  void SkipSpace() {
    while (!AtEnd()) {
      if (Here() == '#') {
        while (!AtEnd() && Here() != '\n') at_++;
      } else if (Here() == ' ' || Here() == '\t' || Here() == '\n' || Here() == '\r') {
        at_++;
      } else {
        return;
      }
    }
  }

  absl::Status Error(size_t at, std::string_view what) const {
    return absl::InvalidArgumentError(fmt::format("selector, column {}: {}", at + 1, what));
  }
  absl::Status Expected(std::string_view what) const {
    if (AtEnd()) return Error(at_, fmt::format("expected {}, found the end", what));
    const auto c = static_cast<unsigned char>(Here());
    if (c < 0x20 || c > 0x7E) return Error(at_, fmt::format("expected {}, found byte 0x{:02x}", what, c));
    return Error(at_, fmt::format("expected {}, found '{}'", what, Here()));
  }

  void AddName(std::string name, size_t at) {
    out_.push_back({{MatchType::kEqual, std::string(kMetricNameLabel), std::move(name)}, at + 1});
  }

  /// From behind '{' to behind '}'.
  absl::Status ParseMatchers() {
    while (true) {
      SkipSpace();
      if (!AtEnd() && Here() == '}') break;
      if (absl::Status read = ParseMatcher(); !read.ok()) return read;
      SkipSpace();
      if (!AtEnd() && Here() == ',') {
        at_++;
      } else if (AtEnd() || Here() != '}') {
        return Expected("',' or '}'");
      }
    }
    at_++;
    return absl::OkStatus();
  }

  absl::Status ParseMatcher() {
    const size_t start = at_;
    std::string name;
    const bool quoted = !AtEnd() && IsQuote(Here());
    if (quoted) {
      if (absl::Status read = ParseString(name); !read.ok()) return read;
      if (name.empty() || !IsValidUtf8(name)) return Error(start, "a quoted name must be UTF-8 and not empty");
    } else {
      if (AtEnd() || !IsNameStart(Here())) return Expected("a label name or '}'");
      while (!AtEnd() && IsNameChar(Here())) name += text_[at_++];
    }
    SkipSpace();
    if (quoted && !AtEnd() && (Here() == ',' || Here() == '}')) {
      if (name_outside_ || name_inside_) return Error(start, "the metric name is given twice");
      name_inside_ = true;
      AddName(std::move(name), start);
      return absl::OkStatus();
    }
    MatchType type{};
    if (!ParseOperator(type)) return Expected("one of = != =~ !~");
    if (name_outside_ && name == kMetricNameLabel) return Error(start, "the metric name is given twice");
    SkipSpace();
    if (AtEnd() || !IsQuote(Here())) return Expected("a quoted string");
    const size_t value_at = at_;
    std::string value;
    if (absl::Status read = ParseString(value); !read.ok()) return read;
    out_.push_back({{type, std::move(name), std::move(value)}, value_at + 1});
    return absl::OkStatus();
  }

  bool ParseOperator(MatchType& type) {
    const std::string_view rest = text_.substr(at_);
    constexpr std::pair<std::string_view, MatchType> kOperators[] = {{"=~", MatchType::kRegex},
                                                                     {"!~", MatchType::kNotRegex},
                                                                     {"!=", MatchType::kNotEqual},
                                                                     {"=", MatchType::kEqual}};
    for (const auto& [text, operation] : kOperators) {
      if (rest.substr(0, text.size()) != text) continue;
      at_ += text.size();
      type = operation;
      return true;
    }
    return false;
  }

  absl::Status ParseString(std::string& out) {
    const size_t start = at_;
    const char quote = text_[at_++];
    while (!AtEnd() && Here() != quote) {
      if (quote != '`' && Here() == '\n') return Error(at_, "a line break inside a quoted string: write \\n");
      if (quote != '`' && Here() == '\\') {
        if (absl::Status read = ParseEscape(quote, out); !read.ok()) return read;
      } else {
        out += text_[at_++];
      }
    }
    if (AtEnd()) return Error(start, fmt::format("the string that starts here has no closing {}", quote));
    at_++;
    return absl::OkStatus();
  }

  absl::Status ParseEscape(char quote, std::string& out) {
    const size_t start = at_++;
    if (AtEnd()) return Error(start, "an escape sequence is cut off");
    const char c = text_[at_++];
    constexpr std::string_view kLetters = "abfnrtv\\";
    constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\";
    if (const size_t known = kLetters.find(c); known != std::string_view::npos) {
      out += kMeanings[known];
      return absl::OkStatus();
    }
    if (c == quote) {
      out += c;
      return absl::OkStatus();
    }
    if (c >= '0' && c <= '7') {
      at_--;
      return ParseNumericEscape(start, 3, 8, out);
    }
    if (c == 'x') return ParseNumericEscape(start, 2, 16, out);
    if (c == 'u') return ParseNumericEscape(start, 4, 16, out);
    if (c == 'U') return ParseNumericEscape(start, 8, 16, out);
    return Error(start, "unknown escape sequence: \\\\ is a backslash");
  }

  /// `\ooo` and `\xhh` are bytes, `\uhhhh` and `\Uhhhhhhhh` code points.
  absl::Status ParseNumericEscape(size_t start, int digits, int base, std::string& out) {
    uint32_t number = 0;
    for (int i = 0; i < digits; i++) {
      const int digit = AtEnd() ? 16 : HexDigit(Here());
      if (digit >= base) return Error(start, fmt::format("expected {} digits of base {} in this escape", digits, base));
      number = number * static_cast<uint32_t>(base) + static_cast<uint32_t>(digit);
      at_++;
    }
    if (digits <= 3) {
      if (number > 0xFF) return Error(start, "this escape is greater than \\377");
      out += static_cast<char>(number);
      return absl::OkStatus();
    }
    if (number > 0x10FFFF || (number >= 0xD800 && number < 0xE000)) return Error(start, "not a Unicode code point");
    AppendUtf8(out, number);
    return absl::OkStatus();
  }

  std::string_view text_;
  size_t at_ = 0;
  bool name_outside_ = false;
  bool name_inside_ = false;
  std::vector<ParsedMatcher>& out_;
};

}  // namespace

absl::Status ParseSelectorText(std::string_view text, std::vector<ParsedMatcher>& out) {
  return Parser(text, out).Parse();
}

}  // namespace promcast
