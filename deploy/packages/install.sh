#!/usr/bin/env bash
# Installs the distribution packages that a list names, as far as they are missing.
#
#   deploy/packages/install.sh build runtime     lists: the .txt files beside this script
#   deploy/packages/install.sh --missing build   only prints what is missing
#
# A line of a list is a package, or `a | b`: the first of them that apt can install. Daemons that come with a package
# are started neither now nor at the next boot. Uses sudo where it is not run as root.
set -euo pipefail
export LC_ALL=C.UTF-8  # apt's words are read

lists_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
policy_file=/usr/sbin/policy-rc.d
systemd_dir=/run/systemd/system  # there while systemd runs
policy_written=''
log_file=''

die() {
  printf 'packages: %s\n' "$*" >&2
  exit 1
}

as_root() {
  if [[ $(id -u) -eq 0 ]]; then
    "$@"
  else
    sudo "$@"
  fi
}

clean_up() {
  if [[ -n $policy_written ]]; then as_root rm -f "$policy_file"; fi
  if [[ -n $log_file ]]; then rm -f "$log_file"; fi
}

installed() {
  [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

installable() {
  local policy  # read whole: a grep that stops at its first match would break the pipe
  policy=$(apt-cache policy "$1" 2>/dev/null)
  grep -q '^  Candidate: [^(]' <<<"$policy"
}

# The lines of the lists without comments, each package or set of alternatives once.
wanted_lines() {
  local list
  for list in "$@"; do
    [[ -f $lists_dir/$list.txt ]] || die "there is no list $lists_dir/$list.txt"
    sed -e 's/#.*//' -e 's/[[:space:]]*|[[:space:]]*/|/g' -e 's/[[:space:]]//g' -e '/^$/d' "$lists_dir/$list.txt"
  done | sort -u
}

# Prints the package that a line stands for, if it is not installed; nothing is known of a package before the first
# apt-get update, then the first name is taken.
missing_of_line() {
  local name names
  IFS='|' read -ra names <<<"$1"
  if installed "${names[0]}"; then return; fi
  for name in "${names[@]}"; do
    if installable "$name"; then
      if ! installed "$name"; then echo "$name"; fi
      return
    fi
  done
  for name in "${names[@]:1}"; do
    if installed "$name"; then return; fi
  done
  echo "${names[0]}"
}

missing() {
  local line
  while read -r line; do missing_of_line "$line"; done < <(wanted_lines "$@")
}

# Without this a distribution's prometheus would take port 9090 as soon as it is unpacked.
forbid_daemon_starts() {
  [[ -e $policy_file ]] && return
  # shellcheck disable=SC2016  # the file's own text
  as_root sh -c 'printf "#!/bin/sh\nexit 101\n" >"$1" && chmod 755 "$1"' sh "$policy_file"
  policy_written=yes
}

# The units that the packages have brought and that would start at the next boot.
enabled_units() {
  local unit
  dpkg-query -L "$@" 2>/dev/null |
    sed -nE 's,^(/usr)?/lib/systemd/system/([^/@]+\.(service|socket|timer))$,\2,p' | sort -u |
    while read -r unit; do
      if systemctl is-enabled --quiet "$unit" 2>/dev/null; then echo "$unit"; fi
    done
}

keep_daemons_off() {
  local units
  if [[ ! -d $systemd_dir ]] || ! command -v systemctl >/dev/null; then return; fi
  mapfile -t units < <(enabled_units "$@")
  [[ ${#units[@]} -gt 0 ]] || return 0
  if as_root systemctl disable --quiet "${units[@]}" >>"$log_file" 2>&1; then
    echo "packages: disabled, so as not to start at the next boot: ${units[*]}"
  else
    echo "packages: these will start at the next boot, systemctl disable failed: ${units[*]}" >&2
  fi
}

apt() {
  as_root env LC_ALL="$LC_ALL" DEBIAN_FRONTEND=noninteractive \
    apt-get -y -o DPkg::Lock::Timeout=300 "$@" >>"$log_file" 2>&1
}

check_rights() {
  if [[ $(id -u) -eq 0 ]]; then return; fi
  command -v sudo >/dev/null || die "installing needs root and there is no sudo; as root run: apt-get install $*"
  if [[ ! -t 0 ]]; then
    sudo -n true 2>/dev/null || die "installing needs root and sudo wants a password; as root run: apt-get install $*"
  else
    sudo -v || die "installing needs root; as root run: apt-get install $*"
  fi
}

main() {
  local only_print='' failed=''
  if [[ ${1:-} == --missing ]]; then
    only_print=yes
    shift
  fi
  [[ $# -gt 0 ]] || die "name one list or more: $(cd "$lists_dir" && echo *.txt | sed 's/\.txt//g')"
  command -v apt-get >/dev/null || die "there is no apt-get here: Debian 12, Debian 13 and Ubuntu 24.04 are supported"
  local packages
  wanted_lines "$@" >/dev/null
  mapfile -t packages < <(missing "$@")
  if [[ -n $only_print ]]; then
    printf '%s\n' "${packages[@]}" | sed '/^$/d'
    return
  fi
  [[ ${#packages[@]} -gt 0 ]] || return 0
  check_rights "${packages[@]}"
  trap clean_up EXIT
  log_file=$(mktemp)
  apt update || echo "packages: apt-get update failed, going on with what is known: $(grep -m1 '^E: ' "$log_file")" >&2
  mapfile -t packages < <(missing "$@")
  echo "packages: installing ${#packages[@]}: ${packages[*]}"
  forbid_daemon_starts
  apt install --no-install-recommends "${packages[@]}" ||
    failed="apt-get install failed: $(grep -m1 '^E: ' "$log_file" || tail -n 1 "$log_file")"
  keep_daemons_off "${packages[@]}"
  [[ -z $failed ]] || die "$failed"
}

main "$@"
