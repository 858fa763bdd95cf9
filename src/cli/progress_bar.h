#pragma once

#include <cstddef>
#include <string_view>

namespace promcast {

/// A bar on stderr while it is a terminal, nothing otherwise. Not thread-safe.
class ProgressBar {
 public:
  explicit ProgressBar(std::string_view what);
  /// Wipes the bar.
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void Show(size_t done, size_t total);

 private:
  const std::string_view what_;
  const bool terminal_;
  size_t shown_percent_ = 101;
};

}  // namespace promcast
