#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../http_client/test_server.h"
#include "received.h"
#include "self_metrics/metrics.h"
#include "sender/sender.h"
#include "timeseries/clock.h"

namespace promcast {

inline constexpr int64_t kNowMs = 1'700'000'000'000;
inline constexpr int64_t kMinuteMs = 60'000;

/// Senders under test. Time stands still for sample ages; nothing leaves before Drain or a full batch; waits are short.
class SenderTest : public testing::Test {
 protected:
  static DestinationOptions To(const TestServer& server, std::string name = "d");
  std::unique_ptr<Sender> MakeSender(std::vector<DestinationOptions> destinations);
  /// Queues one sample of `labels` (sorted) at `timestamp_ms`.
  static void Send(Sender& sender, const std::vector<std::pair<std::string, std::string>>& labels, double value,
                   int64_t timestamp_ms = kNowMs);
  /// Queues samples up{i="<i>"} <i> for i from `first` to before `end`.
  static void SendNumbered(Sender& sender, int first, int end);
  static bool Drain(Sender& sender) { return sender.Drain(kMinuteMs); }

  /// The value of the metric with that name and, beside destination="d", that label; 0 when it is not there.
  double Metric(const std::string& name, const std::string& label = "", const std::string& destination = "d") const;
  double Failed(const std::string& reason, const std::string& destination = "d") const {
    return Metric("samples_failed_total", "reason=\"" + reason + "\"", destination);
  }

  ManualClock clock_{kNowMs};
  MetricRegistry metrics_;
};

/// Answers like a 2.0 receiver that takes all.
TestResponse TakeAll(const TestRequest& request, size_t index);

}  // namespace promcast
