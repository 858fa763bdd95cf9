# Sourced by quickstart.sh: asks Prometheus.
# shellcheck shell=bash disable=SC2154  # the ports are quickstart.sh's

# query EXPRESSION: one line a series, `{labels} => value`.
query() {
  timeout 10 promtool query instant "http://127.0.0.1:$prometheus_port" "$1" 2>/dev/null |
    sed 's/ @\[[0-9.]*\]$//' || true
}

# query_value EXPRESSION: the value of the first series, or nothing.
query_value() {
  query "$1" | sed -n 's/.* => //p' | head -n 1
}

# The series of promcast's own /metrics whose name and labels match the regular expression, summed.
promcast_sum() {
  { http_get "$promcast_port" /metrics || true; } |
    awk -v pattern="^($1)( |\r|\$)" '{ name = $0; sub(/ [^ ]*$/, "", name) }
      name ~ pattern { sum += $NF } END { printf "%d", sum }'
}

readonly -a sample_queries=(
  'sum by (horizon) (predicted_demo_load_requests_per_second)'
  'max by (horizon) (predicted_upper_demo_latency_seconds)'
  'sum by (horizon) (predicted_rate_demo_requests)'
  'sum(predicted_demo_load_requests_per_second{forecaster="promcast", horizon=""} offset -45s)'
)
readonly -a sample_meanings=(
  'Requests per second that are expected in 30 s and in 1 min, over all replicas'
  'Upper edge of the 95% band of the slowest replica'\''s latency, in seconds'
  'The same load learned from a counter: the rate of demo_requests_total'
  'The same load in 45 s, read from promcast'\''s curve'
)

print_sample_queries() {
  local i answer
  for i in "${!sample_queries[@]}"; do
    say ''
    say "  # ${sample_meanings[$i]}"
    say "  ${sample_queries[$i]}"
    answer=$(query "${sample_queries[$i]}" | sort | awk '{ value = $NF; sub(/ [^ ]*$/, ""); printf "    %s %.4g\n", $0, value }')
    say "${answer:-    (no answer yet)}"
  done
}

all_sample_queries_answer() {
  local expression
  for expression in "${sample_queries[@]}"; do
    [[ -n $(query_value "$expression") ]] || return 1
  done
}

# How far off the forecast made 30 s ago was, over the last demo day, and what the linear trend of the last minute at that
# time would have said of now. predict_linear counts its seconds from the evaluation time, also under an offset: 0 is now.
forecast_error() {
  echo "avg(avg_over_time(abs($1 - ignoring(horizon, forecaster) predicted_$1{horizon=\"30s\"} offset 30s)[2m:1s]))"
}
linear_error() {
  echo "avg(avg_over_time(abs($1 - predict_linear(${1}[1m] offset 30s, 0))[2m:1s]))"
}
band_hits() {
  local edge='ignoring(horizon, forecaster, coverage)'
  echo "avg(avg_over_time((($1 <= bool $edge predicted_upper_$1{horizon=\"30s\"} offset 30s)" \
    "* ($1 >= bool $edge predicted_lower_$1{horizon=\"30s\"} offset 30s))[2m:1s]))"
}

readonly -a measured=(demo_load_requests_per_second demo_latency_seconds demo_saturation_ratio demo_active_users
  demo_disk_avail_bytes)

print_errors() {
  local metric forecast linear mean inside
  say ''
  say "Measured by PromQL over the last demo day (2 min): mean error 30 s ahead, in % of the series' mean"
  say "$(printf '  %-32s %10s %15s %18s' series forecast predict_linear 'within 95% band')"
  for metric in "${measured[@]}"; do
    forecast=$(query_value "$(forecast_error "$metric")")
    linear=$(query_value "$(linear_error "$metric")")
    mean=$(query_value "avg(avg_over_time(${metric}[2m]))")
    inside=$(query_value "$(band_hits "$metric")")
    say "$(awk -v name="$metric" -v f="$forecast" -v l="$linear" -v m="$mean" -v b="$inside" 'function share(x, of) {
      return x == "" || of == 0 ? "-" : sprintf("%.1f%%", 100 * x / of) }
      BEGIN { printf "  %-32s %10s %15s %18s", name, share(f, m), share(l, m), share(b, 1) }')"
  done
  say "  the forecast's error of a series, to try: $(forecast_error "${measured[0]}")"
}
