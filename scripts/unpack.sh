# nodepool in one file. Behind this shell text lie two archives that scripts/compile packed: the program and Deno. The
# first start unpacks each into the user's own cache, under a name that holds its hash; every start runs them from
# there. What runs is always a whole copy that this user owns and nobody else can write to: it appears by one rename,
# and its listing (names, sizes, modes, links, owners) and its contents are checked against those of the build. That is
# done again after each boot, and when anything in it has changed since: the times of change are looked at at every start.

fail() {
  echo "nodepool: $*" >&2
  exit 1
}

# A checksum of all that the folder holds. Left out is what differs between file systems: the sizes of folders, the
# numbers of links. A file of another owner is listed as foreign, which no build has.
listing() { # FOLDER
  (cd "$1" && LC_ALL=C ls -lnAR .) | awk -v user="$(id -u)" '
    /^total / { next }
    /^[-dl]/ {
      name = $9
      for (i = 10; i <= NF; i++) name = name " " $i
      print substr($1, 1, 10), ($3 == user ? "own" : "foreign"), (/^-/ ? $5 : 0), name
      next
    }
    { print }' | cksum
}

# A checksum of what is in the folder's files.
contents() { # FOLDER
  (cd "$1" && find . -type f -exec cksum {} + | LC_ALL=C sort | cksum)
}

is_whole() { # FOLDER LISTING CONTENTS
  is_private "$1" && [ "$(listing "$1")" = "$2" ] && [ "$(contents "$1")" = "$3" ]
}

# Sets `now` to what changes with every boot and with every change in a copy, that of a file's contents included: nobody
# can set the time of a change. GNU's ls and busybox's have --full-time, BSD's has -T.
stamp() { # DENO PROGRAM
  now=none
  if [ -r /proc/sys/kernel/random/boot_id ]; then read -r now </proc/sys/kernel/random/boot_id; fi
  for times in --full-time -T; do
    sum=$(LC_ALL=C find "$cache/$1".[0-9] "$cache/$2".[0-9] -exec ls -lndc "$times" {} + 2>/dev/null | cksum)
    case $sum in *' 0') ;; *) break ;; esac # nothing was listed
  done
  now="$now $sum"
}

# Sets `deno` and `folder` to the copies that were found whole last, if every copy is as it was then and the machine was
# not booted since. One listing of both takes half the time of one for each.
find_checked() { # DENO PROGRAM
  checked=
  { [ ! -r "$cache/$2.0.checked" ] || read -r deno folder checked <"$cache/$2.0.checked"; } || true
  if [ -n "$checked" ]; then
    deno=$cache/$1.$deno
    folder=$cache/$2.$folder
    mark_used "$deno"
    mark_used "$folder"
  fi
  stamp "$@"
  [ "$now" = "$checked" ]
}

# Refuses copies that cannot be run, so that the next start looks at them again.
# The stamp is of before the check, as what changes during that is looked at again; that of a fresh copy is taken here.
# Several starts may write it at once, and a start without it is only slower.
keep() { # DENO PROGRAM
  [ -x "$deno/deno" ] || fail "no program may be run in $cache, as where a disk is mounted noexec: set XDG_CACHE_HOME to a folder on another"
  [ -n "$now" ] || stamp "$@"
  set -- "${deno##*.}" "${folder##*.}" "$cache/$2.0.checked"
  case $1$2 in ??) ;; *) return ;; esac # the stamp knows no larger numbers
  (umask 077 && echo "$1 $2 $now" >"$3.$$" && mv -f "$3.$$" "$3") 2>/dev/null || true
}

# Sets `folder` to a whole copy of an archive in this file: LENGTH bytes from the byte FIRST on. A copy that is not
# whole is left alone, as another process may be starting from it; the next number is used instead.
find_copy() { # NAME LISTING CONTENTS FIRST LENGTH
  number=0
  while
    folder=$cache/$1.$number
    [ -e "$folder" ] || [ -L "$folder" ]
  do
    mark_used "$folder"
    if is_whole "$folder" "$2" "$3"; then return; fi
    number=$((number + 1))
  done
  [ $number = 0 ] || echo "nodepool: the copy in $cache/$1.$((number - 1)) is damaged; unpacking another" >&2
  unpack "$2" "$3" "$4" "$5"
}

# Several first starts may unpack at once: the rename lets one of them win, and the others take the winner's copy.
unpack() { # LISTING CONTENTS FIRST LENGTH
  find "$cache" -maxdepth 1 '(' -name 'unpack.*' -o -name '*.checked.*' ')' -mtime +1 -exec rm -rf {} + 2>/dev/null || true
  fresh=$(umask 077 && mktemp -d "$cache/unpack.XXXXXX") || fail "cannot write to $cache"
  trap 'rm -rf "$fresh"' EXIT
  trap 'exit 1' HUP INT TERM
  copy=$fresh/${folder##*/}
  (umask 077 && mkdir "$copy" && tail -c "+$3" "$0" | head -c "$4" | tar -xzopf - -C "$copy") ||
    fail "cannot unpack into $cache: is the disk full, or $0 incomplete?"
  is_whole "$copy" "$1" "$2" || fail "$0 is damaged: it does not unpack to what was built; get it again"
  mark_used "$folder"
  mv "$copy" "$cache/" 2>/dev/null || is_whole "$folder" "$1" "$2" || fail "cannot make $folder"
  now=
  rm -rf "$fresh"
  trap - EXIT HUP INT TERM
  tidy
}
