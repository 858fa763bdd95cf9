#include "cli/progress_bar.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace promcast {
namespace {

constexpr size_t kWidth = 40;

}  // namespace

ProgressBar::ProgressBar(std::string_view what) : what_(what), terminal_(isatty(STDERR_FILENO) != 0) {}

ProgressBar::~ProgressBar() {
  if (!terminal_) return;
  fmt::print(stderr, "\r\033[K");
  std::fflush(stderr);
}

void ProgressBar::Show(size_t done, size_t total) {
  if (!terminal_ || total == 0) return;
  const size_t percent = 100 * std::min(done, total) / total;
  if (percent == shown_percent_) return;
  shown_percent_ = percent;
  const size_t filled = kWidth * percent / 100;
  fmt::print(stderr, "\r{} [{:#<{}}{:.<{}}] {:3} %", what_, "", filled, "", kWidth - filled, percent);
  std::fflush(stderr);
}

}  // namespace promcast
