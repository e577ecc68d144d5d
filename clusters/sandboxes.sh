# Runs on a node. Prints a JSON line per pod sandbox that is running here: namespace, name and the process that holds its network namespace.
# Read from containerd's own bundles (its v2 runtime keeps config.json and init.pid there), since asking through crictl needs a tool that not
# every node has, and asking the API would ride on the network under test.
set -u
for bundle in /run/containerd/io.containerd.runtime.v2.task/k8s.io/*/; do
  [ -r "${bundle}config.json" ] && [ -r "${bundle}init.pid" ] || continue
  jq -c --arg pid "$(cat "${bundle}init.pid")" '
    .annotations
    | select(."io.kubernetes.cri.container-type" == "sandbox")
    | {namespace: ."io.kubernetes.cri.sandbox-namespace", name: ."io.kubernetes.cri.sandbox-name", pid: ($pid | tonumber)}
  ' "${bundle}config.json" 2>/dev/null
done
exit 0
