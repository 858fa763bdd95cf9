#include "config/http_endpoint_config.h"

#include <absl/strings/match.h>
#include <fmt/format.h>
#include <unistd.h>

#include <system_error>

#include "http_client/url.h"

namespace promcast {
namespace {

constexpr DurationRange kAnyDuration{.min_ms = 0, .max_ms = 86'400'000};

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

/// Places a validator's words, which begin with a key's name, at that key.
void FailAtKey(const YamlValue& value, const absl::Status& status) {
  const std::string message(status.message());
  FilePosition position = value.position();
  for (const YamlEntry& entry : value.node().entries) {
    if (absl::StartsWith(message, entry.key)) position = entry.position;
  }
  value.errors().Add(position, fmt::format("{}.{}", value.path(), message));
}

}  // namespace

void ReadTextMap(YamlSection& section, std::string_view key, std::vector<std::pair<std::string, std::string>>& out) {
  const auto entry = section.Take(key);
  if (!entry) return;
  for (const auto& [name, value] : YamlSection(*entry).Entries()) {
    std::string text;
    if (name.empty()) value.Fail("the name is empty; write one");
    if (value.ReadString(text)) out.emplace_back(name, text);
  }
}

void ReadHttpEndpoint(YamlSection& section, const std::filesystem::path& folder, std::string_view advice,
                      HttpEndpointOptions& out, std::string& name) {
  if (const auto url = section.TakeRequired("url", advice)) {
    if (url->ReadString(out.url)) name = WithoutUserInfo(out.url);
  }
  if (const auto own = section.Take("name"); own && own->ReadString(name) && name.empty()) {
    own->Fail("the name is empty; write one, or leave the key out");
  }
  section.Duration("remote_timeout", out.remote_timeout, kAnyDuration);
  ReadTextMap(section, "headers", out.headers);
  if (const auto auth = section.Take("basic_auth")) ReadBasicAuth(*auth, folder, out.basic_auth.emplace());
  if (const auto auth = section.Take("authorization")) ReadAuthorization(*auth, folder, out.authorization.emplace());
  if (const auto tls = section.Take("tls_config")) ReadTls(*tls, folder, out.tls_config);
  RefuseBearerKeys(section);
}

void CheckHttpEndpoint(const YamlValue& value, const std::string& name, std::string_view kind,
                       const absl::Status& validity, std::map<std::string, FilePosition>& names) {
  if (!validity.ok()) FailAtKey(value, validity);
  if (const auto [first, is_new] = names.emplace(name, value.position()); !is_new) {
    value.Fail(fmt::format("the name \"{}\" is taken by the {} in line {}; give one of them another name", name, kind,
                           first->second.line));
  }
}

}  // namespace promcast
