#pragma once

#include <string>

#include "remote_write/decoder.h"
#include "remote_write/output_batch.h"

namespace promcast {

/// Series as cAdvisor's look, one sample each: 11 labels, about 300 bytes of label text. The same at every run.
class ContainerRequest {
 public:
  static constexpr size_t kSeries = 2000;  ///< Prometheus's max_samples_per_send

  ContainerRequest();

  const OutputBatch& batch() const { return batch_; }
  /// The message, not compressed.
  std::string Message(WriteProtocol protocol) const;

 private:
  OutputBatch batch_;
};

}  // namespace promcast
