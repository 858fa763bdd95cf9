#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace promcast {

/// Bytes from text such as "32MiB", "1.5GiB", "500kB", "64KB" or a plain "1048576". KiB, MiB, GiB and TiB are powers of
/// 1024; kB (or KB), MB, GB and TB powers of 1000; a fraction must give whole bytes. InvalidArgument for anything else.
absl::StatusOr<uint64_t> ParseByteSize(std::string_view text);

/// Text that ParseByteSize reads back to the same number, in the greatest unit that divides it: "32MiB", "1MB", "1500".
std::string FormatByteSize(uint64_t bytes);

}  // namespace promcast
