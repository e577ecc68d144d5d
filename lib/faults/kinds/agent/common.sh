# Common to the steps of an agent fault, after the guard. $1 label, $2 namespace, $3 selector of the agent's pods.
set -eu
label=$1 namespace=$2 selector=$3
node=$(hostname)
kube() { kubectl --kubeconfig /etc/kubernetes/kubelet.conf --request-timeout "$((8 * patience))s" "$@"; }
# The value of the node's label.
value() { kube get node "$node" -o "jsonpath={.metadata.labels['$(printf "%s" "$label" | sed "s/\\./\\\\./g")']}"; }
# A line for each of the agent's pods on this node: its name and whether it is Ready.
agents() {
  kube -n "$namespace" get pods -l "$selector" --field-selector "spec.nodeName=$node" \
    -o 'jsonpath={range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}'
}
uptime_s() { read -r up _ </proc/uptime; echo "${up%.*}"; }
# Waits until command $2 prints a line that matches $3, or nothing where $3 is empty. At most $1 seconds, so that the
# step keeps within its own time limit.
until_says() {
  deadline=$(($(uptime_s) + $1))
  while [ "$(uptime_s)" -lt "$deadline" ]; do
    said=$($2)
    if [ -z "$3" ]; then [ -z "$said" ] && return; elif printf "%s\n" "$said" | grep -q "$3"; then return; fi
    sleep 0.3
  done
}
