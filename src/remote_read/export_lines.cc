#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "remote_read/history_answer.h"

namespace promcast {
namespace {

/// {"metric": {...}, "values": [...], "timestamps": [...]}; other keys are passed over.
class LineHandler final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit LineHandler(size_t max_labels) : max_labels_(max_labels) {}

  std::vector<Label> labels;
  std::vector<double> values;
  std::vector<int64_t> timestamps;

  bool null() override { return Number(std::numeric_limits<double>::quiet_NaN()); }
  bool boolean(bool) override { return !InList(); }
  bool number_integer(number_integer_t value) override { return Integer(value); }
  bool number_unsigned(number_unsigned_t value) override {
    constexpr auto kMax = static_cast<number_unsigned_t>(std::numeric_limits<int64_t>::max());
    return value <= kMax ? Integer(static_cast<int64_t>(value))
                         : part_ != Part::kTimestamps && Number(static_cast<double>(value));
  }
  bool number_float(number_float_t value, const string_t&) override {
    return part_ != Part::kTimestamps && Number(value);
  }
  bool string(string_t& text) override {
    if (part_ == Part::kMetric && depth_ == 2) {
      labels.push_back({std::move(key_), std::move(text)});
      return labels.size() <= max_labels_;
    }
    if (part_ != Part::kValues) return part_ != Part::kTimestamps;
    const double infinity = std::numeric_limits<double>::infinity();
    if (text == "Infinity") return Number(infinity);
    return text == "-Infinity" ? Number(-infinity) : text == "NaN" && null();
  }
  bool binary(binary_t&) override { return false; }
  bool key(string_t& name) override {
    if (depth_ == 1) {
      part_ = name == "metric"       ? Part::kMetric
              : name == "values"     ? Part::kValues
              : name == "timestamps" ? Part::kTimestamps
                                     : Part::kOther;
    }
    key_ = std::move(name);
    return true;
  }
  bool start_object(size_t) override { return Open(); }
  bool end_object() override { return Close(); }
  bool start_array(size_t) override { return depth_ > 0 && Open(); }
  bool end_array() override { return Close(); }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  enum class Part { kOther, kMetric, kValues, kTimestamps };
  static constexpr int kMaxDepth = 16;

  bool Open() { return ++depth_ <= kMaxDepth; }
  bool Close() { return depth_-- > 0; }
  bool InList() const { return depth_ == 2 && (part_ == Part::kValues || part_ == Part::kTimestamps); }
  bool Number(double value) {
    if (part_ == Part::kTimestamps && depth_ == 2) return false;
    if (part_ == Part::kValues && depth_ == 2) values.push_back(value);
    return depth_ > 0;
  }
  bool Integer(int64_t value) {
    if (part_ != Part::kTimestamps || depth_ != 2) return Number(static_cast<double>(value));
    timestamps.push_back(value);
    return true;
  }

  const size_t max_labels_;
  int depth_ = 0;
  Part part_ = Part::kOther;
  std::string key_;
};

}  // namespace

absl::Status ExportLineReader::Feed(std::string_view piece) {
  while (!piece.empty()) {
    const size_t end = piece.find('\n');
    pending_ += piece.substr(0, end);
    if (pending_.size() > limits_.max_frame_bytes) {
      return absl::InvalidArgumentError(
          fmt::format("a line of the export is longer than {} bytes", limits_.max_frame_bytes));
    }
    if (end == std::string_view::npos) return absl::OkStatus();
    piece.remove_prefix(end + 1);
    const absl::Status status = ReadLine(pending_);
    pending_.clear();
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ExportLineReader::Finish() {
  return pending_.empty() ? absl::OkStatus() : absl::InvalidArgumentError("the export ends within a line");
}

absl::Status ExportLineReader::ReadLine(std::string_view line) {
  if (line.find_first_not_of(" \r\t") == std::string_view::npos) return absl::OkStatus();
  LineHandler handler(limits_.max_labels);
  const bool parsed = nlohmann::json::sax_parse(line, &handler);
  if (!parsed || handler.values.size() != handler.timestamps.size()) {
    return absl::InvalidArgumentError(
        "a line of the export is no {\"metric\": .., \"values\": .., \"timestamps\": ..}");
  }
  std::vector<LabelView> labels;
  for (const Label& label : handler.labels) labels.push_back({label.name, label.value});
  std::sort(labels.begin(), labels.end());
  const auto same_name = [](const LabelView& a, const LabelView& b) { return a.name == b.name; };
  if (std::adjacent_find(labels.begin(), labels.end(), same_name) != labels.end()) {
    return absl::InvalidArgumentError("a series of the export has two labels of the same name");
  }
  std::vector<Sample> samples;
  samples.reserve(handler.values.size());
  for (size_t i = 0; i < handler.values.size(); i++) samples.push_back({handler.timestamps[i], handler.values[i]});
  return samples.empty() ? absl::OkStatus() : sink_({labels, samples});
}

}  // namespace promcast
