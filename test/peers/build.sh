#!/usr/bin/env bash
# Builds the current Prometheus and VictoriaMetrics that go.mod names, for the end-to-end tests. Prints the folder that
# holds `prometheus` and `victoria-metrics`; does nothing else when they are there. About 4 minutes on 2 cores when cold.
# With the argument history-blocks also that program, for bench/load.sh.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${PROMCAST_PEERS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/promcast-peers}
programs=$cache/$(cat "$here/go.mod" "$here/go.sum" | sha256sum | cut -c 1-16)

build() {
  local name=$1 package=$2
  local go started=$SECONDS
  go=$("$here/go.sh")
  mkdir -p "$programs"
  echo "peers: building $name" >&2
  (cd "$here" && CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS="-mod=readonly -buildvcs=false" \
    "$go" build -trimpath -tags remove_all_sd -ldflags "-s -w" -o "$programs/$name.part" "$package") >&2
  mv "$programs/$name.part" "$programs/$name"
  echo "peers: $name built in $((SECONDS - started)) s" >&2
}

[[ -x $programs/prometheus ]] || build prometheus github.com/prometheus/prometheus/cmd/prometheus
[[ -x $programs/victoria-metrics ]] || build victoria-metrics github.com/VictoriaMetrics/VictoriaMetrics/app/victoria-metrics
if [[ ${1:-} == history-blocks ]]; then build history-blocks ./history-blocks; fi
echo "$programs"
