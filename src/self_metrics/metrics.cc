#include "self_metrics/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <variant>

#include "concurrency/mutex.h"
#include "self_metrics/exposition.h"

namespace promcast {
namespace {

using Callback = std::function<double()>;
using Source = std::variant<std::monostate, std::unique_ptr<Counter>, std::unique_ptr<Gauge>,
                            std::unique_ptr<Histogram>, Callback>;

struct Family {
  std::string help;
  MetricKind kind;
  std::map<MetricRegistry::MetricLabels, Source> metrics;
};

[[noreturn]] void Reject(std::string_view name, std::string_view why) {
  fmt::print(stderr, "metric {}: {}\n", name, why);
  std::abort();
}

bool IsName(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !name.empty() && letter(name[0]) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || digit(c); });
}

void CheckName(std::string_view name, MetricKind kind, const MetricRegistry::MetricLabels& labels) {
  if (!IsName(name)) Reject(name, "a name is letters, digits and underscores, without a leading digit or a colon");
  if (name.ends_with("_total") != (kind == MetricKind::kCounter)) Reject(name, "_total ends a counter's name, only");
  for (std::string_view suffix : {"_count", "_sum", "_bucket"}) {
    if (name.ends_with(suffix)) Reject(name, fmt::format("{} belongs to histograms' samples", suffix));
  }
  for (const auto& entry : labels) {
    const std::string& label = entry.first;
    if (!IsName(label) || label.starts_with("__")) Reject(name, fmt::format("bad label name \"{}\"", label));
    if (kind == MetricKind::kHistogram && label == "le") Reject(name, "the label le belongs to the buckets");
    const auto same = [&](const auto& other) { return other.first == label; };
    if (std::count_if(labels.begin(), labels.end(), same) > 1) Reject(name, fmt::format("label {} twice", label));
  }
}

void CheckBounds(std::string_view name, const std::vector<double>& bounds) {
  if (bounds.empty()) Reject(name, "a histogram needs bounds");
  for (size_t i = 0; i < bounds.size(); ++i) {
    if (!std::isfinite(bounds[i])) Reject(name, "a histogram's bounds are finite; +Inf comes by itself");
    if (i > 0 && bounds[i] <= bounds[i - 1]) Reject(name, "a histogram's bounds rise");
  }
}

}  // namespace

Histogram::Histogram(std::vector<double> upper_bounds)
    : upper_bounds_(std::move(upper_bounds)),
      counts_(std::make_unique<std::atomic<uint64_t>[]>(upper_bounds_.size() + 1)) {}

void Histogram::Observe(double value) {
  // NaN is below no bound and so counts as +Inf, as in Prometheus's client libraries.
  const auto bucket = std::find_if(upper_bounds_.begin(), upper_bounds_.end(), [&](double b) { return value <= b; });
  counts_[bucket - upper_bounds_.begin()].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

std::vector<uint64_t> Histogram::counts() const {
  std::vector<uint64_t> counts(upper_bounds_.size() + 1);
  for (size_t i = 0; i < counts.size(); ++i) counts[i] = counts_[i].load(std::memory_order_relaxed);
  return counts;
}

struct MetricRegistry::Impl {
  /// The place of a metric, made empty when it is new.
  Source& Find(std::string_view name, std::string_view help, MetricKind kind, MetricLabels labels)
      PROMCAST_REQUIRES(mutex) {
    CheckName(name, kind, labels);
    std::sort(labels.begin(), labels.end());
    std::string_view family_name = name;
    if (kind == MetricKind::kCounter) family_name.remove_suffix(std::string_view("_total").size());
    const auto [it, added] = families.try_emplace(std::string(family_name), Family{std::string(help), kind, {}});
    if (!added && it->second.kind != kind) Reject(name, "exists with another type");
    return it->second.metrics[std::move(labels)];
  }

  template <typename Metric, typename... Args>
  static Metric& Make(Source& source, std::string_view name, Args&&... args) {
    if (std::holds_alternative<std::monostate>(source)) source = std::make_unique<Metric>(std::forward<Args>(args)...);
    const auto* metric = std::get_if<std::unique_ptr<Metric>>(&source);
    if (metric == nullptr) Reject(name, "exists as a callback");
    return **metric;
  }

  /// One rendering at a time, so that collectors need not be thread-safe among themselves.
  Mutex render_mutex PROMCAST_ACQUIRED_BEFORE(mutex);
  Mutex mutex;
  std::map<std::string, Family> families PROMCAST_GUARDED_BY(mutex);
  std::vector<std::function<void()>> collectors PROMCAST_GUARDED_BY(mutex);
};

MetricRegistry::MetricRegistry() : impl_(std::make_unique<Impl>()) {}
MetricRegistry::~MetricRegistry() = default;

Counter& MetricRegistry::AddCounter(std::string_view name, std::string_view help, MetricLabels labels) {
  MutexLock lock(impl_->mutex);
  Source& source = impl_->Find(name, help, MetricKind::kCounter, std::move(labels));
  return impl_->Make<Counter>(source, name);
}

Gauge& MetricRegistry::AddGauge(std::string_view name, std::string_view help, MetricLabels labels) {
  MutexLock lock(impl_->mutex);
  Source& source = impl_->Find(name, help, MetricKind::kGauge, std::move(labels));
  return impl_->Make<Gauge>(source, name);
}

Histogram& MetricRegistry::AddHistogram(std::string_view name, std::string_view help, std::vector<double> upper_bounds,
                                        MetricLabels labels) {
  CheckBounds(name, upper_bounds);
  MutexLock lock(impl_->mutex);
  Source& source = impl_->Find(name, help, MetricKind::kHistogram, std::move(labels));
  return impl_->Make<Histogram>(source, name, std::move(upper_bounds));
}

void MetricRegistry::AddCallback(std::string_view name, std::string_view help, MetricLabels labels,
                                 std::function<double()> value) {
  MutexLock lock(impl_->mutex);
  const MetricKind kind = name.ends_with("_total") ? MetricKind::kCounter : MetricKind::kGauge;
  Source& source = impl_->Find(name, help, kind, std::move(labels));
  if (!std::holds_alternative<std::monostate>(source)) Reject(name, "exists already");
  source = std::move(value);
}

void MetricRegistry::AddCollector(std::function<void()> collect) {
  MutexLock lock(impl_->mutex);
  impl_->collectors.push_back(std::move(collect));
}

std::string MetricRegistry::Render(Format format) const {
  MutexLock render_lock(impl_->render_mutex);
  std::vector<std::function<void()>> collectors;
  {
    MutexLock lock(impl_->mutex);
    collectors = impl_->collectors;
  }
  for (const auto& collect : collectors) collect();

  // Families and metrics are never removed and maps keep their elements in place, so what is found under the lock may
  // be read without it; callbacks run without it, for they may take locks of their own.
  std::vector<FamilyView> views;
  std::vector<std::pair<double*, Callback>> callbacks;
  {
    MutexLock lock(impl_->mutex);
    for (const auto& [name, family] : impl_->families) {
      FamilyView& view = views.emplace_back(FamilyView{name, family.help, family.kind, {}});
      view.metrics.reserve(family.metrics.size());
      for (const auto& [labels, source] : family.metrics) {
        MetricView& metric = view.metrics.emplace_back(MetricView{&labels, 0.0});
        if (const auto* counter = std::get_if<std::unique_ptr<Counter>>(&source)) {
          metric.value = (*counter)->value();
        } else if (const auto* gauge = std::get_if<std::unique_ptr<Gauge>>(&source)) {
          metric.value = (*gauge)->value();
        } else if (const auto* histogram = std::get_if<std::unique_ptr<Histogram>>(&source)) {
          metric.value = histogram->get();
        } else if (const auto* callback = std::get_if<Callback>(&source)) {
          callbacks.emplace_back(&std::get<double>(metric.value), *callback);
        }
      }
    }
  }
  for (auto& [value, callback] : callbacks) *value = callback();
  return RenderExposition(format, views);
}

}  // namespace promcast
