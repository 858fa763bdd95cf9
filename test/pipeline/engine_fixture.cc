#include "pipeline/engine_fixture.h"

#include <gtest/gtest.h>

#include "remote_write/encoder.h"
#include "remote_write/label_block.h"

namespace promcast::testing {
namespace {

constexpr uint64_t kSeed = 99;

std::string BlockOf(const Labels& labels) {
  std::vector<LabelView> views;
  for (const Label& label : labels) views.push_back({label.name, label.value});
  return EncodeLabelBlock(views);
}

}  // namespace

RuleOptions TestRule(const std::string& match) {
  RuleOptions rule;
  rule.name = rule.match_text = match;
  rule.match = {*Selector::Parse(match)};
  rule.step_ms = 1000;
  rule.seasons_ms = {};
  rule.horizons_ms = {5000, 30000};
  rule.interval_ms = 1000;
  return rule;
}

void Record(const OutputBatch& batch, Written& written) {
  for (size_t i = 0; i < batch.size(); i++) {
    std::vector<LabelView> views;
    const std::string block = batch.LabelBlock(i);
    DecodeLabelBlock(block, views);
    std::vector<Label> labels;
    for (const LabelView& view : views) labels.push_back({std::string(view.name), std::string(view.value)});
    written[Labels(std::move(labels)).ToString()].push_back(batch.sample(i));
  }
}

RuleOptions RuleOfAnyStep(const std::string& match) {
  RuleOptions rule = TestRule(match);
  rule.step_ms = 0;
  return rule;
}

TestBatch::TestBatch(const std::vector<SentSample>& samples) : decoder_(DecodeLimits(), kSeed) {
  OutputBatch outgoing;
  for (const SentSample& sent : samples) outgoing.Append(BlockOf(sent.labels), sent.sample);
  ByteBuffer body;
  RequestEncoder().Encode(WriteProtocol::kV1, outgoing, body);
  EXPECT_TRUE(SnappyDecode(body.view(), SIZE_MAX, message_).ok());
  EXPECT_TRUE(decoder_.Reset(WriteProtocol::kV1, message_.view()).ok());
  SeriesView series;
  for (const SentSample& sent : samples) {
    EXPECT_TRUE(decoder_.NextSeries(series));
    Fingerprint fingerprint = series.fingerprint();
    if (sent.kind != SampleKind::kFloat)
      fingerprint += LabelFingerprint("kind", "histogram", kSeed + static_cast<uint64_t>(sent.kind));
    batch.samples.push_back(
        {fingerprint, sent.sample.timestamp_ms, sent.sample.value, series.offset(), series.size_bytes(), sent.kind, 0});
  }
  batch.labels = &decoder_;
}

EngineFixture::EngineFixture(std::vector<RuleOptions> rules) {
  options.forecasts = std::move(rules);
  const ShardContext context{clock,   catalog, admission, metrics,
                             lineage, cohorts, 1,         [this](const auto& batch) { Record(*batch, written); }};
  engine = std::make_unique<ShardEngine>(context, options, std::make_shared<RuleSet>(options.forecasts));
}

std::vector<SampleVerdict> EngineFixture::Apply(const std::vector<SentSample>& samples) {
  TestBatch request(samples);
  engine->Apply(request.batch);
  return request.batch.verdicts;
}

SampleVerdict EngineFixture::Apply(const Labels& labels, int64_t timestamp_ms, double value) {
  return Apply({SentSample{labels, {timestamp_ms, value}}}).front();
}

void EngineFixture::ApplyOneOfEach(int series) {
  std::vector<SentSample> samples;
  for (int i = 0; i < series; i++) samples.push_back({{{"__name__", "load"}, {"i", std::to_string(i)}}, {kStart, 1}});
  Apply(samples);
}

void EngineFixture::Stream(const Labels& labels, int seconds, const std::function<double(int)>& value) {
  for (int i = 0; i < seconds; i++) {
    clock.Advance(1000);
    Apply(labels, clock.NowMs(), value(i));
    RunDue();
  }
}

void EngineFixture::RunDue() {
  while (engine->RunDueSlot()) {
  }
}

void EngineFixture::Reconfigure(std::vector<RuleOptions> rules) {
  options.forecasts = std::move(rules);
  engine->Reconfigure(options, std::make_shared<RuleSet>(options.forecasts));
}

}  // namespace promcast::testing
