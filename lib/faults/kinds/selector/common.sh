# Common to the steps of a selector fault, after the guard. $1 namespace, $2 Service.
set -eu
get() { kubectl --kubeconfig /etc/kubernetes/admin.conf -n "$1" get service "$2" -o "jsonpath={.spec.selector}"; }
