#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "checkpoint/snapshot_reader.h"
#include "checkpoint/transfer.h"

namespace {

using namespace promcast;

std::string Exported(const SnapshotReader& reader, bool& ok) {
  std::string out;
  const auto report = ExportSeries(reader, {}, "fuzz", [&](std::string_view bytes) {
    out += bytes;
    return absl::OkStatus();
  });
  ok = report.ok();
  return out;
}

/// Reads and exports what opens; what was exported exports to the same bytes again.
void Use(std::string_view snapshot) {
  const auto reader = SnapshotReader::Open(TextBytes(snapshot));
  if (!reader.ok()) return;
  SnapshotReader::Buffer buffer;
  bool whole = reader->VerifyChecksums(1).ok();
  for (const BlockPlace& block : reader->blocks()) whole = reader->Read(block, buffer).ok() && whole;
  bool exported = false;
  const std::string once = Exported(*reader, exported);
  if (exported && !whole) std::abort();
  if (!exported) return;
  const auto again = SnapshotReader::Open(TextBytes(once));
  if (!again.ok() || Exported(*again, exported) != once || !exported) std::abort();
  const auto imported = ImportSeries(*again, &*reader, {}, [](std::string_view) { return absl::OkStatus(); });
  if (!imported.ok()) std::abort();
}

/// The bytes with all its checksums right, so that what they protect is reached: blocks of the input, each behind four
/// bytes that say its kind, its records and its length, and a footer.
std::string Sealed(std::string_view data) {
  std::string snapshot = EncodeSnapshotHeader({.created_ms = 1, .version = "fuzz"}), checksums;
  SnapshotTotals totals;
  while (data.size() >= 4) {
    const auto byte = [&](size_t i) { return static_cast<uint8_t>(data[i]); };
    BlockHeader header{.kind = byte(0) % 2 == 0 ? BlockKind::kSeries : BlockKind::kFamilies, .records = byte(1)};
    const std::string_view payload = data.substr(4).substr(0, byte(2) << 8 | byte(3));
    data.remove_prefix(4 + payload.size());
    header.stored_bytes = static_cast<uint32_t>(payload.size());
    size_t inflated = 0;
    if (SnappyDecodedLength(payload, 1 << 20, inflated).ok()) header.raw_bytes = static_cast<uint32_t>(inflated);
    const std::string encoded = EncodeBlockHeader(header, payload);
    checksums.append(encoded, encoded.size() - sizeof(uint64_t));
    snapshot.append(encoded).append(payload);
    totals.blocks++;
    (header.kind == BlockKind::kSeries ? totals.series : totals.families) += header.records;
  }
  totals.digest = XXH3_64bits(checksums.data(), checksums.size());
  const std::string footer = EncodeTotals(totals);
  const auto bytes = static_cast<uint32_t>(footer.size());
  return snapshot + EncodeBlockHeader({.kind = BlockKind::kEnd, .stored_bytes = bytes, .raw_bytes = bytes}, footer) +
         footer;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Use(bytes);
  const std::string sealed = Sealed(bytes);
  const auto reader = SnapshotReader::Open(TextBytes(sealed));
  if (!reader.ok()) std::abort();
  Use(sealed);
  return 0;
}
