#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config_errors.h"
#include "config/yaml_tree.h"

namespace promcast {

struct DurationRange {
  int64_t min_ms = 0;
  int64_t max_ms = 366 * int64_t{86'400'000};
};

struct IntegerRange {
  uint64_t min = 0;
  uint64_t max = 1'000'000'000'000;
};

/// A value of the file that knows its place and its path, such as `forecasts[0].horizons`. The Read methods store what
/// they read and return true; else they leave `out` alone, add what was expected and what was found to the errors, and
/// return false. Points into the tree and the errors. Not thread-safe.
class YamlValue {
 public:
  YamlValue(const YamlNode& node, FilePosition position, std::string path, ConfigErrors& errors)
      : node_(&node), position_(position), path_(std::move(path)), errors_(&errors) {}

  const YamlNode& node() const { return *node_; }
  const std::string& path() const { return path_; }
  FilePosition position() const { return position_; }
  ConfigErrors& errors() const { return *errors_; }
  bool IsNull() const { return node_->kind == YamlNode::Kind::kNull; }
  bool IsText() const { return node_->kind == YamlNode::Kind::kText; }
  bool IsList() const { return node_->kind == YamlNode::Kind::kList; }

  /// Adds `PATH: MESSAGE` at this place.
  void Fail(std::string_view message) const;

  bool ReadString(std::string& out) const;
  bool ReadBool(bool& out) const;
  bool ReadNumber(double& out) const;  ///< finite
  bool ReadInteger(size_t& out, IntegerRange range) const;
  bool ReadBytes(size_t& out, IntegerRange range) const;  ///< see ParseByteSize
  bool ReadDuration(int64_t& out_ms, DurationRange range) const;
  bool ReadDuration(std::chrono::milliseconds& out, DurationRange range) const;
  /// `expected` as in "a list of durations".
  bool ReadList(std::vector<YamlValue>& out, std::string_view expected) const;

 private:
  void FailType(std::string_view expected) const;

  const YamlNode* node_;
  FilePosition position_;
  std::string path_;
  ConfigErrors* errors_;
};

/// A map with known keys. Take each of them, then call RefuseOtherKeys once.
class YamlSection {
 public:
  /// A null is a section without entries; what is neither null nor a map is an error.
  explicit YamlSection(const YamlValue& value);

  /// The entry of `key`, which is a known one from now on; nothing when absent.
  std::optional<YamlValue> Take(std::string_view key);
  /// As Take, and its absence is an error that ends with `advice`.
  std::optional<YamlValue> TakeRequired(std::string_view key, std::string_view advice);

  void String(std::string_view key, std::string& out);
  void Bool(std::string_view key, bool& out);
  void Integer(std::string_view key, size_t& out, IntegerRange range);
  void Bytes(std::string_view key, size_t& out, IntegerRange range);
  void Duration(std::string_view key, int64_t& out_ms, DurationRange range);
  void Duration(std::string_view key, std::chrono::milliseconds& out, DurationRange range);

  /// An error for each key that was not taken, with the known key that is nearest to it.
  void RefuseOtherKeys();

  const YamlValue& value() const { return value_; }
  /// A map whose keys are free, as of headers; null and empty give nothing.
  std::vector<std::pair<std::string, YamlValue>> Entries() const;

 private:
  std::string PathOf(std::string_view key) const;

  YamlValue value_;
  bool is_map_;
  std::vector<std::string> known_keys_;
};

}  // namespace promcast
