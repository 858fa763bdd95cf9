#include "checkpoint/snapshot_format.h"

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

#include <bit>
#include <cstring>

namespace promcast {
namespace {

static_assert(std::endian::native == std::endian::little, "snapshots are written as memory has them");

template <class Number>
void Append(std::string& out, Number number) {
  out.append(reinterpret_cast<const char*>(&number), sizeof(number));
}

template <class Number>
Number Take(std::string_view& bytes) {
  Number number;
  std::memcpy(&number, bytes.data(), sizeof(number));
  bytes.remove_prefix(sizeof(number));
  return number;
}

uint64_t Hash(std::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

std::string BlockFields(const BlockHeader& header) {
  std::string out;
  Append(out, static_cast<uint32_t>(header.kind));
  Append(out, header.records);
  Append(out, header.stored_bytes);
  Append(out, header.raw_bytes);
  return out;
}

}  // namespace

std::string EncodeSnapshotHeader(const SnapshotHeader& header) {
  const std::string_view version = std::string_view(header.version).substr(0, 255);
  std::string out(kSnapshotMagic);
  Append(out, header.format);
  Append(out, header.created_ms);
  Append(out, static_cast<uint8_t>(version.size()));
  out += version;
  Append(out, Hash(out));
  return out;
}

absl::StatusOr<SnapshotHeader> DecodeSnapshotHeader(std::string_view bytes, size_t& header_bytes) {
  constexpr size_t kFixed = kSnapshotMagic.size() + 4 + 8 + 1;
  if (!bytes.starts_with(kSnapshotMagic)) return absl::DataLossError("no snapshot: it does not begin with PCSTSNAP");
  if (bytes.size() < kFixed) return absl::DataLossError("ends within the header");
  std::string_view rest = bytes.substr(kSnapshotMagic.size());
  SnapshotHeader header;
  header.format = Take<uint32_t>(rest);
  header.created_ms = Take<int64_t>(rest);
  const auto version_bytes = Take<uint8_t>(rest);
  if (rest.size() < version_bytes + sizeof(uint64_t)) return absl::DataLossError("ends within the header");
  header.version = rest.substr(0, version_bytes);
  if (header.format != kSnapshotFormat) {  // whose checksum may be another one
    return absl::FailedPreconditionError(
        fmt::format("has format {}, written by promcast {}; this promcast reads format {}", header.format,
                    header.version, kSnapshotFormat));
  }
  rest.remove_prefix(version_bytes);
  header_bytes = kFixed + version_bytes + sizeof(uint64_t);
  if (Take<uint64_t>(rest) != Hash(bytes.substr(0, kFixed + version_bytes))) {
    return absl::DataLossError("the header's checksum differs");
  }
  return header;
}

std::string EncodeBlockHeader(const BlockHeader& header, std::string_view payload) {
  std::string out = BlockFields(header);
  Append(out, BlockChecksum(header, payload));
  return out;
}

absl::StatusOr<BlockHeader> DecodeBlockHeader(std::string_view bytes) {
  BlockHeader header;
  const auto kind = Take<uint32_t>(bytes);
  header.records = Take<uint32_t>(bytes);
  header.stored_bytes = Take<uint32_t>(bytes);
  header.raw_bytes = Take<uint32_t>(bytes);
  header.checksum = Take<uint64_t>(bytes);
  header.kind = static_cast<BlockKind>(kind);
  if (kind > 255 ||
      (header.kind != BlockKind::kFamilies && header.kind != BlockKind::kSeries && header.kind != BlockKind::kEnd)) {
    return absl::DataLossError(fmt::format("no block of kind {} is known", kind));
  }
  return header;
}

uint64_t BlockChecksum(const BlockHeader& header, std::string_view payload) {
  return XXH3_64bits_withSeed(payload.data(), payload.size(), Hash(BlockFields(header)));
}

std::string EncodeTotals(const SnapshotTotals& totals) {
  std::string out;
  for (const uint64_t number : {totals.blocks, totals.families, totals.series, totals.digest}) Append(out, number);
  return out;
}

SnapshotTotals DecodeTotals(std::string_view bytes) {
  SnapshotTotals totals;
  for (uint64_t* number : {&totals.blocks, &totals.families, &totals.series, &totals.digest})
    *number = Take<uint64_t>(bytes);
  return totals;
}

}  // namespace promcast
