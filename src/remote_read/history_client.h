#pragma once

#include <absl/status/status.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http_client/options.h"
#include "remote_read/history.h"
#include "remote_read/history_answer.h"
#include "remote_read/read_request.h"

namespace promcast {

/// How a store is asked for history.
enum class HistoryApi : uint8_t {
  kAuto,        ///< by the URL: kExport where its path ends in /export, else kRemoteRead
  kRemoteRead,  ///< Prometheus's remote read: Prometheus, Thanos, Mimir, Cortex
  kExport,      ///< JSON lines, as VictoriaMetrics's /api/v1/export gives them, which has no remote read
};

/// One entry of `remote_read:`.
struct HistorySourceOptions : HttpEndpointOptions {
  HistorySourceOptions() { remote_timeout = std::chrono::minutes(1); }  // as in Prometheus
  std::string name;  ///< what logs and metrics call it; default: the URL without user info
  HistoryApi api = HistoryApi::kAuto;
  friend bool operator==(const HistorySourceOptions&, const HistorySourceOptions&) = default;
};

/// InvalidArgument names the option that is wrong and what it may be.
absl::Status ValidateHistorySource(const HistorySourceOptions& options);

/// A client of the store that `options`, which must be valid, name. Remote read asks for XOR chunks as a stream, and
/// takes whole samples where the server gives these or chunks of an encoding that is not known here.
std::unique_ptr<HistoryReader> MakeHistoryReader(const HistorySourceOptions& options,
                                                 const HistoryAnswerLimits& limits = {});

/// Appends `request` as a prometheus.ReadRequest, which accepts its response type and, behind XOR chunks, samples.
void EncodeReadRequest(const ReadRequest& request, std::string& message);

/// `matchers` as a PromQL selector.
std::string SelectorText(const std::vector<Matcher>& matchers);

}  // namespace promcast
