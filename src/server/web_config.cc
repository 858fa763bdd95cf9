#include "server/web_config.h"

#include <absl/status/status.h>
#include <absl/strings/match.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>

#include "server/basic_auth.h"

namespace promcast {
namespace {

/// Where a value stands and why it is wrong. Thrown within this file, as yaml-cpp throws.
struct BadConfig {
  YAML::Mark mark;
  std::string why;
};

using Keys = std::map<std::string, std::function<void(const YAML::Node&)>>;

/// Calls the reader of each key of a mapping; unknown and repeated keys are errors.
void ReadMapping(const YAML::Node& node, std::string_view what, const Keys& keys) {
  if (node.IsNull()) return;
  if (!node.IsMap()) throw BadConfig{node.Mark(), fmt::format("{} must be a mapping", what)};
  std::map<std::string, bool> seen;
  for (const auto& entry : node) {
    const std::string key = entry.first.as<std::string>();
    const auto reader = keys.find(key);
    if (reader == keys.end()) throw BadConfig{entry.first.Mark(), fmt::format("unknown key \"{}\" in {}", key, what)};
    if (std::exchange(seen[key], true))
      throw BadConfig{entry.first.Mark(), fmt::format("key \"{}\" stands twice", key)};
    reader->second(entry.second);
  }
}

std::string Text(const YAML::Node& node) {
  if (!node.IsScalar()) throw BadConfig{node.Mark(), "must be a string"};
  return node.Scalar();
}

template <typename T>
T Choice(const YAML::Node& node, std::string_view what, const std::vector<std::pair<std::string_view, T>>& choices) {
  const std::string text = Text(node);
  std::string names;
  for (const auto& [name, value] : choices) {
    if (text == name) return value;
    names += (names.empty() ? "" : ", ") + std::string(name);
  }
  throw BadConfig{node.Mark(), fmt::format("{} \"{}\" is none of {}", what, text, names)};
}

std::string FileStamp(const std::string& path) {
  struct stat file {};
  if (stat(path.c_str(), &file) != 0) return "-";
  return fmt::format("{}.{:09} {} {} {}.{:09}", file.st_mtim.tv_sec, file.st_mtim.tv_nsec, file.st_size, file.st_ino,
                     file.st_ctim.tv_sec, file.st_ctim.tv_nsec);
}

class Reader {
 public:
  /// `stamps` gets each file's stamp before the file is read.
  Reader(const std::string& path, std::vector<std::pair<std::string, std::string>>& stamps)
      : folder_(std::filesystem::path(path).parent_path()), stamps_(stamps) {}

  WebConfig Read(const YAML::Node& root) {
    ReadMapping(root, "the web configuration",
                {{"tls_server_config", [this](const YAML::Node& node) { ReadTls(node); }},
                 {"basic_auth_users", [this](const YAML::Node& node) { ReadUsers(node); }},
                 {"http_server_config", [this](const YAML::Node& node) { ReadHttp(node); }}});
    return std::move(config_);
  }

 private:
  std::pair<std::string, std::string> File(const YAML::Node& node) const {
    const std::string name = Text(node);
    const std::string path = (folder_ / name).string();  // an absolute name stays as it is
    stamps_.emplace_back(path, FileStamp(path));
    std::ifstream file(path, std::ios::binary);
    if (!file) throw BadConfig{node.Mark(), fmt::format("cannot read {}", path)};
    std::string text{std::istreambuf_iterator<char>(file), {}};
    return {path, std::move(text)};
  }

  void ReadTls(const YAML::Node& node) {
    using enum ClientAuthType;
    RefuseNothing(node, "tls_server_config");
    TlsServerConfig tls;
    const auto version = [](const YAML::Node& value) {
      return Choice<int>(value, "TLS version", {{"TLS13", 13}, {"TLS12", 12}, {"TLS11", 11}, {"TLS10", 10}});
    };
    const auto client_auth = [](const YAML::Node& value) {
      return Choice<ClientAuthType>(value, "client_auth_type",
                                    {{"NoClientCert", kNone},
                                     {"RequestClientCert", kRequest},
                                     {"RequireClientCert", kRequireAny},
                                     {"RequireAnyClientCert", kRequireAny},
                                     {"VerifyClientCertIfGiven", kVerifyIfGiven},
                                     {"RequireAndVerifyClientCert", kRequireAndVerify}});
    };
    const auto unsupported = [](const YAML::Node& value) {
      throw BadConfig{
          value.Mark(),
          "cipher_suites and curve_preferences are not supported, OpenSSL's defaults are used; leave them out"};
    };
    ReadMapping(node, "tls_server_config",
                {{"cert_file", [&](const auto& value) { std::tie(tls.cert_file, tls.cert_pem) = File(value); }},
                 {"key_file", [&](const auto& value) { std::tie(tls.key_file, tls.key_pem) = File(value); }},
                 {"client_ca_file", [&](const auto& v) { std::tie(tls.client_ca_file, tls.client_ca_pem) = File(v); }},
                 {"client_auth_type", [&](const auto& value) { tls.client_auth_type = client_auth(value); }},
                 {"client_allowed_sans",
                  [&](const auto& value) {
                    if (!value.IsSequence()) throw BadConfig{value.Mark(), "client_allowed_sans must be a list"};
                    for (const auto& san : value) tls.client_allowed_sans.push_back(Text(san));
                  }},
                 {"min_version", [&](const auto& value) { tls.min_version = version(value); }},
                 {"max_version", [&](const auto& value) { tls.max_version = version(value); }},
                 {"prefer_server_cipher_suites", [](const auto& value) { value.template as<bool>(); }},  // it always is
                 {"cipher_suites", unsupported},
                 {"curve_preferences", unsupported}});
    CheckTls(node.Mark(), tls);
    config_.tls = std::move(tls);
  }

  /// A key with nothing after it is more likely a file cut short than a wish to go without protection.
  static void RefuseNothing(const YAML::Node& node, std::string_view key) {
    if (node.IsNull()) throw BadConfig{node.Mark(), fmt::format("{} has nothing in it; fill it or leave it out", key)};
  }

  static void CheckTls(const YAML::Mark& mark, const TlsServerConfig& tls) {
    using enum ClientAuthType;
    if (tls.cert_file.empty()) throw BadConfig{mark, "tls_server_config needs cert_file"};
    if (tls.key_file.empty()) throw BadConfig{mark, "tls_server_config needs key_file"};
    if (tls.min_version > tls.max_version) throw BadConfig{mark, "min_version is above max_version"};
    const bool verifies = tls.client_auth_type == kVerifyIfGiven || tls.client_auth_type == kRequireAndVerify;
    if (verifies && tls.client_ca_file.empty()) {
      throw BadConfig{mark, "a client_auth_type that verifies needs client_ca_file"};
    }
    if (!tls.client_ca_file.empty() && tls.client_auth_type == kNone) {
      throw BadConfig{mark, "client_ca_file is given but client_auth_type asks for no certificate"};
    }
    if (!tls.client_allowed_sans.empty() && tls.client_auth_type != kRequireAndVerify) {
      throw BadConfig{mark, "client_allowed_sans needs client_auth_type RequireAndVerifyClientCert"};
    }
  }

  void ReadUsers(const YAML::Node& node) {
    RefuseNothing(node, "basic_auth_users");
    if (!node.IsMap()) throw BadConfig{node.Mark(), "basic_auth_users must be a mapping of names to bcrypt hashes"};
    for (const auto& entry : node) {
      const std::string name = Text(entry.first), hash = Text(entry.second);
      if (name.empty() || name.find(':') != std::string::npos) {
        throw BadConfig{entry.first.Mark(), "a user's name is not empty and has no colon"};
      }
      if (!IsBcryptHash(hash)) {
        throw BadConfig{entry.second.Mark(),
                        fmt::format("user \"{}\" has no bcrypt hash; make one with: htpasswd -nBC 10 \"\"", name)};
      }
      if (!config_.basic_auth_users.emplace(name, hash).second) {
        throw BadConfig{entry.first.Mark(), fmt::format("user \"{}\" stands twice", name)};
      }
    }
  }

  void ReadHttp(const YAML::Node& node) {
    ReadMapping(node, "http_server_config",
                {{"http2", [](const YAML::Node& value) { value.as<bool>(); }},  // the listener speaks HTTP/1.1
                 {"headers", [this](const YAML::Node& value) { ReadHeaders(value); }}});
  }

  void ReadHeaders(const YAML::Node& node) {
    static constexpr std::string_view kAllowed[] = {"Strict-Transport-Security", "X-Content-Type-Options",
                                                    "X-Frame-Options", "X-XSS-Protection", "Content-Security-Policy"};
    if (node.IsNull()) return;
    if (!node.IsMap()) throw BadConfig{node.Mark(), "headers must be a mapping"};
    for (const auto& entry : node) {
      const std::string name = Text(entry.first), value = Text(entry.second);
      const auto same = [&](std::string_view allowed) {
        return absl::EqualsIgnoreCase({allowed.data(), allowed.size()}, name);
      };
      if (std::none_of(std::begin(kAllowed), std::end(kAllowed), same)) {
        throw BadConfig{entry.first.Mark(), fmt::format("HTTP header \"{}\" cannot be set here", name)};
      }
      if (value.find_first_of("\r\n") != std::string::npos) {
        throw BadConfig{entry.second.Mark(), "a header's value is one line"};
      }
      config_.headers.emplace_back(name, value);
    }
  }

  const std::filesystem::path folder_;
  std::vector<std::pair<std::string, std::string>>& stamps_;
  WebConfig config_;
};

}  // namespace

absl::StatusOr<WebConfig> ReadWebConfig(const std::string& path) {
  WebConfigFile::Stamps stamps;
  return WebConfigFile::Read(path, stamps);
}

absl::StatusOr<WebConfig> WebConfigFile::Read(const std::string& path, Stamps& stamps) {
  const auto error = [&](const YAML::Mark& mark, std::string_view why) {
    return absl::InvalidArgumentError(mark.is_null() ? fmt::format("{}: {}", path, why)
                                                     : fmt::format("{}:{}: {}", path, mark.line + 1, why));
  };
  stamps.emplace_back(path, FileStamp(path));
  try {
    std::ifstream file(path, std::ios::binary);
    if (!file) return absl::NotFoundError(fmt::format("{}: cannot be read", path));
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    return Reader(path, stamps).Read(YAML::Load(text));
  } catch (const BadConfig& bad) {
    return error(bad.mark, bad.why);
  } catch (const YAML::Exception& bad) {
    return error(bad.mark, bad.msg);
  }
}

absl::StatusOr<std::shared_ptr<WebConfigFile>> WebConfigFile::Open(const std::string& path) {
  Stamps stamps;
  auto config = Read(path, stamps);
  if (!config.ok()) return config.status();
  return std::shared_ptr<WebConfigFile>(
      new WebConfigFile(path, std::make_shared<const WebConfig>(*std::move(config)), std::move(stamps)));
}

WebConfigFile::WebConfigFile(std::string path, std::shared_ptr<const WebConfig> config, Stamps stamps)
    : path_(std::move(path)), config_(std::move(config)), stamps_(std::move(stamps)) {}

bool WebConfigFile::AreCurrent(const Stamps& stamps) {
  return std::all_of(stamps.begin(), stamps.end(),
                     [](const auto& stamp) { return FileStamp(stamp.first) == stamp.second; });
}

std::shared_ptr<const WebConfig> WebConfigFile::Current() {
  MutexLock lock(mutex_);
  if (AreCurrent(stamps_)) return config_;
  Stamps stamps;
  auto changed = Read(path_, stamps);
  // A file that changed while it was read may be half of what it will be: the next call reads it again.
  if (!AreCurrent(stamps)) return config_;
  stamps_ = std::move(stamps);
  if (!changed.ok()) {
    bad_file_log_.Log(LogLevel::kError, "changed web configuration not taken",
                      {{"err", std::string(changed.status().message())}});
    return config_;
  }
  const bool drops_tls = config_->tls && !changed->tls;
  if (drops_tls || (!config_->basic_auth_users.empty() && changed->basic_auth_users.empty())) {
    Log(LogLevel::kError, "changed web configuration not taken: switching off protection needs a restart",
        {{"file", path_}, {"missing", drops_tls ? "tls_server_config" : "basic_auth_users"}});
    return config_;
  }
  config_ = std::make_shared<const WebConfig>(*std::move(changed));
  return config_;
}

}  // namespace promcast
