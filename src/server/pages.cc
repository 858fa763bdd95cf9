#include "server/pages.h"

#include <array>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "server/gzip.h"
#include "server/status_page.h"

namespace promcast {
namespace {

struct Route {
  std::string_view path;
  std::string_view handler;
};
constexpr Route kRoutes[] = {
    {"/", "status"},
    {"/api/v1/write", "write"},
    {"/api/v1/push", "write"},
    {"/api/v1/receive", "write"},
    {"/api/v1/read", "read"},
    {"/metrics", "metrics"},
    {"/-/healthy", "healthy"},
    {"/-/ready", "ready"},
    {"/-/reload", "reload"},
    {"/-/quit", "quit"},
    {"/api/v1/status", "status"},
    {"/api/v1/status/buildinfo", "buildinfo"},
    {"/api/v1/series/forecasts", "series"},
};

HttpReply Text(int status, std::string body) {
  return {.status = status, .body = std::move(body), .headers = {}};
}

HttpReply Json(std::string body, int status = 200) {
  return {.status = status, .body = std::move(body), .content_type = "application/json", .headers = {}};
}

/// An error as Prometheus's API tells it.
HttpReply ApiError(int status, std::string_view type, std::string_view message) {
  const nlohmann::ordered_json error = {{"status", "error"}, {"errorType", type}, {"error", message}};
  return Json(error.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace), status);
}

HttpReply MethodNotAllowed(std::string allowed) {
  HttpReply reply = Text(405, "method not allowed, use " + allowed + "\n");
  reply.headers.emplace_back("Allow", std::move(allowed));
  return reply;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Takes the part of `list` before the next `separator` off it.
std::string_view TakeItem(std::string_view& list, char separator) {
  const size_t end = list.find(separator);
  const std::string_view item = Trim(list.substr(0, end));
  list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
  return item;
}

/// The weight q that a header such as Accept gives to `name`; 0 when it does not name it (RFC 9110, 12.4.2).
double Weight(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    std::string_view entry = TakeItem(header, ',');
    if (TakeItem(entry, ';') != name) continue;
    while (!entry.empty()) {
      const std::string_view parameter = TakeItem(entry, ';');
      if (parameter.starts_with("q=")) return std::strtod(std::string(parameter.substr(2)).c_str(), nullptr);
    }
    return 1;
  }
  return 0;
}

}  // namespace

std::string_view Pages::HandlerName(std::string_view path) {
  for (const Route& route : kRoutes) {
    if (route.path == path) return route.handler;
  }
  return "other";
}

bool Pages::IsWritePath(std::string_view path) {
  return HandlerName(path) == "write";
}

bool Pages::IsReadPath(std::string_view path) {
  return HandlerName(path) == "read";
}

Pages::Place Pages::PlaceOf(const PageRequest& request) {
  const std::string_view handler = HandlerName(request.path);
  if (handler == "reload") return Place::kBlocking;
  return handler == "series" ? Place::kSearching : Place::kHere;
}

HttpReply Pages::Answer(const PageRequest& request) const {
  const std::string_view handler = HandlerName(request.path);
  if (handler == "other") return Text(404, "not found\n");
  if (handler == "reload" || handler == "quit") return Lifecycle(request);
  if (request.method != "GET" && request.method != "HEAD") return MethodNotAllowed("GET, HEAD");
  if (handler == "metrics") return Metrics(request);
  if (handler == "healthy") return Text(200, "promcast is healthy.\n");
  if (handler == "ready") {
    return hooks_.ready() ? Text(200, "promcast is ready.\n") : Text(503, "promcast is not ready.\n");
  }
  if (handler == "buildinfo") return BuildInfo();
  if (handler == "series") return SeriesForecasts(request);
  if (request.path == "/api/v1/status") return Json(hooks_.status_json());
  return {.status = 200,
          .body = RenderStatusPage(hooks_.version, hooks_.status_json()),
          .content_type = "text/html; charset=utf-8",
          .headers = {{"Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"},
                      {"X-Content-Type-Options", "nosniff"}}};
}

HttpReply Pages::Metrics(const PageRequest& request) const {
  using Format = MetricRegistry::Format;
  const bool open_metrics =
      Weight(request.accept, "application/openmetrics-text") > Weight(request.accept, "text/plain");
  HttpReply reply = Text(200, hooks_.metrics.Render(open_metrics ? Format::kOpenMetrics : Format::kText));
  reply.content_type = open_metrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                    : "text/plain; version=0.0.4; charset=utf-8";
  if (Weight(request.accept_encoding, "gzip") > 0) {
    reply.body = GzipCompress(reply.body);
    reply.headers.emplace_back("Content-Encoding", "gzip");
  }
  reply.headers.emplace_back("Vary", "Accept, Accept-Encoding");
  return reply;
}

HttpReply Pages::Lifecycle(const PageRequest& request) const {
  if (request.method != "POST" && request.method != "PUT") return MethodNotAllowed("POST, PUT");
  if (!enable_lifecycle_) return Text(403, "Lifecycle API is not enabled; start with --web.enable-lifecycle.\n");
  if (request.path == "/-/quit") {
    hooks_.quit();
    return Text(200, "Requesting termination... Goodbye!\n");
  }
  const absl::Status status = hooks_.reload();
  if (status.ok()) return Text(200, "");
  return Text(500, "failed to reload config: " + std::string(status.message()) + "\n");
}

HttpReply Pages::BuildInfo() const {
  const nlohmann::ordered_json info = {{"status", "success"},
                                       {"data",
                                        {{"version", hooks_.version},
                                         {"revision", ""},
                                         {"branch", ""},
                                         {"buildUser", ""},
                                         {"buildDate", ""},
                                         {"goVersion", ""}}}};
  return Json(info.dump());
}

HttpReply Pages::SeriesForecasts(const PageRequest& request) const {
  const absl::StatusOr<SeriesQuery> query = ParseSeriesQuery(request.query);
  if (!query.ok()) return ApiError(400, "bad_data", std::string(query.status().message()));
  absl::StatusOr<std::string> answer = hooks_.series_forecasts_json(*query);
  if (!answer.ok()) return ApiError(503, "unavailable", std::string(answer.status().message()));
  return Json(*std::move(answer));
}

}  // namespace promcast
