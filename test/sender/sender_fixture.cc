#include "sender_fixture.h"

#include <absl/strings/numbers.h>

#include <sstream>

#include "remote_write/label_block.h"

namespace promcast {

using std::chrono::milliseconds;

DestinationOptions SenderTest::To(const TestServer& server, std::string name) {
  DestinationOptions options;
  options.name = std::move(name);
  options.url = "http://127.0.0.1:" + std::to_string(server.port()) + "/api/v1/write";
  options.queue_config.batch_send_deadline = std::chrono::hours(1);
  options.queue_config.min_backoff = milliseconds(1);
  options.queue_config.max_backoff = milliseconds(4);
  return options;
}

std::unique_ptr<Sender> SenderTest::MakeSender(std::vector<DestinationOptions> destinations) {
  for (const auto& options : destinations) {
    EXPECT_TRUE(ValidateDestination(options).ok()) << ValidateDestination(options);
  }
  return std::make_unique<Sender>(std::move(destinations), clock_, metrics_);
}

void SenderTest::Send(Sender& sender, const std::vector<std::pair<std::string, std::string>>& labels, double value,
                      int64_t timestamp_ms) {
  std::string block;
  for (const auto& [name, text] : labels) AppendLabel(block, name, text);
  const auto batch = std::make_shared<OutputBatch>();
  batch->Append(block, {timestamp_ms, value});
  sender.Enqueue(batch);
}

void SenderTest::SendNumbered(Sender& sender, int first, int end) {
  for (int i = first; i < end; i++) Send(sender, {{"__name__", "up"}, {"i", std::to_string(i)}}, i);
}

double SenderTest::Metric(const std::string& name, const std::string& label, const std::string& destination) const {
  std::istringstream lines(metrics_.Render(MetricRegistry::Format::kText));
  const std::string full = "promcast_remote_write_" + name + "{";
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind(full, 0) != 0 || line.find("destination=\"" + destination + "\"") == std::string::npos) continue;
    if (line.find(label) == std::string::npos) continue;
    double value = 0;
    EXPECT_TRUE(absl::SimpleAtod(line.substr(line.rfind(' ') + 1), &value)) << line;
    return value;
  }
  return 0;
}

TestResponse TakeAll(const TestRequest& request, size_t) {
  const ReceivedWrite write = Receive(request);
  return write.v2 ? Written(write.series.size()) : TestResponse{.status = 204};
}

}  // namespace promcast
