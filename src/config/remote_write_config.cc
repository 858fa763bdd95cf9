#include <absl/status/status.h>
#include <absl/strings/match.h>
#include <fmt/format.h>
#include <unistd.h>

#include <map>
#include <system_error>

#include "config/sections.h"
#include "http_client/url.h"

namespace promcast {
namespace {

constexpr DurationRange kAnyDuration{.min_ms = 0, .max_ms = 86'400'000};
constexpr IntegerRange kAnyCount{.min = 1, .max = 1'000'000'000};
constexpr std::string_view kMessageV1 = "prometheus.WriteRequest";
constexpr std::string_view kMessageV2 = "io.prometheus.write.v2.Request";

void ReadFileName(YamlSection& section, std::string_view key, const std::filesystem::path& folder, std::string& out) {
  const auto entry = section.Take(key);
  std::string name;
  if (!entry || !entry->ReadString(name)) return;
  if (name.empty()) return entry->Fail("the file name is empty; write one, or leave the key out");
  const std::string path = (folder / name).string();
  std::error_code error;
  const bool is_directory = std::filesystem::is_directory(path, error);
  if (is_directory || access(path.c_str(), R_OK) != 0) {
    error = is_directory ? std::make_error_code(std::errc::is_a_directory)
                         : std::error_code(errno, std::generic_category());
    return entry->Fail(
        fmt::format("cannot read the file \"{}\": {}; correct the name or the file's rights", path, error.message()));
  }
  out = path;
}

void ReadTextMap(YamlSection& section, std::string_view key, std::vector<std::pair<std::string, std::string>>& out) {
  const auto entry = section.Take(key);
  if (!entry) return;
  for (const auto& [name, value] : YamlSection(*entry).Entries()) {
    std::string text;
    if (name.empty()) value.Fail("the name is empty; write one");
    if (value.ReadString(text)) out.emplace_back(name, text);
  }
}

void ReadBasicAuth(const YamlValue& value, const std::filesystem::path& folder, BasicAuthOptions& auth) {
  YamlSection section(value);
  if (const auto username = section.TakeRequired("username", "write the user's name"))
    username->ReadString(auth.username);
  section.String("password", auth.password);
  ReadFileName(section, "password_file", folder, auth.password_file);
  section.RefuseOtherKeys();
}

void ReadAuthorization(const YamlValue& value, const std::filesystem::path& folder, AuthorizationOptions& auth) {
  YamlSection section(value);
  section.String("type", auth.type);
  section.String("credentials", auth.credentials);
  ReadFileName(section, "credentials_file", folder, auth.credentials_file);
  section.RefuseOtherKeys();
}

void ReadTls(const YamlValue& value, const std::filesystem::path& folder, ClientTlsOptions& tls) {
  YamlSection section(value);
  ReadFileName(section, "ca_file", folder, tls.ca_file);
  ReadFileName(section, "cert_file", folder, tls.cert_file);
  ReadFileName(section, "key_file", folder, tls.key_file);
  section.String("server_name", tls.server_name);
  section.Bool("insecure_skip_verify", tls.insecure_skip_verify);
  section.RefuseOtherKeys();
}

void ReadQueue(const YamlValue& value, QueueOptions& queue) {
  YamlSection section(value);
  section.Integer("capacity", queue.capacity, kAnyCount);
  section.Integer("max_shards", queue.max_shards, kAnyCount);
  section.Integer("max_samples_per_send", queue.max_samples_per_send, kAnyCount);
  section.Duration("batch_send_deadline", queue.batch_send_deadline, kAnyDuration);
  section.Duration("min_backoff", queue.min_backoff, kAnyDuration);
  section.Duration("max_backoff", queue.max_backoff, kAnyDuration);
  section.Bool("retry_on_http_429", queue.retry_on_http_429);
  section.Duration("sample_age_limit", queue.sample_age_limit, DurationRange{});
  section.RefuseOtherKeys();
}

void ReadProtobufMessage(YamlSection& section, ProtobufMessage& out) {
  const auto entry = section.Take("protobuf_message");
  std::string name;
  if (!entry || !entry->ReadString(name)) return;
  if (name == kMessageV1) {
    out = ProtobufMessage::kV1;
  } else if (name == kMessageV2) {
    out = ProtobufMessage::kV2;
  } else if (name != "auto") {
    entry->Fail(fmt::format("unknown message; write {}, {} or auto", kMessageV1, kMessageV2));
  }
}

void RefuseBearerKeys(YamlSection& section) {
  for (const YamlEntry& entry : section.value().node().entries) {
    if (entry.key != "bearer_token" && entry.key != "bearer_token_file") continue;
    section.value().errors().Add(
        entry.position,
        fmt::format("{} is not read in {}; write authorization: {{{}: ...}} instead", entry.key, section.value().path(),
                    entry.key == "bearer_token" ? "credentials" : "credentials_file"));
    section.Take(entry.key);
  }
}

/// Places what ValidateDestination says, which begins with a key's name, at that key.
void FailAtKey(const YamlValue& value, const absl::Status& status) {
  const std::string message(status.message());
  FilePosition position = value.position();
  for (const YamlEntry& entry : value.node().entries) {
    if (absl::StartsWith(message, entry.key)) position = entry.position;
  }
  value.errors().Add(position, fmt::format("{}.{}", value.path(), message));
}

void ReadDestination(const YamlValue& value, const std::filesystem::path& folder, DestinationOptions& out) {
  YamlSection section(value);
  if (const auto url =
          section.TakeRequired("url", "write the address to send to, as http://localhost:9090/api/v1/write")) {
    if (url->ReadString(out.url)) out.name = WithoutUserInfo(out.url);
  }
  if (const auto name = section.Take("name"); name && name->ReadString(out.name) && out.name.empty()) {
    name->Fail("the name is empty; write one, or leave the key out");
  }
  section.Duration("remote_timeout", out.remote_timeout, kAnyDuration);
  ReadProtobufMessage(section, out.protobuf_message);
  ReadTextMap(section, "headers", out.headers);
  if (const auto auth = section.Take("basic_auth")) ReadBasicAuth(*auth, folder, out.basic_auth.emplace());
  if (const auto auth = section.Take("authorization")) ReadAuthorization(*auth, folder, out.authorization.emplace());
  if (const auto tls = section.Take("tls_config")) ReadTls(*tls, folder, out.tls_config);
  if (const auto queue = section.Take("queue_config")) ReadQueue(*queue, out.queue_config);
  ReadTextMap(section, "strip_external_labels", out.strip_external_labels);
  RefuseBearerKeys(section);
  section.RefuseOtherKeys();
}

}  // namespace

void ReadRemoteWrite(YamlSection& top, const std::filesystem::path& folder, PipelineOptions& options) {
  const auto entry = top.Take("remote_write");
  std::vector<YamlValue> items;
  if (!entry || entry->IsNull() || !entry->ReadList(items, "a list of destinations")) return;
  std::map<std::string, FilePosition> names;
  for (const YamlValue& item : items) {
    DestinationOptions destination;
    const size_t errors_before = item.errors().size();
    ReadDestination(item, folder, destination);
    if (item.errors().size() == errors_before) {
      if (const absl::Status status = ValidateDestination(destination); !status.ok()) FailAtKey(item, status);
      const auto [first, is_new] = names.emplace(destination.name, item.position());
      if (!is_new) {
        item.Fail(fmt::format("the name \"{}\" is taken by the destination in line {}; give one of them another name",
                              destination.name, first->second.line));
      }
    }
    options.remote_write.push_back(std::move(destination));
  }
}

}  // namespace promcast
