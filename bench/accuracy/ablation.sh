#!/usr/bin/env bash
# What each model earns: the backtest of some panels without it, and with each further model beside the profile's.
#
#   bench/accuracy/ablation.sh PANEL...     PROMCAST=build/release/promcast
#
# A row is the relMAE of the active series at 5 min, 15 min, 1 h and 24 h.
set -euo pipefail
promcast=${PROMCAST:-build/release/promcast}
[[ $# -gt 0 ]] || { sed -n '2,6p' "$0" >&2; exit 2; }

row() {
  local name=$1
  shift
  local scores
  scores=$("$promcast" backtest "$@" --coverage 0.95 2>/dev/null | awk '$1 == "active" { printf " %7s", $4 }')
  printf '%-36s%s\n' "$name" "$scores"
}

printf '%-36s %7s %7s %7s %7s\n' '' 5m 15m 1h 24h
row 'the standard profile' "$@"
for model in smoothed_level_slow smoothed_level smoothed_level_fast seasonal_naive season_and_level seasons_and_level \
  direct_slow direct_fast; do
  row "without $model" "$@" --without-models "$model"
done
row 'without both regressions' "$@" --without-models direct_slow,direct_fast
row 'without the week' "$@" --seasons 1d
for model in drift holt_damped theta holt_winters holt_winters_multiplicative double_seasonal harmonic_trend \
  damped_profile damped_profile_week damped_profile_week_log croston seasonal_naive_week autoregression \
  autoregression_log; do
  row "with $model" "$@" --extra-models "$model"
done
