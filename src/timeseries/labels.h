#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace promcast {

inline constexpr std::string_view kMetricNameLabel = "__name__";

/// A label whose text somebody else owns.
struct LabelView {
  std::string_view name;
  std::string_view value;
  friend bool operator==(const LabelView&, const LabelView&) = default;
  friend auto operator<=>(const LabelView&, const LabelView&) = default;
};

struct Label {
  std::string name;
  std::string value;
  friend bool operator==(const Label&, const Label&) = default;
  friend auto operator<=>(const Label&, const Label&) = default;
};

/// The labels of one series: sorted by name, each name once, no empty value (an empty value is an absent label).
/// For cold paths; the hot path works on encoded label bytes.
class Labels {
 public:
  Labels() = default;
  /// Sorts; of labels with the same name the last one stands; drops empty values.
  explicit Labels(std::vector<Label> labels);
  Labels(std::initializer_list<std::pair<std::string_view, std::string_view>> labels);

  /// The value of `name`; empty when absent.
  std::string_view Get(std::string_view name) const;
  std::string_view metric_name() const { return Get(kMetricNameLabel); }
  /// Sets, or with an empty value removes, one label.
  void Set(std::string_view name, std::string_view value);

  /// As Prometheus prints a series: `metric{a="b",c="d"}`, values escaped.
  std::string ToString() const;

  auto begin() const { return labels_.begin(); }
  auto end() const { return labels_.end(); }
  size_t size() const { return labels_.size(); }
  bool empty() const { return labels_.empty(); }
  friend bool operator==(const Labels&, const Labels&) = default;

 private:
  std::vector<Label> labels_;
};

}  // namespace promcast
