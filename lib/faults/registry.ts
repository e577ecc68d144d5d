import { z } from "zod";
import { UsageError } from "../host/errors.ts";
import { agentKind } from "./kinds/agent/kind.ts";
import { dropKind } from "./kinds/drop/kind.ts";
import type { Fault, NodeFault } from "./contract/fault.ts";
import { NODE_ROLES } from "../model/nodes.ts";
import { NODE_ONLY, type FaultKind, type Reach } from "./contract/kind.ts";
import { iptablesDropKind } from "./kinds/iptables-drop/kind.ts";
import { linkKind } from "./kinds/link/kind.ts";
import { loadBalancerKind } from "./kinds/load-balancer/kind.ts";
import { networkPolicyKind } from "./kinds/network-policy/kind.ts";
import { nftJumpKind } from "./kinds/nft-jump/kind.ts";
import { noneKind } from "./kinds/none/kind.ts";
import { policyKind } from "./kinds/policy/kind.ts";
import { resolvConfKind } from "./kinds/resolv-conf/kind.ts";
import { routeKind } from "./kinds/route/kind.ts";
import { ruleKind } from "./kinds/rule/kind.ts";
import { selectorKind } from "./kinds/selector/kind.ts";
import { sysctlKind } from "./kinds/sysctl/kind.ts";

/** Every kind there is, by name: adding one to the union makes this line wrong until it is here. */
const KINDS = {
  none: noneKind,
  sysctl: sysctlKind,
  drop: dropKind,
  "iptables-drop": iptablesDropKind,
  route: routeKind,
  link: linkKind,
  policy: policyKind,
  rule: ruleKind,
  "nft-jump": nftJumpKind,
  agent: agentKind,
  "resolv-conf": resolvConfKind,
  "network-policy": networkPolicyKind,
  "load-balancer": loadBalancerKind,
  selector: selectorKind,
} as const satisfies { readonly [K in Fault["kind"]]: FaultKind<Extract<Fault, { kind: K }>> };

/** The kind that knows this fault; its prior is opaque data here. */
export function kindOf(fault: Fault): FaultKind {
  return KINDS[fault.kind];
}

/** Read by its own kind's schema, so that an error names the field and not "no member of the union". */
const faultSchema: z.ZodType<Fault> = z
  .looseObject({ kind: z.enum(Object.keys(KINDS) as Fault["kind"][]) })
  .transform((value, context): Fault => {
    const read = kindOf(value as Fault).schema.safeParse(value);
    if (read.success) return read.data;
    for (const { path, message } of read.error.issues) context.addIssue({ code: "custom", path, message });
    return z.NEVER;
  });

export const nodeFaultSchema: z.ZodType<NodeFault> = z.strictObject({
  node: z.enum(NODE_ROLES),
  fault: faultSchema,
});

/** Throws UsageError or GuardError naming what is wrong with a fault; does nothing else. */
export function validateFault(nodeFault: NodeFault, reach: Reach = NODE_ONLY): void {
  const read = nodeFaultSchema.safeParse(nodeFault);
  if (!read.success) {
    const issue = read.error.issues[0];
    const where = issue?.path.join(".") || "fault";
    throw new UsageError(
      `fault is not valid: ${where}: ${issue?.message}`,
      "correct it in the suite; lib/faults/contract/fault.ts says what each kind takes",
    );
  }
  kindOf(nodeFault.fault).validate(nodeFault.fault, reach);
}
