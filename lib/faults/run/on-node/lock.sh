# Common to the commands that change a node, after the guard, which leaves $netns, $boot, $init and $patience: one at a
# time in a network namespace. State is in /run, which on a kind node is a tmpfs that ends with the container, as the
# namespace does.
#   armed/UPTIME-ID/  a fault that may be in force: undo, args (NUL-separated), claims, expires, until (in 1/100 s)
#   fired/ID          undone by the dead-man: when, and what the undo printed
#   undone/ID         undone before it was ever armed: an apply that is still on its way must not take effect
set -u
umask 077
state=/run/faultline/$netns
# Time limit of one step, so that the lock is never held for longer than a lease allows.
step_s=$((12 * patience))

refuse() {
  echo "faultline: $2" >&2
  exit "$1"
}

# Prints the time since boot, in 1/100 s: unlike the clock, it cannot be set.
uptime_cs() {
  read -r up _ </proc/uptime
  echo "${up%.*}${up#*.}"
}

# Prints the folder of an armed fault; nothing when it is not armed.
armed_as() {
  for found in "$state/armed/"*-"$1"; do
    if [ -d "$found" ]; then echo "$found"; fi
  done
}

# Tells whether an armed fault has one of these claims (one a line).
claimed_by_other() {
  # shellcheck disable=SC2062 # the patterns come from -f -, the rest are files
  [ -n "$1" ] && echo "$1" | grep -qxF -f - "$state/armed/"*/claims 2>/dev/null
}

refuse_if_claimed() {
  if claimed_by_other "$1"; then
    refuse 94 "another fault in force on this node writes to the same ($1)"
  fi
}

# Runs a kind's script. It inherits the lock: if this shell is killed, no other command enters until the step has ended
# too.
run_step() {
  script=$1
  shift
  timeout -k 1 "$step_s" sh -c "$script" faultline "$netns" "$boot" "$init" "$patience" "$@"
}

# Writes a number atomically, so that the dead-man never reads half of it.
write_number() {
  echo "$2" >"$1.new" && mv "$1.new" "$1"
}

# The dead-man inherits the watch lock with the open file, so there is always exactly one while a fault is armed.
start_dead_man() {
  exec 8>"$state/watch"
  if flock -n 8; then
    setsid sh -c "$1" faultline-dead-man "$netns" "$boot" "$patience" </dev/null >/dev/null 2>&1 9>&- &
    echo "dead-man started"
  fi
  exec 8>&-
}

mkdir -p "$state/armed" "$state/fired" "$state/undone" || exit 1
exec 9>"$state/lock"
flock -w $((25 * patience)) 9 || refuse 96 "another command of ours has held this node for too long"
