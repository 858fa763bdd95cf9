#include "backtest/byte_source.h"

#include <absl/status/status.h>
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <limits>
#include <memory>
#include <system_error>

namespace promcast {
namespace {

struct CloseGzip {
  void operator()(gzFile file) const { gzclose(file); }
};
using GzipFile = std::unique_ptr<gzFile_s, CloseGzip>;

constexpr unsigned kBufferBytes = 256 << 10;

absl::Status Unreadable(const std::string& path, std::string_view why) {
  return absl::NotFoundError(fmt::format("{}: cannot be read: {}", path, why));
}

}  // namespace

absl::StatusOr<ByteSource> OpenBytes(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return Unreadable(path, "it is a directory");
  errno = 0;
  std::shared_ptr<gzFile_s> file(gzopen(path.c_str(), "rb"), CloseGzip());
  if (file == nullptr) return Unreadable(path, std::generic_category().message(errno == 0 ? ENOMEM : errno));
  gzbuffer(file.get(), kBufferBytes);
  return ByteSource([file, path](std::span<char> out) -> absl::StatusOr<size_t> {
    const size_t asked = std::min<size_t>(out.size(), std::numeric_limits<int>::max());
    const int count = gzread(file.get(), out.data(), static_cast<unsigned>(asked));
    int code = Z_OK;
    const char* message = gzerror(file.get(), &code);
    if (count < 0 || (code != Z_OK && code != Z_STREAM_END)) {
      if (code == Z_ERRNO) return Unreadable(path, std::generic_category().message(errno));
      return absl::DataLossError(fmt::format("{}: damaged or truncated gzip data ({})", path, message));
    }
    return static_cast<size_t>(count);
  });
}

ByteSource BytesOf(std::string_view text) {
  return [text](std::span<char> out) mutable -> absl::StatusOr<size_t> {
    const size_t count = std::min(out.size(), text.size());
    std::copy_n(text.data(), count, out.data());
    text.remove_prefix(count);
    return count;
  };
}

}  // namespace promcast
