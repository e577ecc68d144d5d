# Runs in a VM whose cluster was not made: what there is to see of it, before the VM is gone.
set -u
uptime
free -m
grep -v -E "^(\s|[a-z0-9.-]+/|main\.|runtime\.)" runs/latest/cells/*/kind.log | tail -n 25
for node in $(docker ps --all --format '{{.Names}}' | grep -E 'control-plane$|worker$'); do
  echo "== $node"
  docker exec "$node" journalctl --unit kubelet --no-pager --lines 8 --output cat 2>&1 | cut -c 1-300
  docker exec "$node" sh -c 'ls /var/log/pods; tail -qn 2 /var/log/pods/*/*/*.log' 2>&1 | cut -c 1-300
done
