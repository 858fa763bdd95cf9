#include "remote_write/encoder.h"

#include <vector>

#include "remote_write/encoder_v1.h"
#include "remote_write/encoder_v2.h"

namespace promcast {

struct RequestEncoder::Impl {
  EncoderV1 v1;
  EncoderV2 v2;
};

RequestEncoder::RequestEncoder() : impl_(std::make_unique<Impl>()) {}
RequestEncoder::~RequestEncoder() = default;

void RequestEncoder::Encode(WriteProtocol protocol, std::span<const OutgoingSample> samples, ByteBuffer& body) {
  protocol == WriteProtocol::kV1 ? impl_->v1.Encode(samples, body) : impl_->v2.Encode(samples, body);
}

void RequestEncoder::Encode(WriteProtocol protocol, const OutputBatch& batch, ByteBuffer& body) {
  std::vector<OutgoingSample> samples;
  for (uint32_t i = 0; i < batch.size(); i++) samples.push_back({&batch, i});
  Encode(protocol, samples, body);
}

}  // namespace promcast
