#include "timeseries/labels.h"

#include <algorithm>

namespace promcast {
namespace {

void AppendEscaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
}

}  // namespace

Labels::Labels(std::vector<Label> labels) {
  std::stable_sort(labels.begin(), labels.end(), [](const Label& a, const Label& b) { return a.name < b.name; });
  for (Label& label : labels) {
    if (!labels_.empty() && labels_.back().name == label.name) {
      labels_.back() = std::move(label);
    } else {
      labels_.push_back(std::move(label));
    }
  }
  std::erase_if(labels_, [](const Label& label) { return label.value.empty(); });
}

Labels::Labels(std::initializer_list<std::pair<std::string_view, std::string_view>> labels) {
  std::vector<Label> copy;
  for (const auto& [name, value] : labels) copy.push_back({std::string(name), std::string(value)});
  *this = Labels(std::move(copy));
}

std::string_view Labels::Get(std::string_view name) const {
  const auto at = std::lower_bound(labels_.begin(), labels_.end(), name,
                                   [](const Label& a, std::string_view n) { return a.name < n; });
  return at != labels_.end() && at->name == name ? std::string_view(at->value) : std::string_view();
}

void Labels::Set(std::string_view name, std::string_view value) {
  const auto at = std::lower_bound(labels_.begin(), labels_.end(), name,
                                   [](const Label& a, std::string_view n) { return a.name < n; });
  const bool present = at != labels_.end() && at->name == name;
  if (value.empty()) {
    if (present) labels_.erase(at);
  } else if (present) {
    at->value = value;
  } else {
    labels_.insert(at, {std::string(name), std::string(value)});
  }
}

std::string Labels::ToString() const {
  std::string out(metric_name());
  out += '{';
  bool first = true;
  for (const Label& label : labels_) {
    if (label.name == kMetricNameLabel) continue;
    if (!first) out += ',';
    first = false;
    out += label.name;
    out += "=\"";
    AppendEscaped(out, label.value);
    out += '"';
  }
  return out += '}';
}

}  // namespace promcast
