import { z } from "zod";
import { UsageError } from "../host/errors.ts";
import { NODE_ROLES } from "../model/nodes.ts";
import { NODE_ONLY, type FaultKind, type NodeFaultOf, type Reach } from "./contract/kind.ts";
import agent from "./kinds/agent/kind.ts";
import drop from "./kinds/drop/kind.ts";
import iptablesDrop from "./kinds/iptables-drop/kind.ts";
import link from "./kinds/link/kind.ts";
import loadBalancer from "./kinds/load-balancer/kind.ts";
import networkPolicy from "./kinds/network-policy/kind.ts";
import nftJump from "./kinds/nft-jump/kind.ts";
import none from "./kinds/none/kind.ts";
import policy from "./kinds/policy/kind.ts";
import resolvConf from "./kinds/resolv-conf/kind.ts";
import route from "./kinds/route/kind.ts";
import rule from "./kinds/rule/kind.ts";
import selector from "./kinds/selector/kind.ts";
import sysctl from "./kinds/sysctl/kind.ts";

/** Every kind of fault. Everything below is derived from this list. */
const KINDS = [
  none,
  sysctl,
  drop,
  iptablesDrop,
  route,
  link,
  policy,
  rule,
  nftJump,
  agent,
  resolvConf,
  networkPolicy,
  loadBalancer,
  selector,
] as const;

/** A fault: plain data, a closed union by `kind`. Each kind's folder under lib/faults/kinds/ applies and undoes it. */
export type Fault = z.output<(typeof KINDS)[number]["schema"]>;

/** A fault and its node: `A`, `B`, `C`, or the control plane. */
export type NodeFault = NodeFaultOf<Fault>;

/** The names of all kinds, in the list's order. */
export const KIND_NAMES: readonly Fault["kind"][] = KINDS.map(({ kind }) => kind);

const byName: ReadonlyMap<string, FaultKind<Fault>> = new Map(
  KINDS.map((kind: FaultKind<Fault>) => [kind.kind, kind] as const),
);

/**
 * Returns the kind of a fault; its prior state is opaque data here. Throws RangeError for a kind that is not in the
 * list.
 */
export function kindOf(fault: Fault): FaultKind<Fault> {
  const kind = byName.get(fault.kind);
  if (kind === undefined) throw new RangeError(`there is no kind of fault named ${fault.kind}`);
  return kind;
}

/** Returns the fault in one line, without a newline: `sysctl net.ipv4.ip_forward=0 on A`. */
export function describeFault({ node, fault }: NodeFault): string {
  return `${kindOf(fault).describe(fault)} on ${node}`;
}

/** Reads a fault by its own kind's schema, so that an error names the field and not "no member of the union". */
const faultSchema: z.ZodType<Fault> = z.looseObject({ kind: z.enum(KIND_NAMES) }).transform((value, context): Fault => {
  const read = kindOf(value as Fault).schema.safeParse(value);
  if (read.success) return read.data;
  for (const { path, message } of read.error.issues) context.addIssue({ code: "custom", path, message });
  return z.NEVER;
});

/** Reads a fault and its node, from a suite or from a journal. */
export const nodeFaultSchema: z.ZodType<NodeFault> = z.strictObject({
  node: z.enum(NODE_ROLES),
  fault: faultSchema,
});

/** Throws UsageError or GuardError that names what is wrong with a fault. Does nothing else. */
export function validateFault(nodeFault: NodeFault, reach: Reach = NODE_ONLY): void {
  const read = nodeFaultSchema.safeParse(nodeFault);
  if (!read.success) {
    const issue = read.error.issues[0];
    const where = issue?.path.join(".") || "fault";
    throw new UsageError(
      `fault is not valid: ${where}: ${issue?.message}`,
      "correct it in the suite; the schema in lib/faults/kinds/KIND/kind.ts says what each kind takes",
    );
  }
  kindOf(nodeFault.fault).validate(nodeFault.fault, reach);
}
