# Common to faults that are an object of the API, after the guard: through kubectl on the control-plane node, under a
# name of ours. $1 the object's namespace.
set -eu
kube() { kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout "$((8 * patience))s" -n "$namespace" "$@"; }
namespace=$1
