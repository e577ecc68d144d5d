import { readFileSync } from "node:fs";
import { z } from "zod";
import { UsageError } from "../../../host/errors.ts";
import type { NetworkPolicyFault } from "../../contract/fault.ts";
import type { FaultKind } from "../../contract/kind.ts";
import { KUBECTL, objectName, OUR_LABELS, UNDO_OBJECT, VERIFY_OBJECT } from "../../contract/kubectl-object.ts";
import { FaultNotInForce } from "../../contract/refused.ts";
import { canonicalLabels, kubernetesNameSchema, labelsSchema } from "../selector/kind.ts";

const script = (name: string): string => readFileSync(new URL(`${name}.sh`, import.meta.url), "utf8");
const CAPTURE = `${KUBECTL}${script("capture")}`;
const APPLY = `${KUBECTL}${script("apply")}`;
const READ_BACK = `${KUBECTL}${script("read-back")}`;

/** The object: nobody may reach the selected pods. Source: KEP and reference of networking.k8s.io/v1 NetworkPolicy, "default deny all ingress". */
export function renderPolicy({ namespace, podSelector }: NetworkPolicyFault, id: string): string {
  const metadata = JSON.stringify({
    name: objectName(id),
    namespace,
    labels: OUR_LABELS,
  });
  const spec = `{"podSelector":{"matchLabels":${canonicalLabels(podSelector)}},"policyTypes":["Ingress"]}`;
  return `{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":${metadata},"spec":${spec}}`;
}

function byName({ namespace }: NetworkPolicyFault, id: string): readonly string[] {
  return [namespace, `networkpolicy/${objectName(id)}`];
}

/** A NetworkPolicy that lets nobody in, made through kubectl on the control-plane node; undone by deleting the object of our name. */
export const networkPolicyKind: FaultKind<NetworkPolicyFault, null> = {
  kind: "network-policy",
  scope: "cluster",
  schema: z.strictObject({
    kind: z.literal("network-policy"),
    namespace: kubernetesNameSchema,
    podSelector: labelsSchema,
  }),
  priorSchema: z.null(),
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
    const there = stdout.trim();
    if (there === "") return null;
    throw new FaultNotInForce(
      `namespace ${namespace} has policies already: ${there.replaceAll("\n", ", ")}`,
      "what is broken could not be told apart from what they do: delete them",
    );
  },
  priorInPlan: () => null,
  apply: (fault, _prior, id) => ({ script: APPLY, args: [fault.namespace, renderPolicy(fault, id)] }),
  readBack: (fault, _prior, id) => ({ script: READ_BACK, args: byName(fault, id) }),
  readBackSaid(_fault, stdout) {
    const there = stdout.trim();
    return there === "" ? { inForce: false, detail: "the policy is gone" } : { inForce: true, detail: there };
  },
  undo: (fault, _prior, id) => ({ script: UNDO_OBJECT, args: byName(fault, id) }),
  verifyUndone: (fault, _prior, id) => ({ script: VERIFY_OBJECT, args: byName(fault, id) }),
};
