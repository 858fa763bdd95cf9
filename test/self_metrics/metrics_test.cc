#include "self_metrics/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <thread>

namespace promcast {
namespace {

using Format = MetricRegistry::Format;
using testing::HasSubstr;

TEST(MetricsTest, TextFormatWritesEachFamilyOnceInOrderOfNames) {
  MetricRegistry metrics;
  metrics.AddGauge("b", "Second.").Set(2.5);
  metrics.AddCounter("a_total", "First.", {{"x", "2"}}).Increment(3);
  metrics.AddCounter("a_total", "First.", {{"x", "1"}}).Increment();
  EXPECT_EQ(metrics.Render(Format::kText),
            "# HELP a_total First.\n"
            "# TYPE a_total counter\n"
            "a_total{x=\"1\"} 1\n"
            "a_total{x=\"2\"} 3\n"
            "# HELP b Second.\n"
            "# TYPE b gauge\n"
            "b 2.5\n");
}

TEST(MetricsTest, OpenMetricsNamesCountersWithoutTotalAndEndsWithEof) {
  MetricRegistry metrics;
  metrics.AddCounter("a_total", "Says \"x\".").Increment(7);
  EXPECT_EQ(metrics.Render(Format::kOpenMetrics),
            "# HELP a Says \\\"x\\\".\n"
            "# TYPE a counter\n"
            "a_total 7\n"
            "# EOF\n");
  EXPECT_EQ(MetricRegistry().Render(Format::kOpenMetrics), "# EOF\n");
}

TEST(MetricsTest, HistogramBucketsAreCumulativeAndInclusive) {
  MetricRegistry metrics;
  Histogram& histogram = metrics.AddHistogram("h_seconds", "H.", {0.5, 1, 10}, {{"a", "b"}});
  for (double value : {0.5, 0.75, 1.0, 11.0}) histogram.Observe(value);
  EXPECT_EQ(metrics.Render(Format::kText),
            "# HELP h_seconds H.\n"
            "# TYPE h_seconds histogram\n"
            "h_seconds_bucket{a=\"b\",le=\"0.5\"} 1\n"
            "h_seconds_bucket{a=\"b\",le=\"1\"} 3\n"
            "h_seconds_bucket{a=\"b\",le=\"10\"} 3\n"
            "h_seconds_bucket{a=\"b\",le=\"+Inf\"} 4\n"
            "h_seconds_sum{a=\"b\"} 13.25\n"
            "h_seconds_count{a=\"b\"} 4\n");
  EXPECT_THAT(metrics.Render(Format::kOpenMetrics), HasSubstr("h_seconds_bucket{a=\"b\",le=\"1.0\"} 3\n"));
  EXPECT_THAT(metrics.Render(Format::kOpenMetrics), HasSubstr("h_seconds_bucket{a=\"b\",le=\"+Inf\"} 4\n"));
}

TEST(MetricsTest, LabelValuesAndHelpAreEscaped) {
  MetricRegistry metrics;
  metrics.AddGauge("g", "a \\ b\n\"c\"", {{"l", "a \\ b\n\"c\""}}).Set(1);
  const std::string text = metrics.Render(Format::kText);
  EXPECT_THAT(text, HasSubstr("# HELP g a \\\\ b\\n\"c\"\n"));
  EXPECT_THAT(text, HasSubstr("g{l=\"a \\\\ b\\n\\\"c\\\"\"} 1\n"));
}

TEST(MetricsTest, NumbersAreWrittenAsPrometheusReadsThem) {
  MetricRegistry metrics;
  Gauge& gauge = metrics.AddGauge("g", "G.");
  const std::pair<double, std::string> cases[] = {
      {std::numeric_limits<double>::infinity(), "+Inf"},
      {-std::numeric_limits<double>::infinity(), "-Inf"},
      {std::numeric_limits<double>::quiet_NaN(), "NaN"},
      {1e21, "1e+21"},
      {0.1, "0.1"},
      {16777217, "16777217"},
  };
  for (const auto& [value, want] : cases) {
    gauge.Set(value);
    EXPECT_THAT(metrics.Render(Format::kText), HasSubstr("\ng " + want + "\n"));
  }
}

TEST(MetricsTest, LabelsAreOneMetricInAnyOrder) {
  MetricRegistry metrics;
  Counter& one = metrics.AddCounter("c_total", "C.", {{"b", "1"}, {"a", "2"}});
  Counter& same = metrics.AddCounter("c_total", "C.", {{"a", "2"}, {"b", "1"}});
  EXPECT_EQ(&one, &same);
  one.Increment();
  EXPECT_THAT(metrics.Render(Format::kText), HasSubstr("c_total{a=\"2\",b=\"1\"} 1\n"));
}

TEST(MetricsTest, CallbacksAreAskedAtEachRendering) {
  MetricRegistry metrics;
  int asked = 0;
  metrics.AddCallback("asked_total", "A counter by its name.", {}, [&] { return ++asked; });
  metrics.AddCallback("level", "A gauge by its name.", {}, [] { return 0.5; });
  EXPECT_THAT(metrics.Render(Format::kText), HasSubstr("# TYPE asked_total counter\nasked_total 1\n"));
  EXPECT_THAT(metrics.Render(Format::kText), HasSubstr("asked_total 2\n"));
  EXPECT_THAT(metrics.Render(Format::kText), HasSubstr("# TYPE level gauge\nlevel 0.5\n"));
}

TEST(MetricsTest, CollectorsRunBeforeValuesAreReadAndMayAddMetrics) {
  MetricRegistry metrics;
  metrics.AddCollector([&] { metrics.AddGauge("made", "Late.").Set(4); });
  EXPECT_THAT(metrics.Render(Format::kText), HasSubstr("made 4\n"));
}

using MetricsDeathTest = testing::Test;

TEST(MetricsDeathTest, NamesAgainstTheConventionsAbort) {
  MetricRegistry metrics;
  EXPECT_DEATH(metrics.AddGauge("a:b", "H."), "metric a:b: .*colon");
  EXPECT_DEATH(metrics.AddGauge("1a", "H."), "digit");
  EXPECT_DEATH(metrics.AddGauge("", "H."), "metric");
  EXPECT_DEATH(metrics.AddCounter("a", "H."), "_total");
  EXPECT_DEATH(metrics.AddGauge("a_total", "H."), "_total");
  EXPECT_DEATH(metrics.AddGauge("a_bucket", "H."), "_bucket");
  EXPECT_DEATH(metrics.AddGauge("a", "H.", {{"__name", "x"}}), "label");
  EXPECT_DEATH(metrics.AddGauge("a", "H.", {{"l", "x"}, {"l", "y"}}), "twice");
  EXPECT_DEATH(metrics.AddHistogram("a", "H.", {1}, {{"le", "x"}}), "le");
  EXPECT_DEATH(metrics.AddHistogram("a", "H.", {}), "bounds");
  EXPECT_DEATH(metrics.AddHistogram("a", "H.", {1, 1}), "rise");
  EXPECT_DEATH(metrics.AddHistogram("a", "H.", {std::numeric_limits<double>::infinity()}), "finite");
}

TEST(MetricsDeathTest, OneNameWithTwoTypesAborts) {
  MetricRegistry metrics;
  metrics.AddGauge("a", "H.");
  EXPECT_DEATH(metrics.AddHistogram("a", "H.", {1}), "another type");
  EXPECT_DEATH(metrics.AddCounter("a_total", "H."), "another type");
  EXPECT_DEATH(metrics.AddCallback("a", "H.", {}, [] { return 0.0; }), "exists");
}

TEST(MetricsTest, UpdatesFromManyThreadsAllCountWhileItRenders) {
  MetricRegistry metrics;
  Counter& counter = metrics.AddCounter("c_total", "C.");
  Gauge& gauge = metrics.AddGauge("g", "G.");
  Histogram& histogram = metrics.AddHistogram("h", "H.", {1, 2});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) counter.Increment(), gauge.Add(1), histogram.Observe(i % 3);
    });
  }
  threads.emplace_back([&] {
    for (int i = 0; i < 20; ++i) metrics.AddGauge("late", "L.", {{"i", std::to_string(i)}}).Set(i);
  });
  for (int i = 0; i < 20; ++i) metrics.Render(Format::kText);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter.value(), 8000);
  EXPECT_EQ(gauge.value(), 8000);
  EXPECT_THAT(metrics.Render(Format::kText), HasSubstr("h_count 8000\n"));
  EXPECT_THAT(metrics.Render(Format::kText), HasSubstr("late{i=\"19\"} 19\n"));
}

}  // namespace
}  // namespace promcast
