#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/config_errors.h"

namespace promcast {

struct YamlEntry;

/// A YAML value with the place where it stands.
struct YamlNode {
  enum class Kind { kNull, kText, kList, kMap };
  Kind kind = Kind::kNull;
  FilePosition position;
  std::string text;                                    ///< kText
  bool quoted = false;                                 ///< kText: written in quotes or as a block, so it is no number
  std::vector<std::shared_ptr<const YamlNode>> items;  ///< kList
  std::vector<YamlEntry> entries;                      ///< kMap, in the file's order, each key once
  size_t node_count = 1;  ///< itself and all below, an alias counted as often as it is used
  size_t depth = 1;       ///< levels, itself included
};

struct YamlEntry {
  std::string key;
  FilePosition position;
  std::shared_ptr<const YamlNode> value;
};

inline constexpr size_t kMaxYamlBytes = 1 << 20;
inline constexpr size_t kMaxYamlLineBytes = 1 << 16;  ///< bounds what the scanner holds while it looks ahead for a key
inline constexpr size_t kMaxYamlNodes = 100'000;
inline constexpr size_t kMaxYamlDepth = 32;

/// Reads one YAML document. Null, with the reason in `errors`, when it is no YAML or passes a bound above; aliases
/// count as what they stand for, so that they cannot blow up. A repeated key is an error too, but the tree comes back
/// without it, so that the rest can be checked. An empty document is a kNull node.
std::shared_ptr<const YamlNode> ParseYaml(std::string_view yaml, ConfigErrors& errors);

}  // namespace promcast
