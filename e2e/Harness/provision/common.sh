# Sourced by the scripts beside it: where things go, how to speak, what to check.
cache=${XDG_CACHE_HOME:-$HOME/.cache}/federation

say() { printf '%s  %s\n' "$(date +%H:%M:%S)" "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# need_space FOLDER MIB WHAT: before anything is made, so that a full disk leaves nothing half done.
need_space() {
  mkdir -p "$1" || die "cannot make the folder $1"
  local free
  free=$(($(df -Pk "$1" | awk 'NR == 2 {print $4}') / 1024))
  [ "$free" -ge "$2" ] || die "$3 needs $2 MiB on the disk of $1, where $free MiB are free: make room, or set XDG_CACHE_HOME to another disk"
}

# lock FOLDER WHAT: one run at a time; a second one waits. The kernel releases it when the holder ends, however it ends.
lock() {
  mkdir -p "$1"
  exec 9>"$1/lock"
  flock -n 9 || { say "another run makes $2: waiting for it"; flock 9; }
}

# point LINK TARGET: in one step, so that nobody sees the link missing.
point() { ln -sfn "$2" "$1.new.$$" && mv -fT "$1.new.$$" "$1"; }

# packages NAME…: installs those Debian packages that are missing.
packages() {
  local name missing=()
  for name; do dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed || missing+=("$name"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  [ "$(id -u)" = 0 ] || die "these Debian packages are missing and only root can install them: ${missing[*]}"
  command -v apt-get >/dev/null || die "this is no Debian machine; install by hand what these Debian packages hold: ${missing[*]}"
  say "installing ${missing[*]}"
  # Daemons that come with the packages must not start by themselves: the harness starts its own.
  local policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy"
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  apt-get update -qq </dev/null
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null >/dev/null
  if [ "$(trap -p EXIT)" ]; then rm -f "$policy"; trap - EXIT; fi
}
