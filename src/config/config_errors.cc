#include "config/config_errors.h"

#include <absl/strings/escaping.h>
#include <fmt/format.h>

#include <algorithm>

namespace promcast {
namespace {

constexpr size_t kMaxErrorsShown = 50;

std::string EscapeControls(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      escaped += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      escaped += c;
    }
  }
  return escaped;
}

}  // namespace

void ConfigErrors::Add(FilePosition position, std::string message) {
  errors_.push_back({position, EscapeControls(message)});
}

absl::Status ConfigErrors::ToStatus() const {
  if (errors_.empty()) return absl::OkStatus();
  std::vector<Error> sorted = errors_;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Error& a, const Error& b) { return a.position < b.position; });
  std::string text;
  for (size_t i = 0; i < std::min(sorted.size(), kMaxErrorsShown); i++) {
    const Error& error = sorted[i];
    if (i > 0) text += '\n';
    text += fmt::format("{}:{}:{}: {}", file_name_, error.position.line, error.position.column, error.message);
  }
  if (sorted.size() > kMaxErrorsShown) text += fmt::format("\nand {} more errors", sorted.size() - kMaxErrorsShown);
  return absl::InvalidArgumentError(text);
}

}  // namespace promcast
