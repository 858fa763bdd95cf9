#include "pipeline/metric_catalog.h"

#include "timeseries/fingerprint.h"

namespace promcast {
namespace {

constexpr std::array<std::string_view, 4> kSuffixes = {"_total", "_bucket", "_count", "_sum"};

CellReading ReadingByName(std::string_view metric) {
  for (const std::string_view suffix : kSuffixes) {
    if (metric.ends_with(suffix)) return CellReading::kRate;
  }
  return CellReading::kLast;
}

CellReading ReadingByType(MetricType type, std::string_view metric) {
  switch (type) {
    case MetricType::kCounter:
      return CellReading::kRate;
    case MetricType::kHistogram:
    case MetricType::kSummary:  // its quantiles stand under the family's own name
      return ReadingByName(metric);
    case MetricType::kGauge:
    case MetricType::kGaugeHistogram:
    case MetricType::kInfo:
    case MetricType::kStateset:
      return CellReading::kLast;
    case MetricType::kUnknown:
      break;
  }
  return ReadingByName(metric);
}

}  // namespace

bool MetricCatalog::Note(const MetadataView& metadata) {
  if (metadata.type == MetricType::kUnknown || metadata.metric_family.empty() || metadata.metric_family.size() > 1024)
    return false;
  const uint64_t family_hash = HashLabelText(metadata.metric_family, 0);
  const uint64_t hash = (family_hash << 4) | static_cast<uint64_t>(metadata.type);
  std::atomic<uint64_t>& recent = recent_[(family_hash >> 40) % recent_.size()];
  if (recent.load(std::memory_order_relaxed) == hash) return false;

  MutexLock lock(mutex_);
  recent.store(hash, std::memory_order_relaxed);
  const auto known = families_.find(metadata.metric_family);
  MetricType before = MetricType::kUnknown;
  if (known != families_.end()) {
    Family& family = known->second;
    before = family.type;
    if (before == metadata.type || family.changes >= kMaxChanges) return false;
    family.type = metadata.type;
    family.changes++;
  } else if (families_.size() < kMaxFamilies && name_bytes_ + metadata.metric_family.size() <= kMaxNameBytes) {
    families_.emplace(metadata.metric_family, Family{metadata.type});
    name_bytes_ += metadata.metric_family.size();
  } else {
    return false;
  }
  return ReadingByType(before, metadata.metric_family) != ReadingByType(metadata.type, metadata.metric_family);
}

MetricType MetricCatalog::TypeOf(std::string_view metric) const {
  MutexLock lock(mutex_);
  if (const auto found = families_.find(metric); found != families_.end()) return found->second.type;
  for (const std::string_view suffix : kSuffixes) {
    if (!metric.ends_with(suffix)) continue;
    const auto found = families_.find(metric.substr(0, metric.size() - suffix.size()));
    if (found != families_.end()) return found->second.type;
  }
  return MetricType::kUnknown;
}

size_t MetricCatalog::size() const {
  MutexLock lock(mutex_);
  return families_.size();
}

void MetricCatalog::ForEach(const std::function<void(std::string_view name, MetricType type)>& visit) const {
  MutexLock lock(mutex_);
  for (const auto& [name, family] : families_) visit(name, family.type);
}

CellReading MetricCatalog::ReadingOf(std::string_view metric, SampleKind kind) const {
  return kind == SampleKind::kFloat ? ReadingByType(TypeOf(metric), metric) : CellReading::kRate;
}

}  // namespace promcast
