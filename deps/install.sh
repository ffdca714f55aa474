#!/bin/bash
# deps/install.sh GROUP...: installs the Debian packages of deps/GROUP.list.
#
# A line `package[program]` is fulfilled by the program, too, wherever it came from. Does nothing,
# without a word and without privileges, when all are there. Else it uses apt-get:
# as root directly, otherwise through sudo; where neither works it prints the line to run.
set -u
here=$(cd "$(dirname "$0")" && pwd)
if [ $# -eq 0 ]; then
  echo "usage: deps/install.sh GROUP...   groups: $(cd "$here" && echo *.list | sed 's/\.list//g')" >&2
  exit 2
fi

wanted=()
for group in "$@"; do
  list=$here/$group.list
  [ -r "$list" ] || { echo "deps: no group '$group' ($list)" >&2; exit 2; }
  mapfile -t -O "${#wanted[@]}" wanted < <(sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "$list")
done

missing=()
for entry in "${wanted[@]}"; do
  package=${entry%%[*}
  program=${entry#"$package"}
  program=${program//[][]/}
  if [ -n "$program" ] && command -v "$program" >/dev/null; then continue; fi
  state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)
  [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

line="apt-get install -y --no-install-recommends ${missing[*]}"
if ! command -v apt-get >/dev/null; then
  echo "deps: no apt-get here; these Debian packages, by your system's names, are missing: ${missing[*]}" >&2
  exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
  # Without a terminal sudo could not ask for a password: then it must work without one.
  ask=(); [ -t 0 ] || ask=(-n)
  if command -v sudo >/dev/null && sudo "${ask[@]}" true 2>/dev/null; then
    exec sudo "${ask[@]}" "$here/install.sh" "$@"
  fi
  echo "deps: packages are missing; run as root:  $line" >&2
  exit 1
fi

# redis-server is wanted for its binary: Debian's package would start it on port 6379, which is
# ours. While policy-rc.d says 101 ("forbidden"), installing starts nothing. Whatever was in its
# place comes back, however this script ends.
policy=/usr/sbin/policy-rc.d
saved=
restore_policy() {
  rm -f "$policy"
  if [ -n "$saved" ]; then mv -f "$saved" "$policy"; fi
}
fresh_redis=
for package in "${missing[@]}"; do [ "$package" != redis-server ] || fresh_redis=yes; done
if [ -n "$fresh_redis" ]; then
  if [ -e "$policy" ] || [ -L "$policy" ]; then
    saved=$policy.gotthard-saved
    mv "$policy" "$saved" || exit 1
  fi
  trap restore_policy EXIT
  trap 'exit 1' INT TERM HUP
  printf '#!/bin/sh\nexit 101\n' > "$policy" && chmod 755 "$policy" || exit 1
fi

echo "deps: $line"
export DEBIAN_FRONTEND=noninteractive
# A package index that is old or absent is the usual reason to fail: refresh it, once, then.
# shellcheck disable=SC2086
$line </dev/null || { apt-get update </dev/null && $line </dev/null; } || {
  echo "deps: failed; to try by hand:  $line" >&2
  exit 1
}
# Nor is it to take the port at the next boot.
if [ -n "$fresh_redis" ] && command -v systemctl >/dev/null; then
  systemctl disable redis-server >/dev/null 2>&1 || true
fi
