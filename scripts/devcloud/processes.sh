# The cloud's processes: each is the leader of a process group of its own, and run/NAME.pid holds its pid, the moment
# it was born (a reused pid is not ours) and a fingerprint of what it was started with.

born() { awk '{print $22}' "/proc/$1/stat" 2>/dev/null; }

alive() { # NAME
  local pid born
  read -r pid born _ 2>/dev/null <"$run/$1.pid" || return 1
  [ "$(born "$pid")" = "$born" ]
}

# The command and the contents of our own files that it names, as `file`, `option=file` or, for code, a folder.
fingerprint() { # COMMAND...
  local word
  for word in "$@"; do
    echo "$word"
    word=${word#*=}
    case $word in
      "$lib") cat "$lib"/*.py ;;
      "$etc"/* | "$lib"/*) [ ! -f "$word" ] || cat "$word" ;;
    esac
  done | cksum | tr ' ' -
}

# A cloud comes before who asks it: where the machine has too much to do, its services would answer after minutes, and so
# give up on each other. The kernel may weigh sessions (autogroup) or processes (nice); without the right to either the cloud
# is as everybody.
first='echo -4 2>/dev/null >/proc/self/autogroup; renice -n -4 $$ >/dev/null 2>&1; exec "$@"'

# Starts a process in the background, unless it runs already; one that runs with other settings is stopped first.
start() { # NAME COMMAND...
  local name=$1 now started_with=""
  shift
  now=$(fingerprint "$@")
  if alive "$name"; then
    read -r _ _ started_with <"$run/$name.pid"
    [ "$started_with" != "$now" ] || return 0
    say "$name: its settings changed, starting it again"
    stop "$name"
  fi
  setsid sh -c "$first" sh "$@" >>"$log/$name.log" 2>&1 </dev/null 9>&- &
  echo "$! $(born $!) $now" >"$run/$name.pid"
}

# TERM to all, then KILL to the groups of those still there after 10 seconds.
stop() { # NAMES...
  local name pid deadline=$((SECONDS + 10))
  for name in "$@"; do
    if alive "$name"; then kill -TERM "$(cut -d' ' -f1 "$run/$name.pid")" 2>/dev/null || true; fi
  done
  for name in "$@"; do
    while alive "$name" && [ $SECONDS -lt $deadline ]; do sleep 0.1; done
    if alive "$name"; then
      pid=$(cut -d' ' -f1 "$run/$name.pid")
      kill -KILL -- "-$pid" 2>/dev/null || true
    fi
    rm -f "$run/$name.pid"
  done
}

wait_for() { # WHAT COMMAND...: until the command succeeds, for 120 s at most
  local what=$1 deadline=$((SECONDS + 120))
  shift
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $deadline ] || die "$what did not come up within 120 s; its log is in $log"
    sleep 0.2
  done
}

answers() { curl -sS -o /dev/null --max-time 5 "$1"; } # URL

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; } # PORT
