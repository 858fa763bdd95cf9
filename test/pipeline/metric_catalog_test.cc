#include "pipeline/metric_catalog.h"

#include <gtest/gtest.h>

namespace promcast {
namespace {

TEST(MetricCatalog, ReadsBySuffixUntilTheTypeIsKnown) {
  MetricCatalog catalog;
  EXPECT_EQ(catalog.ReadingOf("http_requests_total", SampleKind::kFloat), CellReading::kRate);
  EXPECT_EQ(catalog.ReadingOf("latency_seconds_bucket", SampleKind::kFloat), CellReading::kRate);
  EXPECT_EQ(catalog.ReadingOf("latency_seconds_sum", SampleKind::kFloat), CellReading::kRate);
  EXPECT_EQ(catalog.ReadingOf("node_load1", SampleKind::kFloat), CellReading::kLast);
  EXPECT_EQ(catalog.ReadingOf("latency", SampleKind::kHistogramCount), CellReading::kRate);
}

TEST(MetricCatalog, TypesOverruleNames) {
  MetricCatalog catalog;
  EXPECT_TRUE(catalog.Note({MetricType::kGauge, "open_files_total", "", ""}));
  EXPECT_EQ(catalog.ReadingOf("open_files_total", SampleKind::kFloat), CellReading::kLast);
  EXPECT_TRUE(catalog.Note({MetricType::kCounter, "node_context_switches", "", ""}));
  EXPECT_EQ(catalog.ReadingOf("node_context_switches", SampleKind::kFloat), CellReading::kRate);
}

TEST(MetricCatalog, FamiliesGiveTheirTypeToTheirSeries) {
  MetricCatalog catalog;
  catalog.Note({MetricType::kSummary, "rpc_seconds", "", ""});
  EXPECT_EQ(catalog.ReadingOf("rpc_seconds", SampleKind::kFloat), CellReading::kLast);  // a quantile
  EXPECT_EQ(catalog.ReadingOf("rpc_seconds_count", SampleKind::kFloat), CellReading::kRate);
  catalog.Note({MetricType::kGaugeHistogram, "queue", "", ""});
  EXPECT_EQ(catalog.ReadingOf("queue_bucket", SampleKind::kFloat), CellReading::kLast);
  catalog.Note({MetricType::kCounter, "jobs", "", ""});  // OpenMetrics names the family without _total
  EXPECT_EQ(catalog.TypeOf("jobs_total"), MetricType::kCounter);
}

TEST(MetricCatalog, SaysWhenSeriesMayHaveToBeReadOtherwise) {
  MetricCatalog catalog;
  EXPECT_FALSE(catalog.Note({MetricType::kCounter, "jobs_total", "", ""}));  // as its name says
  EXPECT_FALSE(catalog.Note({MetricType::kCounter, "jobs_total", "", ""}));
  EXPECT_TRUE(catalog.Note({MetricType::kGauge, "jobs_total", "", ""}));
  EXPECT_FALSE(catalog.Note({MetricType::kGauge, "jobs_total", "", ""}));
  EXPECT_TRUE(catalog.Note({MetricType::kCounter, "jobs_total", "", ""}));
  EXPECT_FALSE(catalog.Note({MetricType::kUnknown, "jobs_total", "", ""}));
}

TEST(MetricCatalog, AFamilyThatKeepsChangingComesToRest) {
  MetricCatalog catalog;
  int changes = 0;
  for (int i = 0; i < 1000; i++) {
    changes += catalog.Note({i % 2 == 0 ? MetricType::kCounter : MetricType::kGauge, "jobs", "", ""});
  }
  EXPECT_LE(changes, MetricCatalog::kMaxChanges + 1);
}

TEST(MetricCatalog, IsBounded) {
  MetricCatalog catalog;
  for (size_t i = 0; i < MetricCatalog::kMaxFamilies + 1000; i++) {
    catalog.Note({MetricType::kGauge, "family_" + std::to_string(i), "", ""});
  }
  EXPECT_EQ(catalog.size(), MetricCatalog::kMaxFamilies);
}

}  // namespace
}  // namespace promcast
