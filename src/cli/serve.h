#pragma once

#include <string>
#include <vector>

namespace promcast {

/// Flags of `promcast serve`; names and defaults as Prometheus has them where it does.
struct ServeFlags {
  std::string config_file = "promcast.yml";
  std::vector<std::string> listen_addresses{"127.0.0.1:9095"};
  std::string grpc_listen_address;  ///< empty: no gRPC
  std::string web_config_file;
  bool enable_lifecycle = false;
  std::string storage_path;  ///< empty: what is learned is not kept
  int max_connections = 512;
  std::string read_timeout = "5m";
  std::string log_level = "info";
  std::string log_format = "logfmt";
};

/// Runs promcast until SIGTERM or SIGINT (or /-/quit); SIGHUP reloads the configuration. The exit code.
int Serve(const ServeFlags& flags);

}  // namespace promcast
