#!/bin/sh
# Starts nodepool with the Deno that comes with it. scripts/compile puts scripts/unpack.sh behind this, for the one file
# that unpacks itself; scripts/package makes /usr/bin/nodepool of it. Each start marks what it uses in the user's cache:
# what nobody has used for a month goes when a new version comes, unless a process still runs from it.
set -eu

daemon= # whether it is one
# A daemon must not end, before it can answer, of what asks it to read its files or to tell what it does.
case "${0##*/} $* " in
  nodepoold\ * | nodepool-builder\ * | *" daemon "*)
    trap '' HUP USR2
    daemon=true
    # GNU's C library gives each thread memory of its own, which it hardly returns: 10 MiB of a daemon that launches nodes.
    export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-1}" MALLOC_TRIM_THRESHOLD_="${MALLOC_TRIM_THRESHOLD_:-262144}"
    ;;
esac

# Does the folder belong to this user, with nobody else allowed to write? A link to one does not count.
is_private() { # FOLDER
  # shellcheck disable=SC3067 # dash, busybox and bash know -O
  [ -O "$1" ] || return 1
  case $(LC_ALL=C ls -ld "$1") in d????-??-?*) ;; *) return 1 ;; esac
}

# Sets `cache` to the first folder that is private or can be made so. A home may be missing, read-only or another's.
# Fails if no place is safe.
find_cache() {
  for base in "${XDG_CACHE_HOME:-}" "${HOME:+$HOME/.cache}" "${TMPDIR:-/tmp}"; do
    case $base in
      "${TMPDIR:-/tmp}") cache=$base/nodepool-$(id -u) ;;
      /*) cache=$base/nodepool ;;
      *) continue ;;
    esac
    [ -d "$cache" ] || (umask 077 && mkdir -p "$base" && mkdir "$cache") 2>/dev/null || true
    if is_private "$cache"; then
      if [ -w "$cache" ]; then return; fi
    elif [ -e "$cache" ] || [ -L "$cache" ]; then
      echo "nodepool: not using $cache: it is not a folder of yours that only you can write to" >&2
    fi
  done
  return 1
}

# Said before the copy is looked at, so that nothing takes it away meanwhile.
mark_used() { # COPY
  { true >"$1.used"; } 2>/dev/null || true
}

# Takes away what was last used a month ago and what no process runs from. What an earlier version left has no mark yet:
# its month begins.
tidy() {
  for copy in "$cache"/nodepool-*.[0-9] "$cache"/deno-*.[0-9] "$cache"/deno; do
    [ ! -d "$copy" ] || [ -e "$copy.used" ] || mark_used "$copy"
  done
  running=$(processes)
  find "$cache" -maxdepth 1 -name '*.used' -mtime +30 | while IFS= read -r mark; do
    copy=${mark%.used}
    case $running in *"$copy"/*) continue ;; esac
    [ -n "$(find "$mark" -mtime +30)" ] || continue
    rm -rf "$copy" "$copy.deno" "$copy.checked" "$copy.warm" "$mark" 2>/dev/null || true
  done
}

# What runs: the files, and the words of the command lines.
processes() {
  if [ -e /proc/self/cmdline ]; then
    { LC_ALL=C ls -l /proc/[0-9]*/exe || true; cat /proc/[0-9]*/cmdline; } 2>/dev/null | tr '\0' '\n'
  else
    ps -axww -o command=
  fi
}

# Sets `name` to the one of the program's names that this file was started under.
find_name() {
  name=${0##*/}
  case $name in nodepoold | nodepool-builder) ;; *) name=nodepool ;; esac
}

# Has Deno keep what it makes of the program, before the first start needs it, and settles that: what lies in a journal is
# read as a whole at every start. Without it, starts are slower, and a daemon needs more memory.
warm_up() { # OPTION...
  if [ -e "$DENO_DIR/warm" ]; then return; fi
  "$deno" run "$@" "$folder/src/warm_up.js" </dev/null >/dev/null 2>&1 || true
  "$deno" run "$@" "$folder/src/settle.js" "$DENO_DIR" </dev/null >/dev/null 2>&1 || true
  { true >"$DENO_DIR/warm"; } 2>/dev/null || true
}

# What looks for a daemon by its file's path, as init scripts do, finds that where a process has its own name. Only some
# shells can put it there.
start() { # ARGUMENT...
  if [ "$name" != nodepool ] && command -v bash >/dev/null; then
    exec bash -c 'exec -a "$0" "$@"' "$0" "$deno" "$@"
  fi
  exec "$deno" "$@"
}
