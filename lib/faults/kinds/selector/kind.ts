import { readFileSync } from "node:fs";
import { z } from "zod";
import { UsageError } from "../../../host/errors.ts";
import { GUARD } from "../../contract/guard-script.ts";
import type { FaultKind, NodeFaultOf } from "../../contract/kind.ts";
import { ROLES_NAMESPACE } from "../../contract/kubectl-object.ts";
import { canonicalLabels, kubernetesNameSchema, labelsSchema } from "../../contract/kubernetes-values.ts";
import { FaultNotInForce } from "../../contract/refused.ts";

const script = (name: string): string => readFileSync(new URL(`${name}.sh`, import.meta.url), "utf8");
const COMMON = `${GUARD}${script("common")}`;
/** Also the read-back. */
const CAPTURE = `${COMMON}${script("capture")}`;
const APPLY = `${COMMON}${script("apply")}`;
const UNDO = `${COMMON}${script("undo")}`;
const VERIFY = `${COMMON}${script("verify")}`;

const schema = z.strictObject({
  kind: z.literal("selector"),
  namespace: kubernetesNameSchema,
  service: kubernetesNameSchema,
  selector: labelsSchema,
});
const priorSchema = z.strictObject({ selector: labelsSchema });

/** Replaces a Service's selector. */
export type SelectorFault = Readonly<z.output<typeof schema>>;
type SelectorPrior = Readonly<z.output<typeof priorSchema>>;

/** Through kubectl on the control-plane node; put back only while the selector is the one we wrote. */
const selectorKind: FaultKind<SelectorFault, SelectorPrior> = {
  kind: "selector",
  schema,
  priorSchema,
  describe: ({ namespace, service, selector }) =>
    `selector of Service ${namespace}/${service} = ${JSON.stringify(selector)}`,
  steps({ namespace, service, selector }, prior) {
    const [ours, before] = [canonicalLabels(selector), prior ? canonicalLabels(prior.selector) : "<selector before>"];
    const [patch, get] = ["patch", "get"].map((verb) => `kubectl -n ${namespace} ${verb} service ${service}`);
    return {
      apply: [`${patch}  # .spec.selector becomes ${ours}`],
      readBack: [`${get}  # .spec.selector is ${ours}`],
      undo: [`${patch}  # .spec.selector becomes ${before}, only while it is ${ours}`],
      verify: [`${get}  # .spec.selector is ${before}`],
    };
  },
  scope: () => "cluster",
  validate({ selector, service }) {
    if (Object.keys(selector).length > 0) return;
    throw new UsageError(
      `fault selector of ${service} is empty: that means "no selector", not "no pods"`,
      "name a label that no pod has",
    );
  },
  claims: ({ namespace, service }) => [`service ${namespace}/${service}`],
  capture: ({ namespace, service }) => ({ script: CAPTURE, args: [namespace, service] }),
  captured({ namespace, service, selector: wanted }, stdout) {
    const selector = labelsSchema.safeParse(parsed(stdout));
    if (selector.success && canonicalLabels(selector.data) === canonicalLabels(wanted)) {
      throw new FaultNotInForce(
        `the selector of service ${namespace}/${service} is that already`,
        "such a fault would change nothing: name labels that no pod has",
      );
    }
    if (selector.success) return { selector: selector.data };
    throw new FaultNotInForce(
      `service ${namespace}/${service} has no selector to change`,
      "choose a Service that selects pods",
    );
  },
  priorInPlan: () => ({ selector: { "read-before": "" } }),
  apply: (fault, prior) => ({ script: APPLY, args: args(fault, prior) }),
  readBack: ({ namespace, service }) => ({ script: CAPTURE, args: [namespace, service] }),
  readBackSaid: ({ selector }, stdout) => ({
    inForce: stdout.trim() === canonicalLabels(selector),
    detail: `selector is ${stdout.trim() || "empty"}`,
  }),
  undo: (fault, prior) => ({ script: UNDO, args: args(fault, prior) }),
  verifyUndone: (fault, prior) => ({ script: VERIFY, args: args(fault, prior) }),
};
export default selectorKind;

function args({ namespace, service, selector }: SelectorFault, prior: SelectorPrior): readonly string[] {
  return [namespace, service, canonicalLabels(selector), canonicalLabels(prior.selector)];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Points a Service of the roles' namespace at pods that do not exist. */
export function selectNobody(service: string): NodeFaultOf<SelectorFault> {
  const fault = { kind: "selector", namespace: ROLES_NAMESPACE, service, selector: { app: "nobody" } } as const;
  return { node: "control-plane", fault };
}
