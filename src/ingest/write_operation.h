#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ingest/byte_budget.h"
#include "ingest/ingest_metrics.h"
#include "ingest/options.h"
#include "ingest/sample_sink.h"
#include "ingest/write_endpoint.h"
#include "remote_write/decoder.h"
#include "remote_write/snappy_block.h"

namespace promcast {

/// Memory that one request after the other decodes with.
struct WriteWorkspace {
  WriteWorkspace(const DecodeLimits& limits, uint64_t hash_seed, size_t shards)
      : decoder(limits, hash_seed), batches(shards) {}
  ByteBuffer inflated;
  RequestDecoder decoder;
  std::vector<ShardBatch> batches;
};

/// One request on its way from an inflated message into the shards. The message is walked in windows: a window's
/// samples go to their shards, the next window begins when all of them are applied, so that a request of any shape
/// needs the memory of one window. Owns itself from Start until `finish` has been called.
class WriteOperation {
 public:
  struct Services {
    const IngestOptions& options;
    SampleSink& sink;
    IngestMetrics& metrics;
    /// Further windows run here, off the threads of shards and listeners.
    std::function<void(std::function<void()>)> run_later;
  };
  using Finish = std::function<void(WriteReply, std::unique_ptr<WriteWorkspace>)>;

  WriteOperation(const Services& services, WriteProtocol protocol, std::unique_ptr<WriteWorkspace> workspace,
                 Finish finish);

  /// `message` must live until `finish` is called.
  static void Start(std::unique_ptr<WriteOperation> operation, std::string_view message);

 private:
  void RunWindow();
  void FillWindow();
  void BeginSeries();
  void FillFromSeries(size_t& filled);
  void Add(Fingerprint fingerprint, Sample sample, SampleKind kind);
  void AddHistogram(const HistogramView& histogram);
  bool SubmitWindow();
  void ShardDone();
  void CloseWindow();
  void Tally(ShardBatch& batch);
  void CountRestOfSamples();
  void Refuse(std::string_view problem);
  void Answer();

  const Services& services_;
  const WriteProtocol protocol_;
  std::unique_ptr<WriteWorkspace> workspace_;
  Finish finish_;

  SeriesView series_;
  bool in_series_ = false, series_has_samples_ = false, finished_ = false, overloaded_ = false;
  uint32_t exemplars_left_ = 0;
  std::optional<SampleVerdict> rest_of_series_;  // what the shard said of the series that is being walked
  std::atomic<size_t> shards_outstanding_{0};
  WriteReply reply_;
  std::string first_problem_;
  uint64_t refusals_ = 0;
};

}  // namespace promcast
