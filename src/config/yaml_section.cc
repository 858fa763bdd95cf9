#include "config/yaml_section.h"

#include <absl/status/statusor.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

#include "config/byte_size.h"
#include "timeseries/duration.h"

namespace promcast {
namespace {

constexpr size_t kMaxTextShown = 100;

/// At most kMaxTextShown bytes, cut between characters.
std::string Shortened(std::string_view text) {
  if (text.size() <= kMaxTextShown) return std::string(text);
  size_t end = kMaxTextShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) end--;
  return fmt::format("{}...", text.substr(0, end));
}

std::string_view KindName(YamlNode::Kind kind) {
  switch (kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kText:
      return "text";
    case YamlNode::Kind::kList:
      return "a list";
    case YamlNode::Kind::kMap:
      return "a map";
  }
  return "";
}

/// Levenshtein's.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); i++) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); j++) {
      const size_t substituted = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substituted, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

std::string Advice(std::string_view unknown_key, const std::vector<std::string>& known_keys) {
  const std::string* nearest = nullptr;
  size_t least = 1 + std::min<size_t>(3, unknown_key.size() / 3);
  if (unknown_key.size() <= kMaxTextShown) {
    for (const std::string& key : known_keys) {
      const size_t distance = EditDistance(unknown_key, key);
      if (distance <= least && (nearest == nullptr || distance < least)) nearest = &key, least = distance;
    }
  }
  if (nearest != nullptr) return fmt::format("did you mean \"{}\"?", *nearest);
  return fmt::format("known keys: {}", fmt::join(known_keys, ", "));
}

}  // namespace

void YamlValue::Fail(std::string_view message) const {
  errors_->Add(position_, fmt::format("{}: {}", path_, message));
}

void YamlValue::FailType(std::string_view expected) const {
  Fail(fmt::format("expected {}, found {}", expected, KindName(node_->kind)));
}

bool YamlValue::ReadString(std::string& out) const {
  if (!IsText()) return FailType("text"), false;
  out = node_->text;
  return true;
}

bool YamlValue::ReadBool(bool& out) const {
  if (!IsText()) return FailType("true or false"), false;
  if (node_->quoted || (node_->text != "true" && node_->text != "false")) {
    Fail(fmt::format("expected true or false, found \"{}\"", Shortened(node_->text)));
    return false;
  }
  out = node_->text == "true";
  return true;
}

bool YamlValue::ReadNumber(double& out) const {
  if (!IsText()) return FailType("a number"), false;
  const std::string& text = node_->text;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (node_->quoted || error != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) {
    Fail(fmt::format("expected a number such as 0.95, found \"{}\"", Shortened(text)));
    return false;
  }
  out = number;
  return true;
}

bool YamlValue::ReadInteger(size_t& out, IntegerRange range) const {
  if (!IsText()) return FailType("a whole number"), false;
  const std::string& text = node_->text;
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (node_->quoted || error != std::errc() || end != text.data() + text.size() || number < range.min ||
      number > range.max) {
    Fail(fmt::format("expected a whole number from {} to {}, found \"{}\"", range.min, range.max, Shortened(text)));
    return false;
  }
  out = number;
  return true;
}

bool YamlValue::ReadBytes(size_t& out, IntegerRange range) const {
  if (!IsText()) return FailType("a size in bytes such as 32MiB"), false;
  const absl::StatusOr<uint64_t> bytes = ParseByteSize(Shortened(node_->text));
  if (!bytes.ok()) return Fail(std::string(bytes.status().message())), false;
  if (*bytes < range.min || *bytes > range.max) {
    Fail(fmt::format("expected a size from {} to {}, found \"{}\"", FormatByteSize(range.min),
                     FormatByteSize(range.max), Shortened(node_->text)));
    return false;
  }
  out = *bytes;
  return true;
}

bool YamlValue::ReadDuration(int64_t& out_ms, DurationRange range) const {
  if (!IsText()) return FailType("a duration such as 5m"), false;
  const absl::StatusOr<int64_t> duration_ms = ParseDurationMs(Shortened(node_->text));
  if (!duration_ms.ok()) return Fail(std::string(duration_ms.status().message())), false;
  if (*duration_ms < range.min_ms || *duration_ms > range.max_ms) {
    Fail(fmt::format("expected a duration from {} to {}, found \"{}\"", FormatDuration(range.min_ms),
                     FormatDuration(range.max_ms), Shortened(node_->text)));
    return false;
  }
  out_ms = *duration_ms;
  return true;
}

bool YamlValue::ReadDuration(std::chrono::milliseconds& out, DurationRange range) const {
  int64_t duration_ms = 0;
  if (!ReadDuration(duration_ms, range)) return false;
  out = std::chrono::milliseconds(duration_ms);
  return true;
}

bool YamlValue::ReadList(std::vector<YamlValue>& out, std::string_view expected) const {
  if (IsText()) {
    Fail(fmt::format("expected {}, found text; write [{}]", expected, Shortened(node_->text)));
    return false;
  }
  if (!IsList()) return FailType(expected), false;
  out.clear();
  for (size_t i = 0; i < node_->items.size(); i++) {
    const YamlNode& item = *node_->items[i];
    out.emplace_back(item, item.position, fmt::format("{}[{}]", path_, i), *errors_);
  }
  return true;
}

YamlSection::YamlSection(const YamlValue& value) : value_(value), is_map_(value.node().kind == YamlNode::Kind::kMap) {
  if (!is_map_ && !value.IsNull()) {
    value_.Fail(fmt::format("expected a map of keys and values, found {}", KindName(value.node().kind)));
  }
}

std::string YamlSection::PathOf(std::string_view key) const {
  const std::string name = Shortened(key);
  return value_.path().empty() ? name : fmt::format("{}.{}", value_.path(), name);
}

std::optional<YamlValue> YamlSection::Take(std::string_view key) {
  known_keys_.emplace_back(key);
  for (const YamlEntry& entry : value_.node().entries) {
    if (entry.key == key) return YamlValue(*entry.value, entry.value->position, PathOf(key), value_.errors());
  }
  return std::nullopt;
}

std::optional<YamlValue> YamlSection::TakeRequired(std::string_view key, std::string_view advice) {
  std::optional<YamlValue> found = Take(key);
  if (!found && (is_map_ || value_.IsNull())) {
    const std::string where = value_.path().empty() ? "" : fmt::format(" in {}", value_.path());
    value_.errors().Add(value_.position(), fmt::format("\"{}\" is missing{}; {}", key, where, advice));
  }
  return found;
}

void YamlSection::String(std::string_view key, std::string& out) {
  if (const auto entry = Take(key)) entry->ReadString(out);
}
void YamlSection::Bool(std::string_view key, bool& out) {
  if (const auto entry = Take(key)) entry->ReadBool(out);
}
void YamlSection::Integer(std::string_view key, size_t& out, IntegerRange range) {
  if (const auto entry = Take(key)) entry->ReadInteger(out, range);
}
void YamlSection::Bytes(std::string_view key, size_t& out, IntegerRange range) {
  if (const auto entry = Take(key)) entry->ReadBytes(out, range);
}
void YamlSection::Duration(std::string_view key, int64_t& out_ms, DurationRange range) {
  if (const auto entry = Take(key)) entry->ReadDuration(out_ms, range);
}
void YamlSection::Duration(std::string_view key, std::chrono::milliseconds& out, DurationRange range) {
  if (const auto entry = Take(key)) entry->ReadDuration(out, range);
}

void YamlSection::RefuseOtherKeys() {
  const std::string where = value_.path().empty() ? "at the top level" : fmt::format("in {}", value_.path());
  for (const YamlEntry& entry : value_.node().entries) {
    if (std::find(known_keys_.begin(), known_keys_.end(), entry.key) != known_keys_.end()) continue;
    value_.errors().Add(entry.position, fmt::format("unknown key \"{}\" {}; {}", Shortened(entry.key), where,
                                                    Advice(entry.key, known_keys_)));
  }
}

std::vector<std::pair<std::string, YamlValue>> YamlSection::Entries() const {
  std::vector<std::pair<std::string, YamlValue>> entries;
  for (const YamlEntry& entry : value_.node().entries) {
    entries.emplace_back(entry.key, YamlValue(*entry.value, entry.position, PathOf(entry.key), value_.errors()));
  }
  return entries;
}

}  // namespace promcast
