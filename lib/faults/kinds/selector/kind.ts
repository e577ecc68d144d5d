import { readFileSync } from "node:fs";
import { z } from "zod";
import { UsageError } from "../../../host/errors.ts";
import type { SelectorFault } from "../../contract/fault.ts";
import { GUARD } from "../../contract/guard-script.ts";
import type { FaultKind } from "../../contract/kind.ts";
import { FaultNotInForce } from "../../contract/refused.ts";

const script = (name: string): string => readFileSync(new URL(`${name}.sh`, import.meta.url), "utf8");
const COMMON = `${GUARD}${script("common")}`;
const READ = `${COMMON}${script("capture")}`;
const APPLY = `${COMMON}${script("apply")}`;
const UNDO = `${COMMON}${script("undo")}`;
const VERIFY = `${COMMON}${script("verify")}`;

type Labels = Readonly<Record<string, string>>;

interface SelectorPrior {
  readonly selector: Labels;
}

export const kubernetesNameSchema = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "must be a Kubernetes name");
export const labelsSchema = z.record(
  z
    .string()
    .regex(/^([a-z0-9][a-z0-9.-]{0,252}\/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/, "must be a label key"),
  z.string().regex(/^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/, "must be a label value"),
);

/** Labels as kubectl prints a map: JSON with its keys in byte order (Go's encoding/json). */
export function canonicalLabels(labels: Labels): string {
  const keys = Object.keys(labels).sort((a, b) => (a < b ? -1 : 1));
  return `{${keys.map((key) => `${JSON.stringify(key)}:${JSON.stringify(labels[key])}`).join(",")}}`;
}

function args({ namespace, service, selector }: SelectorFault, prior: SelectorPrior): readonly string[] {
  return [namespace, service, canonicalLabels(selector), canonicalLabels(prior.selector)];
}

/** A Service's selector, changed through kubectl on the control-plane node; put back only if it still is what we wrote. */
export const selectorKind: FaultKind<SelectorFault, SelectorPrior> = {
  kind: "selector",
  scope: "cluster",
  schema: z.strictObject({
    kind: z.literal("selector"),
    namespace: kubernetesNameSchema,
    service: kubernetesNameSchema,
    selector: labelsSchema,
  }),
  priorSchema: z.strictObject({ selector: labelsSchema }),
  validate({ selector, service }) {
    if (Object.keys(selector).length > 0) return;
    throw new UsageError(
      `fault selector of ${service} is empty: that means "no selector", not "nobody"`,
      "name a label that no pod has",
    );
  },
  claims: ({ namespace, service }) => [`service ${namespace}/${service}`],
  capture: ({ namespace, service }) => ({ script: READ, args: [namespace, service] }),
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
  readBack: ({ namespace, service }) => ({ script: READ, args: [namespace, service] }),
  readBackSaid: ({ selector }, stdout) => ({
    inForce: stdout.trim() === canonicalLabels(selector),
    detail: `selector is ${stdout.trim() || "empty"}`,
  }),
  undo: (fault, prior) => ({ script: UNDO, args: args(fault, prior) }),
  verifyUndone: (fault, prior) => ({ script: VERIFY, args: args(fault, prior) }),
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
