# Common to the steps that change the file or compare it, after the guard.
set -eu
# Replaces the node's CoreDNS pods: a pod reads its resolv.conf once, when it is created. A node may delete its pods.
renew() {
  kubectl --kubeconfig /etc/kubernetes/kubelet.conf -n kube-system delete pod -l k8s-app=kube-dns \
    --field-selector "spec.nodeName=$(hostname)" --wait=false >&2
}
# Tells whether file $1 holds the content $2, in base64.
holds() { [ "$(base64 -w0 <"$1")" = "$2" ]; }
# Replaces file $1 by the content $2, in base64, in one step.
put() { printf "%s" "$2" | base64 -d >"$1.new"; chmod 644 "$1.new"; mv -f "$1.new" "$1"; }
