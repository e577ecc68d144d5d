#!/usr/bin/env bash
# start-engine.sh LOG DOCKERD [ARGUMENT…]: starts dockerd apart from this session, after clearing away what an engine
# that was killed has left behind. Does nothing when an engine runs or is starting. Its process id goes to LOG.pid.
#
# Why clear: dockerd believes a pid file whose number is in use again by any process, and would signal that process as
# its own containerd; and it prefers the socket of a system containerd to a containerd of its own, dead or not.
set -euo pipefail

log=$1
shift
run=/var/run

mkdir -p -- "$(dirname -- "$log")"
exec 9>>"$log.lock"
flock 9

runs() { # PID_FILE NAME: whether the file names a live process of that name
  local pid
  [[ -r $1 ]] && pid=$(<"$1") && [[ $pid =~ ^[0-9]+$ && -r /proc/$pid/comm ]] || return 1
  [[ $(</proc/"$pid"/comm) == "$2" ]] && ! grep -q '^State:[[:space:]]*Z' "/proc/$pid/status"
}

listens() { # SOCKET: whether any process holds it (it may be bound as /run/… or /var/run/…)
  awk -v path="$1" '{ name = $8; sub("^/var/run/", "/run/", name); if (name == path) found = 1 } END { exit !found }' \
    /proc/net/unix
}

if runs "$run/docker.pid" dockerd || runs "$log.pid" dockerd; then exit 0; fi
rm -f -- "$run/docker.pid" "$log.pid"
listens /run/docker.sock || rm -f -- "$run/docker.sock"
listens /run/containerd/containerd.sock || rm -f -- /run/containerd/containerd.sock /run/containerd/containerd.sock.ttrpc
if ! runs "$run/docker/containerd/containerd.pid" containerd; then
  rm -f -- "$run"/docker/containerd/containerd.pid "$run"/docker/containerd/*.sock "$run"/docker/containerd/*.sock.ttrpc
fi

[[ ! -s $log ]] || mv -f -- "$log" "$log.1"
# Containers inherit the engine's file limits, and a session's soft limit of 1024 is too low for a node.
hard=$(ulimit -Hn)
if [[ $hard == unlimited ]] || ((hard > 1048576)); then hard=1048576; fi
ulimit -Sn "$hard" || true
cd /
# The lock's descriptor is closed for dockerd, else it would hold it for as long as it runs.
setsid --fork bash -c 'echo "$$" >"$0"; exec "$@"' "$log.pid" "$@" </dev/null >>"$log" 2>&1 9>&-
# Whoever has waited for the lock is to see that one runs.
for _ in {1..50}; do
  if runs "$log.pid" dockerd; then break; fi
  sleep 0.1
done
