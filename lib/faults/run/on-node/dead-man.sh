# Stays on the node while a fault is armed, and undoes every fault whose lease is over: the harness may be dead and the
# network cut. It receives the watch lock as file 8 and releases it only while it holds the node's lock, so that the
# next arm starts another dead-man. $1 inode of the namespace, $2 boot, $3 the timeout factor, as $patience in guard.sh.
set -u
umask 077
netns=$1 patience=$3
state=/run/faultline/$netns
step_s=$((12 * patience)) retry_cs=500

uptime_cs() {
  read -r up _ </proc/uptime
  echo "${up%.*}${up#*.}"
}

# Tells whether a lease is over. A fault that is gone is not due; one whose number a full disk has damaged is.
is_due() {
  expires=$(cat "$1/expires" 2>/dev/null) || return 1
  case $expires in "" | *[!0-9]*) return 0 ;; esac
  [ "$(uptime_cs)" -ge "$expires" ]
}

# Lists the armed faults, newest first: the names begin with the time of arming.
armed() {
  ls -1r "$state/armed"
}

lock() {
  exec 9>"$state/lock"
  flock 9
}

unlock() {
  exec 9>&-
}

# The undo inherits the node's lock: if this shell is killed, no other command enters until the undo has ended too.
undo() {
  if said=$(xargs -0 -x -s 1000000 timeout -k 1 "$step_s" sh "$1/undo" <"$1/args" 2>&1); then
    printf '%s %s\n' "$(uptime_cs)" "$said" >"$state/fired/${1##*-}"
    rm -rf "$1"
  else
    echo $(($(uptime_cs) + retry_cs)) >"$1/expires"
  fi
}

# Sleeps until the next fault is due, at most a second, since leases change and faults go.
pause() {
  soonest=100 now=$(uptime_cs)
  for file in "$state/armed/"*/expires; do
    { read -r expires <"$file"; } 2>/dev/null || continue
    case $expires in "" | *[!0-9]*) continue ;; esac
    if [ $((expires - now)) -lt "$soonest" ]; then soonest=$((expires - now)); fi
  done
  # A fault that is due but could not be undone, or waits for the lock, need not be checked without a pause.
  if [ "$soonest" -lt 10 ]; then soonest=10; fi
  sleep "$((soonest / 100)).$(printf %02d $((soonest % 100)))"
}

while pause; do
  if ! [ -d "$state/armed" ]; then exit 0; fi
  for name in $(armed); do
    is_due "$state/armed/$name" || continue
    # One at a time, so that undos that hang do not keep a harness from the lock for longer than one step.
    lock
    if is_due "$state/armed/$name"; then undo "$state/armed/$name" 8>&-; fi
    unlock
  done
  if [ -n "$(armed)" ]; then continue; fi
  lock
  if [ -z "$(armed)" ]; then exit 0; fi
  unlock
done
