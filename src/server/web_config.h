#pragma once

#include <absl/status/statusor.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "concurrency/mutex.h"
#include "logging/log.h"

namespace promcast {

/// What a TLS listener asks of its clients; the names are those of Go's crypto/tls.
enum class ClientAuthType { kNone, kRequest, kRequireAny, kVerifyIfGiven, kRequireAndVerify };

struct TlsServerConfig {
  std::string cert_file, key_file;  ///< PEM; relative paths count from the web configuration file
  std::string cert_pem, key_pem;    ///< their contents
  ClientAuthType client_auth_type = ClientAuthType::kNone;
  std::string client_ca_file, client_ca_pem;
  std::vector<std::string> client_allowed_sans;  ///< empty: every verified client
  int min_version = 12;                          ///< 10, 11, 12 or 13 for TLS 1.x
  int max_version = 13;
};

/// A web configuration as exporter-toolkit defines it:
/// https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md
struct WebConfig {
  std::optional<TlsServerConfig> tls;
  std::map<std::string, std::string> basic_auth_users;       ///< name to bcrypt hash; empty: no authentication
  std::vector<std::pair<std::string, std::string>> headers;  ///< added to every response
};

/// Reads a web configuration and the files it names. Unknown keys and wrong values are errors that name file and line.
absl::StatusOr<WebConfig> ReadWebConfig(const std::string& path);

/// A web configuration that follows its files: a change of any of them is read at the next call of Current(). When a
/// changed file is wrong, or when it would switch off TLS or the passwords that are in force, as a file does that is
/// just being rewritten, the last good one stays in force and the error is logged. Thread-safe.
class WebConfigFile {
 public:
  static absl::StatusOr<std::shared_ptr<WebConfigFile>> Open(const std::string& path);

  std::shared_ptr<const WebConfig> Current() PROMCAST_EXCLUDES(mutex_);

 private:
  /// Paths with what changes when a file does: its times, size and inode, taken before it was read.
  using Stamps = std::vector<std::pair<std::string, std::string>>;
  friend absl::StatusOr<WebConfig> ReadWebConfig(const std::string& path);

  WebConfigFile(std::string path, std::shared_ptr<const WebConfig> config, Stamps stamps);
  static absl::StatusOr<WebConfig> Read(const std::string& path, Stamps& stamps);
  static bool AreCurrent(const Stamps& stamps);

  const std::string path_;
  LogThrottle bad_file_log_{60 * 1000};
  Mutex mutex_;
  std::shared_ptr<const WebConfig> config_ PROMCAST_GUARDED_BY(mutex_);
  Stamps stamps_ PROMCAST_GUARDED_BY(mutex_);
};

}  // namespace promcast
