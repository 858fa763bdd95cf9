#pragma once

#include <absl/container/flat_hash_map.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "remote_write/output_batch.h"
#include "remote_write/run_buffer.h"
#include "remote_write/sample_field.h"
#include "remote_write/snappy_block.h"
#include "timeseries/fingerprint.h"
#include "timeseries/labels.h"

namespace promcast {

/// Writes remote write 2.0: each text once, in a table of symbols to which the series refer.
class EncoderV2 {
 public:
  void Encode(std::span<const OutgoingSample> samples, ByteBuffer& body);

 private:
  static constexpr size_t kMaxRefBytes = 5;

  /// A label as it was last written: the field of its label block, and its two references, which fill `ref_bytes`.
  struct WrittenLabel {
    std::string_view field, name;
    uint32_t name_ref;
    uint8_t ref_bytes;
    std::array<char, 2 * kMaxRefBytes> refs;
  };

  struct TextHash {
    uint64_t seed = std::random_device()();
    size_t operator()(std::string_view text) const { return HashLabelText(text, seed); }
  };

  /// Of some labels, encoded, in refs_text_.
  struct Refs {
    static constexpr uint32_t kUnknown = UINT32_MAX;
    uint32_t offset = kUnknown, bytes = 0;
  };

  /// The references of the sample before, in series_; no block where there is none of the batch at hand.
  struct WrittenRefs {
    OutputBatch::Block block;
    std::array<size_t, OutputBatch::kStretches> starts{};  // of its stretches
    size_t end = 0;
  };

  void Begin(const OutputBatch& batch);
  uint32_t Ref(std::string_view text);
  WrittenLabel& Remember(std::string_view field, const LabelView& label);
  void WriteRefs(std::string_view fields);
  Refs RefsOf(const OutputBatch& batch, OutputBatch::Piece piece);
  Refs RefsOf(const OutputBatch& batch, OutputBatch::Frame frame, size_t part);
  void WriteSeries(const OutgoingSample& out, SampleFieldWriter& field);

  // All text stands in the batches, so both are emptied before Encode returns.
  absl::flat_hash_map<std::string_view, uint32_t, TextHash> refs_;
  std::vector<WrittenLabel> written_;  // of each name the last label; as label blocks, by name
  size_t next_label_ = 0;              // of these, the one expected next
  size_t last_symbols_ = 0;
  // Of the batch at hand.
  std::vector<Refs> by_piece_;
  std::vector<std::array<Refs, OutputBatch::kStretches>> by_frame_;
  WrittenRefs last_;
  RunBuffer refs_text_, series_;
  std::string message_;
};

}  // namespace promcast
