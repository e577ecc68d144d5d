import { readFileSync } from "node:fs";
import { z } from "zod";
import { UsageError } from "../../../host/errors.ts";
import type { FaultKind, NodeFaultOf } from "../../contract/kind.ts";
import { KUBECTL, OUR_LABELS, ROLES_NAMESPACE, UNDO_OBJECT, VERIFY_OBJECT } from "../../contract/kubectl-object.ts";
import { canonicalLabels, kubernetesNameSchema, labelsSchema } from "../../contract/kubernetes-values.ts";
import { markOf } from "../../contract/marks.ts";
import { FaultNotInForce } from "../../contract/refused.ts";

const script = (name: string): string => readFileSync(new URL(`${name}.sh`, import.meta.url), "utf8");
const CAPTURE = `${KUBECTL}${script("capture")}`;
const APPLY = `${KUBECTL}${script("apply")}`;
const READ_BACK = `${KUBECTL}${script("read-back")}`;

const schema = z.strictObject({
  kind: z.literal("network-policy"),
  namespace: kubernetesNameSchema,
  podSelector: labelsSchema,
});

/** Creates a NetworkPolicy that denies all ingress to the pods with these labels. */
export type NetworkPolicyFault = Readonly<z.output<typeof schema>>;

/** Through kubectl on the control-plane node; undone by deleting the object of our name. */
const networkPolicyKind: FaultKind<NetworkPolicyFault, null> = {
  kind: "network-policy",
  schema,
  priorSchema: z.null(),
  describe: ({ namespace, podSelector }) => `NetworkPolicy in ${namespace} against ${JSON.stringify(podSelector)}`,
  steps({ namespace, podSelector }, _prior, id) {
    const kube = `kubectl -n ${namespace}`;
    const policy = `networkpolicy/${markOf(id)}`;
    return {
      apply: [`${kube} apply -f -  # ${policy}: no ingress to ${canonicalLabels(podSelector)}`],
      readBack: [`${kube} get ${policy}`],
      undo: [`${kube} delete ${policy}`],
      verify: [`${kube} get ${policy}  # not found`],
    };
  },
  scope: () => "cluster",
  validate({ podSelector, namespace }) {
    if (Object.keys(podSelector).length > 0) return;
    throw new UsageError(
      `fault network-policy in ${namespace} selects every pod there`,
      "name a label of the pods that are meant",
    );
  },
  claims: ({ namespace }) => [`networkpolicies of ${namespace}`],
  capture: ({ namespace }) => ({ script: CAPTURE, args: [namespace] }),
  captured({ namespace }, stdout) {
    const policies = stdout.trim();
    if (policies === "") return null;
    throw new FaultNotInForce(
      `namespace ${namespace} has policies already: ${policies.replaceAll("\n", ", ")}`,
      "the fault's effect could not be told apart from theirs: delete them",
    );
  },
  priorInPlan: () => null,
  apply: (fault, _prior, id) => ({ script: APPLY, args: [fault.namespace, renderPolicy(fault, id)] }),
  readBack: (fault, _prior, id) => ({ script: READ_BACK, args: byName(fault, id) }),
  readBackSaid(_fault, stdout) {
    const policy = stdout.trim();
    return policy === "" ? { inForce: false, detail: "the policy is gone" } : { inForce: true, detail: policy };
  },
  undo: (fault, _prior, id) => ({ script: UNDO_OBJECT, args: byName(fault, id) }),
  verifyUndone: (fault, _prior, id) => ({ script: VERIFY_OBJECT, args: byName(fault, id) }),
};
export default networkPolicyKind;

/** Returns the object. Source: reference of networking.k8s.io/v1 NetworkPolicy, "default deny all ingress". */
function renderPolicy({ namespace, podSelector }: NetworkPolicyFault, id: string): string {
  const metadata = JSON.stringify({ name: markOf(id), namespace, labels: OUR_LABELS });
  const spec = `{"podSelector":{"matchLabels":${canonicalLabels(podSelector)}},"policyTypes":["Ingress"]}`;
  return `{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":${metadata},"spec":${spec}}`;
}

function byName({ namespace }: NetworkPolicyFault, id: string): readonly string[] {
  return [namespace, `networkpolicy/${markOf(id)}`];
}

/** Denies all ingress to pods with these labels, in the roles' namespace. */
export function denyAll(podSelector: NetworkPolicyFault["podSelector"]): NodeFaultOf<NetworkPolicyFault> {
  return { node: "control-plane", fault: { kind: "network-policy", namespace: ROLES_NAMESPACE, podSelector } };
}
