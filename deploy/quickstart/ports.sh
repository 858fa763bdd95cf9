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

# choose_port VARIABLE WHAT FLAG: a port that was asked for must be free; a default gives way to the next free one.
choose_port() {
  local -n chosen=$1
  local what=$2 flag=$3 wanted=$chosen
  if [[ ${requested_ports[$1]:-} ]]; then
    if port_in_use "$wanted"; then
      die "port $wanted, asked for with $flag, is in use$(port_user "$wanted")"
    fi
  else
    while port_in_use "$chosen" || [[ " $taken_ports " == *" $chosen "* ]]; do
      chosen=$((chosen + 1))
      [[ $chosen -le $((wanted + 100)) ]] || die "no free port for $what between $wanted and $((wanted + 100))"
    done
    if [[ $chosen -ne $wanted ]]; then
      say "port $wanted is in use$(port_user "$wanted"): $what takes $chosen instead (choose with $flag)"
    fi
  fi
  taken_ports+=" $chosen"
}

check_port_number() {
  [[ $2 =~ ^[0-9]{1,5}$ && $2 -ge 1 && $2 -le 65535 ]] || die "$1 needs a port from 1 to 65535, not \"$2\""
}
