# Runs a command in a container as `docker exec` would: in the namespaces and the control groups of its first process.
#   $1 that process, as this machine counts; $2 when it was started (clock ticks since boot)
#   $3 the umask; $4 how many control groups, then their folders; then the environment (NAME=VALUE, a word each) and
#   the command
# Exit 98: the container is another or gone, or cannot be entered; nothing was run.
set -u
pid=$1 started=$2 left=$4
umask "$3"
shift 4

refuse() {
  echo "faultline: not entered: $1" >&2
  exit 98
}

# Field 22 of proc_pid_stat(5); the second is a name and may hold blanks.
is_the_same() {
  # shellcheck disable=SC2086
  set -- ${1##*) }
  [ "${20:-}" = "$started" ]
}

# What the command leaves behind lives and dies with the container, whatever ends the harness.
while [ "$left" -gt 0 ]; do
  { echo 0 >"$1/cgroup.procs"; } 2>/dev/null || refuse "control group $1 cannot be joined"
  shift
  left=$((left - 1))
done
# Last, so that the number has the least time to become another process's before nsenter(1) opens its namespaces.
{ read -r stat <"/proc/$pid/stat"; } 2>/dev/null || refuse "process $pid is gone"
is_the_same "$stat" || refuse "process $pid is another"
exec nsenter --target "$pid" --mount --uts --ipc --net --pid --cgroup -- /usr/bin/env -i "$@"
