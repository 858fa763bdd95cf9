#!/usr/bin/env bash
# Shows promcast at work on this machine; see --help.
set -euo pipefail
export LC_ALL=C.UTF-8  # the compiler's and other tools' words are read

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
parts=$root/deploy/quickstart
run_dir=''
live_line=''
keep_logs=''
once=''
prometheus_port=9090 promcast_port=9095 grpc_port=9096 demo_port=9097 node_port=9100
declare -A requested_ports=()

usage() {
  cat <<EOF
usage: deploy/quickstart.sh [--once] [--prometheus-port=N] [--promcast-port=N] [--grpc-port=N] [--demo-port=N]
                            [--node-exporter-port=N]

Installs the packages that are missing, builds promcast, and starts on 127.0.0.1: Prometheus and its node exporter (the
distribution's), a demo exporter whose days last two minutes, and promcast, which writes forecasts back to Prometheus.
Prints addresses and PromQL queries once the first forecast can be queried. Ctrl-C stops all of it; nothing is kept.

  --once    exit 0 as soon as the first forecasts have been shown

Ports (a default that is in use gives way to the next free one): Prometheus $prometheus_port, promcast $promcast_port and
$grpc_port (gRPC), demo $demo_port, node exporter $node_port.
EOF
}

# Replaces the live line, if there is one.
say() {
  if [[ -n $live_line ]]; then
    printf '\r\033[K'
    live_line=''
  fi
  printf '%s\n' "$*"
}

die() {
  keep_logs=yes
  say "quickstart: $*" >&2
  exit 1
}

# progress TEXT: one line that changes in place; off a terminal, a line at most every 20 s.
progress_at=-20
progress() {
  if [[ -t 1 ]]; then
    printf '\r\033[K%s' "$1"
    live_line=yes
  elif [[ $((SECONDS - progress_at)) -ge 20 ]]; then
    printf '%s\n' "$1"
    progress_at=$SECONDS
  fi
}

# shellcheck source=deploy/quickstart/ports.sh
source "$parts/ports.sh"
# shellcheck source=deploy/quickstart/processes.sh
source "$parts/processes.sh"
# shellcheck source=deploy/quickstart/queries.sh
source "$parts/queries.sh"

parse_flags() {
  local flag name
  for flag in "$@"; do
    case $flag in
      --once) once=yes ;;
      --help | -h) usage && exit 0 ;;
      --prometheus-port=* | --promcast-port=* | --grpc-port=* | --demo-port=* | --node-exporter-port=*)
        name=${flag%%-port=*}
        name=${name#--}
        name=${name%%-*}_port
        check_port_number "${flag%%=*}" "${flag#*=}"
        requested_ports[$name]=yes
        printf -v "$name" '%s' "${flag#*=}"
        ;;
      *) die "unknown option $flag; see --help" ;;
    esac
  done
}

build() {
  local log=$root/build/quickstart-build.log line
  if ! mkdir -p "$root/build" 2>/dev/null || ! : 2>/dev/null >"$log"; then die "cannot write to $root/build"; fi
  (cd "$root" && cmake --preset release) >>"$log" 2>&1 || build_failed "$log"
  (cd "$root" && NINJA_STATUS='[%f/%t] ' cmake --build --preset release --target promcast) 2>&1 | tee -a "$log" |
    while read -r line; do
      if [[ $line =~ ^\[([0-9]+)/([0-9]+)\] ]]; then
        progress "building promcast: ${BASH_REMATCH[1]} of ${BASH_REMATCH[2]} steps, $SECONDS s"
      fi
    done || build_failed "$log"
  live_line=${live_line:-yes}
  [[ -t 1 ]] || live_line=''
}

build_failed() {
  local reason
  reason=$(grep -m1 -E 'error:|Error|FAILED' "$1" || tail -n 1 "$1")
  if [[ -t 1 ]]; then live_line=yes; fi
  die "the build failed: $(cut -c 1-300 <<<"$reason") (log: $1)"
}

fill_in() {
  sed -e "s|@prometheus_port@|$prometheus_port|g" -e "s|@promcast_port@|$promcast_port|g" \
    -e "s|@demo_port@|$demo_port|g" -e "s|@node_port@|$node_port|g" \
    -e "s|@rules_dir@|$root/deploy/prometheus/rules|g" "$1"
}

start_all() {
  local promcast=$root/build/release/promcast
  fill_in "$parts/prometheus.yml.in" >"$run_dir/prometheus.yml"
  fill_in "$parts/promcast.yml.in" >"$run_dir/promcast.yml"
  start demo "$promcast" demo --web.listen-address="127.0.0.1:$demo_port" --day=2m
  start node-exporter prometheus-node-exporter --web.listen-address="127.0.0.1:$node_port"
  start promcast "$promcast" serve --config.file="$run_dir/promcast.yml" \
    --web.listen-address="127.0.0.1:$promcast_port" --grpc.listen-address="127.0.0.1:$grpc_port"
  wait_until_ready demo "$demo_port" /metrics 20
  wait_until_ready node-exporter "$node_port" /metrics 20
  wait_until_ready promcast "$promcast_port" /-/ready 20
  start prometheus prometheus --config.file="$run_dir/prometheus.yml" --storage.tsdb.path="$run_dir/prometheus-data" \
    --web.listen-address="127.0.0.1:$prometheus_port" --web.enable-remote-write-receiver --storage.remote.flush-deadline=1s
  wait_until_ready prometheus "$prometheus_port" /-/ready 60
}

# Until the sample queries have an answer.
wait_for_predictions() {
  local from=$SECONDS scraped received warming predicted
  until all_sample_queries_answer; do
    check_running
    [[ $((SECONDS - from)) -lt 300 ]] || die "no forecast within 5 minutes (logs: $run_dir)"
    scraped=$(query_value 'sum(scrape_samples_scraped)')
    received=$(promcast_sum 'promcast_ingest_samples_total.*')
    warming=$(promcast_sum 'promcast_series[{]state="warming_up"[}]')
    predicted=$(query_value 'count({forecaster="promcast"})')
    progress "$((SECONDS - from)) s: Prometheus scrapes ${scraped:-0} samples a second; promcast has received $received \
and warms up $warming series; ${predicted:-0} forecast series can be queried"
    sleep 1
  done
  say "first forecasts after $((SECONDS - from)) s, $(query_value 'count({forecaster="promcast"})') series so far"
}

print_addresses() {
  say ''
  say "  Prometheus       http://127.0.0.1:$prometheus_port/graph      alerts: http://127.0.0.1:$prometheus_port/alerts"
  say "  promcast         http://127.0.0.1:$promcast_port/           metrics: http://127.0.0.1:$promcast_port/metrics"
  say "  demo exporter    http://127.0.0.1:$demo_port/metrics"
  say "  node exporter    http://127.0.0.1:$node_port/metrics"
  say "  configurations and logs (until the end): $run_dir"
  say ''
  say 'Queries to try, with their answers now:'
}

clean_up() {
  local status=$?
  trap '' INT TERM
  if [[ ${#started_pids[@]} -gt 0 ]]; then
    [[ -n $keep_logs ]] || say 'stopping'
    stop_all
  fi
  if [[ -n $run_dir && -z $keep_logs ]]; then rm -rf "$run_dir"; fi
  exit "$status"
}

# Three demo days must be over before the comparison is fair: one to learn from, one to be measured, one to spare.
watch_forecasts() {
  local first=$((SECONDS + 360)) next
  next=$first
  say ''
  say 'Ctrl-C stops everything. Forecast and predict_linear are compared in about 6 minutes, then every 4 minutes.'
  while true; do
    check_running
    if [[ $SECONDS -ge $next ]]; then
      print_errors
      next=$((SECONDS + 240))
    fi
    progress "$(query_value 'count({forecaster="promcast"})') forecast series; next comparison in $((next - SECONDS)) s"
    sleep 2
  done
}

main() {
  parse_flags "$@"
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  choose_ports
  "$root/deploy/packages/install.sh" build runtime || exit 1
  build
  run_dir=$(mktemp -d "${TMPDIR:-/tmp}/promcast-quickstart.XXXXXX")
  say 'starting Prometheus, its node exporter, the demo and promcast'
  start_all
  wait_for_predictions
  print_addresses
  print_sample_queries
  if [[ -z $once ]]; then watch_forecasts; fi
}

main "$@"
