#pragma once

#include <string>
#include <vector>

#include "remote_write/decoder.h"
#include "remote_write/encoder.h"

namespace promcast {

/// Series as cAdvisor's look, one sample each: 11 labels, about 300 bytes of label text. The same at every run.
class ContainerRequest {
 public:
  static constexpr size_t kSeries = 2000;  ///< Prometheus's max_samples_per_send

  ContainerRequest();
  ContainerRequest(const ContainerRequest&) = delete;
  ContainerRequest& operator=(const ContainerRequest&) = delete;

  const std::vector<OutgoingSample>& samples() const { return samples_; }
  /// The message, not compressed.
  std::string Message(WriteProtocol protocol) const;

 private:
  std::vector<std::string> label_blocks_;
  std::vector<OutgoingSample> samples_;  // point into label_blocks_
};

}  // namespace promcast
