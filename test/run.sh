#!/usr/bin/env bash
# Installs what the tests need, builds, runs everything, ends with `N passed, N failed`.
#
#   test/run.sh               unit tests, the fuzz corpora replayed, the consumer project, end-to-end tests (soak: 90 s),
#                             and the guard of the hot path's speed (bench/guard.py)
#   test/run.sh --quick       unit tests and the fuzz corpora only
#   test/run.sh --sanitizers  also the unit tests under AddressSanitizer with UndefinedBehaviorSanitizer, and those of
#                             modules with threads under ThreadSanitizer
#   test/run.sh --soak        the soak test at its full length, 5 minutes
#   test/run.sh --no-install  touches no packages
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

quick='' sanitizers='' install=1 soak_seconds=90
for option in "$@"; do
  case $option in
    --quick) quick=1 ;;
    --sanitizers) sanitizers=1 ;;
    --soak) soak_seconds=300 ;;
    --no-install) install='' ;;
    *)
      sed -n '2,10p' "$0" >&2
      exit 2
      ;;
  esac
done

jobs=$(nproc)
results=$PWD/build/test-results
rm -rf "$results"
mkdir -p "$results"
export CCACHE_MAXSIZE=${CCACHE_MAXSIZE:-5G}
export UBSAN_OPTIONS=print_stacktrace=1 TSAN_OPTIONS=second_deadlock_stack=1

say() { printf '== %3d:%02d  %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*"; }

# step NAME COMMAND...: a failed step is counted as a failed test, and the others go on.
step() {
  local name=$1
  shift
  say "$name"
  "$@" && return 0
  say "$name FAILED"
  echo "$name" >>"$results/failed_steps"
  return 1
}

# build PRESET [TARGET...]
build() { cmake --preset "$1" >"$results/configure-$1.log" 2>&1 || { cat "$results/configure-$1.log"; return 1; }
  cmake --build --preset "$1" -j "$jobs" ${2:+--target "${@:2}"}; }

# Failures of single tests are counted from the files it leaves, so its exit code does not matter here.
# run_unit_tests PRESET [FOLDER]: of one folder, or all.
run_unit_tests() {
  local preset=$1 folder=${2:-} suite=$1${2:+-${2##*/}}
  mkdir -p "$results/$suite"
  say "unit tests, $suite"
  GTEST_OUTPUT="xml:$results/$suite/gtest/" ctest --test-dir "build/$preset${folder:+/$folder}" -j "$jobs" \
    --output-on-failure --output-junit "$results/$suite/ctest.xml"
  [[ -s "$results/$suite/ctest.xml" ]] || echo "unit tests, $suite" >>"$results/failed_steps"
}

unit_suite() { step "build, $1" build "$1" && run_unit_tests "$1"; }

# The folders of tests whose modules know of threads: only these have anything to show ThreadSanitizer.
threaded_folders() {
  grep -rlE '#include (<(thread|atomic|future)>|"concurrency/)' src | cut -d/ -f2 | sort -u | while read -r module; do
    [[ -f test/$module/CMakeLists.txt ]] && echo "test/$module"
  done
}

threaded_suite() {
  local folders folder
  mapfile -t folders < <(threaded_folders)
  step "build, $1" build "$1" "${folders[@]/%//all}" || return
  for folder in "${folders[@]}"; do run_unit_tests "$1" "$folder"; done
}

# Exit code 1 only says that tests failed, which the result file says better; above it nothing was run.
run_end_to_end_tests() {
  /usr/bin/python3 -m pytest -c test/pytest.ini --rootdir test test --soak-seconds "$soak_seconds" \
    --junitxml "$results/pytest.xml" --durations 10 -v
  [[ $? -le 1 && -s "$results/pytest.xml" ]]
}

if [[ -n $install ]]; then step "packages" deploy/packages/install.sh build test runtime; fi
unit_suite debug
if [[ -z $quick ]]; then
  step "peers: current Prometheus and VictoriaMetrics" test/peers/build.sh
  if step "build, release" build release; then
    step "consumer project" test/install/run.sh build/release
    step "end-to-end and compliance tests" run_end_to_end_tests
  fi
  if step "build, guard of the benchmarks" build bench guard; then
    step "decoding and models are no slower than before" bench/guard.py build/bench/bench/guard
  fi
fi
if [[ -n $sanitizers ]]; then
  unit_suite asan-ubsan
  threaded_suite tsan
fi
say "done"
/usr/bin/python3 test/count.py "$results"
