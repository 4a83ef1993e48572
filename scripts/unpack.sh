#!/bin/sh
# nodepool in one file. Behind this shell text lie two archives that scripts/compile packed: the program and Deno. The
# first start unpacks each into the user's own cache, under a name that holds its hash; every start runs them from
# there. What runs is always a whole copy that this user owns and nobody else can write to: it appears by one rename,
# and its listing (names, sizes, modes, links, owners) is checked against the one of the build at every start.
set -eu

user=$(id -u)

fail() {
  echo "nodepool: $*" >&2
  exit 1
}

# Does the folder belong to this user, with nobody else allowed to write? A link to one does not count.
is_private() { # FOLDER
  # shellcheck disable=SC2046 # the words of one line of ls
  set -- $(LC_ALL=C ls -ldn "$1" 2>/dev/null)
  case ${1-} in
    d????-??-?*) [ "$3" = "$user" ] ;;
    *) false ;;
  esac
}

# A checksum of all that the folder holds. Left out is what differs between file systems: the sizes of folders, the
# numbers of links. A file of another owner is listed as foreign, which no build has.
listing() { # FOLDER
  (cd "$1" && LC_ALL=C ls -lnAR .) | awk -v user="$user" '
    /^total / { next }
    /^[-dl]/ {
      name = $9
      for (i = 10; i <= NF; i++) name = name " " $i
      print substr($1, 1, 10), ($3 == user ? "own" : "foreign"), (/^-/ ? $5 : 0), name
      next
    }
    { print }' | cksum
}

is_whole() { # FOLDER LISTING
  is_private "$1" && [ "$(listing "$1")" = "$2" ]
}

# Sets `cache` to the first folder that is private or can be made so. A home may be missing, read-only or another's.
find_cache() {
  for base in "${XDG_CACHE_HOME:-}" "${HOME:+$HOME/.cache}" "${TMPDIR:-/tmp}"; do
    case $base in
      "${TMPDIR:-/tmp}") cache=$base/nodepool-$user ;;
      /*) cache=$base/nodepool ;;
      *) continue ;;
    esac
    (umask 077 && mkdir -p "$base" && mkdir "$cache") 2>/dev/null || true
    if is_private "$cache"; then
      if [ -w "$cache" ]; then return; fi
    elif [ -e "$cache" ] || [ -L "$cache" ]; then
      echo "nodepool: not using $cache: it is not a folder of yours that only you can write to" >&2
    fi
  done
  fail "there is no safe place to unpack to; set XDG_CACHE_HOME to a folder that only you can write to"
}

# Sets `folder` to a whole copy of an archive in this file: LENGTH bytes from the byte FIRST on. A copy that is not
# whole is left alone, as another process may be starting from it; the next number is used instead.
find_copy() { # NAME LISTING FIRST LENGTH
  number=0
  folder=$cache/$1.0
  while [ -e "$folder" ] || [ -L "$folder" ]; do
    if is_whole "$folder" "$2"; then return; fi
    number=$((number + 1))
    folder=$cache/$1.$number
  done
  [ $number = 0 ] || echo "nodepool: the copy in $cache/$1.$((number - 1)) is damaged; unpacking another" >&2
  unpack "$2" "$3" "$4"
}

# Several first starts may unpack at once: the rename lets one of them win, and the others take the winner's copy.
unpack() { # LISTING FIRST LENGTH
  find "$cache" -maxdepth 1 -name 'unpack.*' -mtime +1 -exec rm -rf {} + 2>/dev/null || true
  fresh=$(mktemp -d "$cache/unpack.XXXXXX") || fail "cannot write to $cache"
  trap 'rm -rf "$fresh"' EXIT
  trap 'exit 1' HUP INT TERM
  copy=$fresh/${folder##*/}
  (umask 077 && mkdir "$copy" && tail -c "+$2" "$0" | head -c "$3" | tar -xzopf - -C "$copy") ||
    fail "cannot unpack into $cache: is the disk full, or $0 incomplete?"
  is_whole "$copy" "$1" || fail "$0 is damaged: it does not unpack to what was built; get it again"
  mv "$copy" "$cache/" 2>/dev/null || is_whole "$folder" "$1" || fail "cannot make $folder"
  rm -rf "$fresh"
  trap - EXIT HUP INT TERM
}
