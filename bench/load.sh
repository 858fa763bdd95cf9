#!/usr/bin/env bash
# What promcast costs beside the current Prometheus and VictoriaMetrics, all fed by the same load on loopback; README.md
# beside this file tells how it is measured.
#
#   bench/load.sh                      every scenario at 10k, 100k and 1M series: about an hour on 2 cores
#   bench/load.sh --quick              the same at 10k series: about 5 minutes
#   bench/load.sh --json FILE --svg DIR   also writes all figures, and the growth with series and with rules as an SVG
#   bench/load.sh --help               chooses sizes, protocols, subjects and scenarios
#
# Needs the load tool's source, remote_write_load.cc: in shared/tools beside the project's folder, or in $PROMCAST_LOAD_TOOL.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

source=${PROMCAST_LOAD_TOOL:-$root/../shared/tools/remote_write_load.cc}
tool=$root/build/remote_write_load

die() {
  echo "load.sh: $*" >&2
  exit 1
}

build() { # PRESET [TARGET...]
  cmake --preset "$1" >"$root/build/configure-$1.log" 2>&1 || die "cmake --preset $1 failed: see build/configure-$1.log"
  cmake --build --preset "$1" -j "$(nproc)" ${2:+--target "${@:2}"} >&2 || die "the build failed"
}

for option in "$@"; do
  if [[ $option == --help || $option == -h ]]; then exec /usr/bin/python3 bench/load "$@"; fi
done
[[ -f $source ]] || die "the load tool is missing: $source is not there; set PROMCAST_LOAD_TOOL to remote_write_load.cc"
mkdir -p "$root/build"
if [[ ! -x $tool || $source -nt $tool ]]; then
  echo "load.sh: building the load tool" >&2
  g++ -std=c++20 -O2 "$source" -o "$tool" -lsnappy -lpthread || die "the load tool does not compile; it needs libsnappy-dev"
fi
echo "load.sh: building promcast and its benchmarks" >&2
if [[ -z ${PROMCAST:-} ]]; then build release; fi
build bench remote_write_bench guard
peers=$(test/peers/build.sh | tail -n 1) || die "the peers could not be built: see above"
exec /usr/bin/python3 bench/load --promcast "$(realpath "${PROMCAST:-$root/build/release/promcast}")" --peers "$peers" \
  --load-tool "$tool" --stages "$root/build/bench/bench/remote_write_bench" \
  --guard "$root/build/bench/bench/guard" "$@"
