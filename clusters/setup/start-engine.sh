#!/usr/bin/env bash
# start-engine.sh LOG DOCKERD [ARGUMENT…]: starts dockerd detached from this session, after removing the files that a
# killed engine left. Does nothing when an engine runs or is starting. Its process id goes to LOG.pid.
#
# Why remove them: dockerd trusts a pid file whose number any process has again, and would signal that process as its
# own containerd. It also prefers the socket of a system containerd to its own, dead or not.
set -euo pipefail

log=$1
shift
run=/var/run

mkdir -p -- "$(dirname -- "$log")"
exec 9>>"$log.lock"
flock 9

runs() { # PID_FILE NAME: true when the file names a live process of that name
  local pid
  [[ -r $1 ]] && pid=$(<"$1") && [[ $pid =~ ^[0-9]+$ && -r /proc/$pid/comm ]] || return 1
  [[ $(</proc/"$pid"/comm) == "$2" ]] && ! grep -q '^State:[[:space:]]*Z' "/proc/$pid/status"
}

listens() { # SOCKET: true when a process holds it (it may be bound as /run/… or /var/run/…)
  awk -v path="$1" '{ name = $8; sub("^/var/run/", "/run/", name); if (name == path) found = 1 } END { exit !found }' \
    /proc/net/unix
}

if runs "$run/docker.pid" dockerd || runs "$log.pid" dockerd; then exit 0; fi
rm -f -- "$run/docker.pid" "$log.pid"
listens /run/docker.sock || rm -f -- "$run/docker.sock"
listens /run/containerd/containerd.sock ||
  rm -f -- /run/containerd/containerd.sock /run/containerd/containerd.sock.ttrpc
if ! runs "$run/docker/containerd/containerd.pid" containerd; then
  rm -f -- "$run"/docker/containerd/containerd.pid "$run"/docker/containerd/*.sock "$run"/docker/containerd/*.sock.ttrpc
fi

[[ ! -s $log ]] || mv -f -- "$log" "$log.1"
# Containers inherit the engine's file limits, and a session's soft limit of 1024 is too low for a node.
hard=$(ulimit -Hn)
if [[ $hard == unlimited ]] || ((hard > 1048576)); then hard=1048576; fi
ulimit -Sn "$hard" || true
cd /
# dockerd must not inherit the lock's descriptor: it would hold the lock for as long as it runs.
# shellcheck disable=SC2016 # The inner shell expands it.
setsid --fork bash -c 'echo "$$" >"$0"; exec "$@"' "$log.pid" "$@" </dev/null >>"$log" 2>&1 9>&-
# The next process with the lock must see that one runs.
for _ in {1..50}; do
  if runs "$log.pid" dockerd; then break; fi
  sleep 0.1
done
