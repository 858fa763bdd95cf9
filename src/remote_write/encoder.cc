#include "remote_write/encoder.h"

#include <absl/container/flat_hash_map.h>

#include "remote_write/message_fields.h"
#include "remote_write/wire.h"

namespace promcast {
namespace {

// Field numbers: the TimeSeries of both versions have their samples in field 2.
constexpr uint32_t kV1Series = 1;
constexpr uint32_t kV2Symbols = 4;
constexpr uint32_t kV2Series = 5;
constexpr uint32_t kV2LabelRefs = 1;
constexpr uint32_t kSamples = 2;
constexpr uint32_t kV2Metadata = 5;

void AppendSample(std::string& out, const Sample& sample) {
  const auto timestamp = static_cast<uint64_t>(sample.timestamp_ms);
  AppendTag(out, kSamples, WireType::kBytes);
  AppendVarint(out, 1 + sizeof(double) + 1 + VarintBytes(timestamp));
  AppendDoubleField(out, 1, sample.value);
  AppendTag(out, 2, WireType::kVarint);
  AppendVarint(out, timestamp);
}

void AppendMetadata(std::string& out, MetricType type) {
  if (type == MetricType::kUnknown) return;
  AppendTag(out, kV2Metadata, WireType::kBytes);
  AppendVarint(out, 2);
  AppendTag(out, 1, WireType::kVarint);
  AppendVarint(out, static_cast<uint64_t>(type));
}

}  // namespace

struct RequestEncoder::Impl {
  // The texts stand in the label blocks, so the map is emptied before Encode returns.
  absl::flat_hash_map<std::string_view, uint32_t> refs;
  std::string series, label_refs, body;

  uint32_t Ref(std::string_view text, std::string& symbols) {
    const auto [at, fresh] = refs.try_emplace(text, static_cast<uint32_t>(refs.size()));
    if (fresh) AppendBytesField(symbols, kV2Symbols, text);
    return at->second;
  }

  void EncodeV1(std::span<const OutgoingSample> samples, std::string& message) {
    for (const OutgoingSample& sample : samples) {
      series.clear();
      AppendSample(series, sample.sample);
      AppendTag(message, kV1Series, WireType::kBytes);
      AppendVarint(message, sample.label_block.size() + series.size());
      message += sample.label_block;
      message += series;
    }
  }

  void EncodeV2(std::span<const OutgoingSample> samples, std::string& message) {
    body.clear();
    Ref("", message);
    for (const OutgoingSample& sample : samples) {
      label_refs.clear();
      WireReader reader(sample.label_block);
      uint32_t tag;
      std::string_view label_message;
      LabelView label;
      while (!reader.done() && reader.ReadTag(tag) && reader.ReadBytes(label_message) &&
             ReadLabel(label_message, label)) {
        AppendVarint(label_refs, Ref(label.name, message));
        AppendVarint(label_refs, Ref(label.value, message));
      }
      series.clear();
      AppendBytesField(series, kV2LabelRefs, label_refs);
      AppendSample(series, sample.sample);
      AppendMetadata(series, sample.type);
      AppendBytesField(body, kV2Series, series);
    }
    message += body;
    refs.clear();
  }
};

RequestEncoder::RequestEncoder() : impl_(std::make_unique<Impl>()) {}
RequestEncoder::~RequestEncoder() = default;

void RequestEncoder::Encode(WriteProtocol protocol, std::span<const OutgoingSample> samples, std::string& message) {
  message.clear();
  protocol == WriteProtocol::kV1 ? impl_->EncodeV1(samples, message) : impl_->EncodeV2(samples, message);
}

}  // namespace promcast
