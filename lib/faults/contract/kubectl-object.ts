import { GUARD } from "./guard-script.ts";

/** For faults that are an object of the API, made through kubectl on the control-plane node under a name of ours. $1 its namespace. */
export const KUBECTL = `${GUARD}set -eu
kube() { kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout "$((8 * patience))s" -n "$namespace" "$@"; }
namespace=$1`;

/** $2 its kind and name, `service/faultline-ID`. */
export const UNDO_OBJECT = `${KUBECTL}
# Apart from the test: set -e does not see a command fail within one, and an API server that does not answer is no "nothing".
there=$(kube get "$2" --ignore-not-found -o name)
if [ -z "$there" ]; then echo nothing-to-undo; exit; fi
kube delete "$2" --ignore-not-found >/dev/null
echo undone`;

/** $2 the same. */
export const VERIFY_OBJECT = `${KUBECTL}
left=$(kube get "$2" --ignore-not-found -o name)
if [ -z "$left" ]; then echo clean; else echo "still-in-force $left"; fi`;

/** Ours by its name, which nobody else would choose. */
export function objectName(id: string): string {
  return `faultline-${id}`;
}

/** The labels of whatever we make. */
export const OUR_LABELS = { "app.kubernetes.io/managed-by": "faultline" } as const;
