# shellcheck shell=bash
# Runs this project's `run` in a VM. Prints its cell's events on stdout as they are logged, all else on stderr. $@ is
# the run's argv. Exits with the run's exit code.
set -u
# What probes take goes after what the cluster takes: both are asked of few processors, and a group of processes has the
# weight 100 there, all nodes together as well. kube-proxy took a balancer's address 20 to 60 s late.
mkdir -p /sys/fs/cgroup/run
echo 25 >/sys/fs/cgroup/run/cpu.weight
echo $$ >/sys/fs/cgroup/run/cgroup.procs
latest=runs/latest
before=$(readlink "$latest" 2>/dev/null)
"$@" >&2 &
run=$!
trap 'kill -TERM "$run" 2>/dev/null' TERM INT
events=""
while kill -0 "$run" 2>/dev/null; do
  now=$(readlink "$latest" 2>/dev/null)
  if [ "$now" != "$before" ] && [ -n "$now" ]; then
    events=$(compgen -G "runs/$now/cells/*/events.ndjson") && break
  fi
  sleep 0.2
done
if [ -n "$events" ]; then tail -n +1 -F --pid="$run" "$events" 2>/dev/null & tail=$!; fi
# A signal that is trapped ends a wait before the run has ended.
while :; do
  wait "$run"
  code=$?
  kill -0 "$run" 2>/dev/null || break
done
if [ -n "$events" ]; then wait "$tail"; fi
exit "$code"
