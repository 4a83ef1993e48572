/**
 * The shell script between this process and a program that starts others. It leads a session (`setsid`) and reads a
 * pipe that this process holds open: a line in it is the order to end the session, and so is its end, which means that
 * this process is gone. It looks for members by session, since they may have made process groups of their own.
 *
 * Ending goes in steps, so that a program can tidy up. diskimage-builder has mounts and loop devices to give back, and
 * dies before it has if there is nobody to take its output. So TERM goes to all but those that read from a pipe, which
 * end with their writers; when the program has ended, or the grace is over, TERM goes to the rest, and then KILL. The
 * output of a process that is gone is taken to the end.
 *
 * It needs what every Debian has: a POSIX sh, coreutils, util-linux, /proc. Where it runs as another user than root,
 * what the program started through sudo is ended through sudo.
 */
export const SUPERVISOR = `
# Arguments: seconds of grace, variables NAME=VALUE that only the program may see, the program, its arguments.
exec 3<&0 </dev/null 2>&1
grace=$1
shift
while case $1 in LD_*=* | DYLD_*=*) ;; *) false ;; esac; do
  export "$1"
  shift
done
trap : HUP INT TERM

# Sets found to the living members of the session, but for this shell, and $spared with what that has started.
find_others() {
  found=
  for stat in /proc/[0-9]*/stat; do
    read -r line <"$stat" || continue
    find_member "\${line%% *}" \${line##*) }
  done 2>/dev/null
}

find_member() { # PID STATE PARENT GROUP SESSION...
  [ "$5" = $$ ] || return 0
  case $2 in Z | X) return ;; esac
  case $1 in $$ | "$spared") return ;; esac
  [ "$3" = "$spared" ] || found="$found $1"
}

signal_found() { # SIGNAL
  [ -n "$found" ] || return 0
  kill -s "$1" $found || [ "$user" = 0 ] || sudo -n kill -s "$1" $found
} 2>/dev/null

# Those that read from a pipe are spared.
terminate_writers() {
  find_others
  all=$found found=
  for pid in $all; do
    case $(readlink "/proc/$pid/fd/0") in pipe:*) ;; *) found="$found $pid" ;; esac
  done
  signal_found TERM
}

is_left() {
  find_others
  [ -n "$found" ]
}

end_all() {
  is_left || return 0
  signal_found TERM
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    is_left || return 0
    sleep 0.1
  done
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    signal_found KILL
    sleep 0.1
    is_left || return 0
  done
}

watch() {
  exec 4</proc/self/fd/1 >/dev/null 2>&1
  read -r spared _ </proc/self/stat
  if ! read -r _ <&3; then cat <&4 >/dev/null & fi
  terminate_writers
  left=$((grace * 10))
  while [ $left -gt 0 ] && kill -0 "$program"; do
    sleep 0.1
    left=$((left - 1))
  done
  end_all
}

spared=
"$@" 3<&- &
program=$!
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
user=$(id -u)
watch &
spared=$!
exec >/dev/null 2>&1 3<&-

code=0
wait $program || code=$?
# A signal to this shell ends its waiting early.
while [ $code -gt 128 ] && kill -0 $program; do
  code=0
  wait $program || code=$?
done
end_all
spared=
find_others
signal_found KILL
exit $code
`;
