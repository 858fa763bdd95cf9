# Sourced by quickstart.sh: starts programs, notices when one dies, stops them all.
# shellcheck shell=bash disable=SC2154  # run_dir is quickstart.sh's

declare -a started_pids=() started_names=()

# start NAME COMMAND...: in the background, its output in $run_dir/NAME.log.
start() {
  local name=$1
  shift
  "$@" >"$run_dir/$name.log" 2>&1 </dev/null &
  started_pids+=($!)
  started_names+=("$name")
  disown
}

check_running() {
  local i
  for i in "${!started_pids[@]}"; do
    if ! kill -0 "${started_pids[$i]}" 2>/dev/null; then
      local log=$run_dir/${started_names[$i]}.log
      die "${started_names[$i]} ended: $(tail -n 1 "$log" | cut -c 1-300) (log: $log)"
    fi
  done
}

stop_all() {
  local pid patience=100
  for pid in "${started_pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${started_pids[@]}"; do
    while kill -0 "$pid" 2>/dev/null && [[ $patience -gt 0 ]]; do
      patience=$((patience - 1))
      sleep 0.1
    done
    kill -KILL "$pid" 2>/dev/null || true
  done
  started_pids=()
}

# http_get PORT PATH: the answer, headers and body; fails where nothing listens.
http_get() {
  (
    exec 3<>"/dev/tcp/127.0.0.1/$1"
    printf 'GET %s HTTP/1.0\r\nHost: 127.0.0.1:%s\r\n\r\n' "$2" "$1" >&3
    timeout 5 cat <&3
  ) 2>/dev/null
}

answers_ok() {
  [[ $(http_get "$1" "$2" | head -n 1) == *" 200 "* ]]
}

# wait_until_ready NAME PORT PATH SECONDS
wait_until_ready() {
  local deadline=$((SECONDS + $4))
  until answers_ok "$2" "$3"; do
    check_running
    [[ $SECONDS -lt $deadline ]] || die "$1 did not get ready within $4 s (log: $run_dir/$1.log)"
    sleep 0.2
  done
}
