# Sourced by quickstart.sh: which ports to listen on.
# shellcheck shell=bash

port_in_use() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# " by prometheus (pid 123)" where ss is there and tells.
port_user() {
  command -v ss >/dev/null || return 0
  ss -Hltnp "sport = :$1" 2>/dev/null |
    sed -n 's/.*users:(("\([^"]*\)",pid=\([0-9]*\).*/ by \1 (pid \2)/p' | head -n 1
}

# The flag of whoever listens on a port that has been given away.
declare -A port_flag=()

# take_requested_port VARIABLE FLAG: a port that was asked for must be free.
take_requested_port() {
  local port=${!1} flag=$2
  if [[ ${port_flag[$port]:-} ]]; then
    die "port $port is asked for twice: with ${port_flag[$port]} and with $flag"
  fi
  if port_in_use "$port"; then die "port $port, asked for with $flag, is in use$(port_user "$port")"; fi
  port_flag[$port]=$flag
}

# take_default_port VARIABLE FLAG WHAT: a default gives way to the next free one.
take_default_port() {
  local -n chosen=$1
  local flag=$2 what=$3 wanted=$chosen reason
  while [[ ${port_flag[$chosen]:-} ]] || port_in_use "$chosen"; do
    chosen=$((chosen + 1))
    [[ $chosen -le $((wanted + 100)) ]] || die "no free port for $what between $wanted and $((wanted + 100))"
  done
  if [[ $chosen -ne $wanted ]]; then
    reason="is in use$(port_user "$wanted")"
    if [[ ${port_flag[$wanted]:-} ]]; then reason="goes to ${port_flag[$wanted]}"; fi
    say "port $wanted $reason: $what takes $chosen instead (choose with $flag)"
  fi
  port_flag[$chosen]=$flag
}

choose_ports() {
  local listeners=(
    'prometheus_port --prometheus-port Prometheus'
    'promcast_port --promcast-port promcast'
    "grpc_port --grpc-port promcast's gRPC"
    'demo_port --demo-port the demo exporter'
    'node_port --node-exporter-port the node exporter'
  )
  local listener variable flag what
  for listener in "${listeners[@]}"; do
    read -r variable flag what <<<"$listener"
    if [[ ${requested_ports[$variable]:-} ]]; then take_requested_port "$variable" "$flag"; fi
  done
  for listener in "${listeners[@]}"; do
    read -r variable flag what <<<"$listener"
    if [[ -z ${requested_ports[$variable]:-} ]]; then take_default_port "$variable" "$flag" "$what"; fi
  done
}

check_port_number() {
  [[ $2 =~ ^[1-9][0-9]{0,4}$ && $2 -le 65535 ]] || die "$1 needs a port from 1 to 65535, not \"$2\""
}
