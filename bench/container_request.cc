#include "container_request.h"

#include <cstdint>
#include <cstdlib>
#include <utility>
#include <vector>

#include "remote_write/encoder.h"
#include "remote_write/label_block.h"
#include "remote_write/snappy_block.h"

namespace promcast {
namespace {

std::string ContainerLabelBlock(size_t i) {
  const auto n = [](size_t x) { return std::to_string(x); };
  const std::vector<std::pair<std::string, std::string>> labels = {
      {"__name__", "container_memory_working_set_bytes"},
      {"cluster", "eu-west-1"},
      {"container", "app-" + n(i % 97)},
      {"cpu", "total"},
      {"id", "/kubepods/burstable/pod" + n(i / 97)},
      {"image", "registry.example.com/team/app:v1.2." + n(i % 7)},
      {"instance", "10.0." + n(i % 250) + "." + n(i % 199) + ":9100"},
      {"job", "kubelet"},
      {"namespace", "prod-" + n(i % 31)},
      {"node", "node-" + n(i % 500)},
      {"pod", "app-6d5f7c9b8-" + n(i)}};
  std::string block;
  for (const auto& [name, value] : labels) AppendLabel(block, name, value);
  return block;
}

}  // namespace

ContainerRequest::ContainerRequest() {
  for (size_t i = 0; i < kSeries; i++) {
    const Sample sample{1'700'000'000'000 + static_cast<int64_t>(i), 4096.0 * static_cast<double>(i)};
    batch_.Append(ContainerLabelBlock(i), sample, MetricType::kUnknown);
  }
}

std::string ContainerRequest::Message(WriteProtocol protocol) const {
  ByteBuffer body, message;
  RequestEncoder().Encode(protocol, batch_, body);
  if (!SnappyDecode(body.view(), SIZE_MAX, message).ok()) std::abort();
  return std::string(message.view());
}

}  // namespace promcast
