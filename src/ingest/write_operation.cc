#include "ingest/write_operation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "ingest/label_rules.h"

namespace promcast {
namespace {

constexpr size_t kWindowSamples = 8192;
constexpr size_t kWindowSeries = 65536;  // series that bring no sample end a window too
constexpr size_t kKeptInflatedBytes = 2 << 20;

constexpr std::array<std::string_view, 7> kSeriesProblems = {
    "",
    "a series has too many labels",
    "a label name is too long",
    "a label value is too long",
    "labels_refs has an odd number of entries",
    "a label or metadata reference points outside the symbol table",
    "a time series is not valid protobuf"};

}  // namespace

WriteOperation::WriteOperation(const Services& services, WriteProtocol protocol,
                               std::unique_ptr<WriteWorkspace> workspace, Finish finish)
    : services_(services), protocol_(protocol), workspace_(std::move(workspace)), finish_(std::move(finish)) {}

void WriteOperation::Start(std::unique_ptr<WriteOperation> operation, std::string_view message) {
  WriteOperation* self = operation.release();  // Answer() deletes it
  self->services_.metrics.message_bytes.Increment(static_cast<double>(message.size()));
  const absl::Status status = self->workspace_->decoder.Reset(self->protocol_, message);
  if (!status.ok()) {
    self->Refuse({status.message().data(), status.message().size()});
    self->Answer();
    return;
  }
  MetadataView metadata;
  while (self->protocol_ == WriteProtocol::kV1 && self->workspace_->decoder.NextMetadata(metadata)) {
    self->services_.metrics.metadata.Increment();
    self->services_.sink.NoteMetadata(metadata);
  }
  self->RunWindow();
}

void WriteOperation::RunWindow() {
  for (;;) {
    FillWindow();
    if (SubmitWindow()) return;  // goes on in ShardDone
    if (finished_ || overloaded_) return Answer();
  }
}

void WriteOperation::FillWindow() {
  size_t filled = 0;
  for (size_t walked = 0; filled < kWindowSamples && walked < kWindowSeries;) {
    if (!in_series_) {
      if (!workspace_->decoder.NextSeries(series_)) {
        finished_ = true;
        return;
      }
      walked++;
      BeginSeries();
    }
    if (in_series_) FillFromSeries(filled);
  }
}

void WriteOperation::BeginSeries() {
  if (series_.error() != SeriesError::kNone) {
    services_.metrics.CountSeriesError(series_.error());
    Refuse(kSeriesProblems[static_cast<size_t>(series_.error())]);
    return;
  }
  if (series_.metric_name().empty()) {
    services_.metrics.CountVerdict(SampleVerdict::kMissingName, 1);
    Refuse("a series has no metric name");
    return;
  }
  if (const auto metadata = series_.metadata(); metadata && metadata->type != MetricType::kUnknown) {
    services_.metrics.metadata.Increment();
    services_.sink.NoteMetadata(*metadata);
  }
  in_series_ = true;
  rest_of_series_.reset();
  series_has_samples_ = false;
  exemplars_left_ = series_.exemplar_count();
}

void WriteOperation::CountRestOfSamples() {
  uint64_t samples = 0;
  Sample sample;
  while (series_.NextSample(sample)) samples++;
  services_.metrics.CountVerdict(*rest_of_series_, static_cast<double>(samples));
  (IsRefused(*rest_of_series_) ? refusals_ : reply_.samples) += samples;
}

void WriteOperation::FillFromSeries(size_t& filled) {
  if (rest_of_series_) CountRestOfSamples();
  Sample sample;
  while (filled < kWindowSamples && series_.NextSample(sample)) {
    Add(series_.fingerprint(), sample, SampleKind::kFloat);
    filled++;
  }
  HistogramView histogram;
  while (filled < kWindowSamples && series_.NextHistogram(histogram)) {
    AddHistogram(histogram);
    filled += 2;
  }
  if (filled >= kWindowSamples) return;  // the rest of the series, if any, in the next window
  in_series_ = false;
  if (series_has_samples_ || exemplars_left_ == 0) return;
  std::vector<LabelView> labels;
  std::string problem;
  workspace_->decoder.CopyLabels(series_.offset(), series_.size_bytes(), labels);
  if (const SampleVerdict verdict = CheckLabels(labels, problem); IsRefused(verdict)) {
    services_.metrics.CountVerdict(verdict, 1);
    Refuse(problem);
  } else {
    reply_.exemplars += exemplars_left_;
  }
}

void WriteOperation::Add(Fingerprint fingerprint, Sample sample, SampleKind kind) {
  series_has_samples_ = true;
  const auto exemplars = static_cast<uint16_t>(std::min<uint32_t>(exemplars_left_, 0xffff));
  exemplars_left_ -= exemplars;
  std::vector<ShardBatch>& batches = workspace_->batches;
  batches[SampleSink::ShardOf(fingerprint, batches.size())].samples.push_back(
      {fingerprint, sample.timestamp_ms, sample.value, series_.offset(), series_.size_bytes(), kind, exemplars});
}

void WriteOperation::AddHistogram(const HistogramView& histogram) {
  if (!histogram.valid) {
    series_has_samples_ = true;
    services_.metrics.invalid_histograms.Increment();
    Refuse("the buckets of a histogram contradict its count or its schema");
    return;
  }
  const uint64_t seed = services_.options.hash_seed;
  const std::string_view metric = series_.metric_name();
  const auto renamed = [&](std::string_view suffix) {
    Fingerprint fingerprint = series_.fingerprint();
    fingerprint -= LabelFingerprint(kMetricNameLabel, metric, seed);
    fingerprint += LabelFingerprint(kMetricNameLabel, fmt::format("{}{}", metric, suffix), seed);
    return fingerprint;
  };
  const double count = IsStaleMarker(histogram.sum) ? histogram.sum : histogram.count;
  Add(renamed("_count"), {histogram.timestamp_ms, count}, SampleKind::kHistogramCount);
  Add(renamed("_sum"), {histogram.timestamp_ms, histogram.sum}, SampleKind::kHistogramSum);
}

bool WriteOperation::SubmitWindow() {
  // One more than there are shards to wait for, so that the window cannot close while it is still being submitted.
  shards_outstanding_.store(1, std::memory_order_relaxed);
  bool any = false;
  for (size_t shard = 0; shard < workspace_->batches.size(); shard++) {
    ShardBatch& batch = workspace_->batches[shard];
    if (batch.samples.empty()) continue;
    batch.labels = &workspace_->decoder;
    batch.done = [this] { ShardDone(); };
    shards_outstanding_.fetch_add(1, std::memory_order_relaxed);
    if (services_.sink.Submit(shard, batch)) {
      any = true;
    } else {
      shards_outstanding_.fetch_sub(1, std::memory_order_relaxed);
      overloaded_ = true;
      batch.samples.clear();
    }
  }
  if (!any) return false;
  ShardDone();
  return true;
}

void WriteOperation::ShardDone() {
  if (shards_outstanding_.fetch_sub(1, std::memory_order_acq_rel) == 1) CloseWindow();
}

void WriteOperation::CloseWindow() {
  for (ShardBatch& batch : workspace_->batches) Tally(batch);
  if (finished_ || overloaded_) return Answer();
  services_.run_later([this] { RunWindow(); });
}

void WriteOperation::Tally(ShardBatch& batch) {
  std::array<uint64_t, static_cast<size_t>(SampleVerdict::kCount)> counts{};
  for (size_t i = 0; i < batch.samples.size(); i++) {
    const SampleVerdict verdict = batch.verdicts[i];
    counts[static_cast<size_t>(verdict)]++;
    if (in_series_ && batch.samples[i].kind == SampleKind::kFloat &&
        batch.samples[i].series_offset == series_.offset() && ConcernsWholeSeries(verdict))
      rest_of_series_ = verdict;
    if (IsRefused(verdict)) {
      refusals_++;
      continue;
    }
    reply_.exemplars += batch.samples[i].exemplars;
    reply_.samples += batch.samples[i].kind == SampleKind::kFloat;
    reply_.histograms += batch.samples[i].kind == SampleKind::kHistogramCount;
  }
  for (size_t v = 0; v < counts.size(); v++) {
    if (counts[v] > 0) services_.metrics.CountVerdict(static_cast<SampleVerdict>(v), static_cast<double>(counts[v]));
  }
  if (first_problem_.empty()) first_problem_ = batch.first_refusal;
  batch.samples.clear();
  batch.verdicts.clear();
  batch.first_refusal.clear();
}

void WriteOperation::Refuse(std::string_view problem) {
  refusals_++;
  if (first_problem_.empty()) first_problem_ = problem;
}

void WriteOperation::Answer() {
  services_.metrics.exemplars.Increment(static_cast<double>(reply_.exemplars));
  services_.metrics.histograms.Increment(static_cast<double>(reply_.histograms));
  reply_.send_written_headers = protocol_ == WriteProtocol::kV2;
  if (overloaded_) {
    reply_.status = 503;
    reply_.retry_after_s = 1;
    reply_.text = "the shards are busy; send the request again";
  } else if (refusals_ > 0) {
    reply_.status = 400;
    reply_.text =
        refusals_ == 1 ? first_problem_ : fmt::format("{} (and {} more refused)", first_problem_, refusals_ - 1);
  }
  workspace_->decoder.Release();
  workspace_->inflated.Shrink(kKeptInflatedBytes);
  const Finish finish = std::move(finish_);
  WriteReply reply = std::move(reply_);
  std::unique_ptr<WriteWorkspace> workspace = std::move(workspace_);
  delete this;
  finish(std::move(reply), std::move(workspace));
}

}  // namespace promcast
