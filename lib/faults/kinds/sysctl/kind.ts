import { readFileSync } from "node:fs";
import { z } from "zod";
import type { NodeRole } from "../../../model/nodes.ts";
import { GUARD } from "../../contract/guard-script.ts";
import type { FaultKind, NodeFaultOf } from "../../contract/kind.ts";
import { FaultNotInForce, GuardError } from "../../contract/refused.ts";
import { isCoarserView, isHostWide, isMoreThanAValue, sysctlClaim, sysctlPath } from "./keys.ts";

const script = (name: string): string => readFileSync(new URL(`${name}.sh`, import.meta.url), "utf8");
const COMMON = `${GUARD}${script("common")}`;
const WITH_OURS = `${COMMON}${script("ours")}`;
const CAPTURE = `${COMMON}${script("capture")}`;
const APPLY = `${COMMON}${script("apply")}`;
const READ_BACK = `${COMMON}${script("read-back")}`;
const UNDO = `${WITH_OURS}${script("undo")}`;
const VERIFY = `${WITH_OURS}${script("verify")}`;

const schema = z.strictObject({
  kind: z.literal("sysctl"),
  /** Dotted, `net.…` only: `net.ipv4.ip_forward`. */
  key: z.string().max(128),
  value: z
    .string()
    .regex(/^[a-zA-Z0-9_.:-]+( [a-zA-Z0-9_.:-]+){0,7}$/, "must be up to 8 words of letters, digits, _ . : -")
    .max(64),
});
const priorSchema = z.strictObject({
  value: z.string().max(256),
  /** Values that the kernel may change by itself when the key is written: `PATH=VALUE` each. */
  alongside: z.array(z.string().regex(/^net\/ipv[46]\/conf\/[^/\s]{1,15}\/[a-z0-9_]+=-?\d+$/)).readonly(),
});

/** Sets a sysctl of the node's network namespace. */
export type SysctlFault = Readonly<z.output<typeof schema>>;
type SysctlPrior = Readonly<z.output<typeof priorSchema>>;

/**
 * Undo writes the prior value, and the values that the kernel changed with the key, only while the key holds our value.
 * Keys that change addresses, such as `disable_ipv6`, are refused: writing the prior value does not bring addresses
 * back. On a device without addresses such a fault would show nothing.
 */
const sysctlKind: FaultKind<SysctlFault, SysctlPrior> = {
  kind: "sysctl",
  schema,
  priorSchema,
  describe: ({ key, value }) => `sysctl ${key}=${value}`,
  steps({ key, value }, prior) {
    const others = prior?.alongside ?? [];
    const alongside = others.length === 0 ? [] : [`put back ${others.length} values that the kernel changed with it`];
    return {
      apply: [`sysctl -w '${key}=${value}'`],
      readBack: [`sysctl ${key}`],
      undo: [`sysctl -w '${key}=${prior?.value ?? "<value before>"}'  # only while it is ${value}`, ...alongside],
      verify: [`sysctl ${key}  # is ${prior?.value ?? "<value before>"}`],
    };
  },
  scope: ({ key }) => (isHostWide(key) ? "host" : "namespace"),
  validate({ key }, { allowHostWide }) {
    const parts = sysctlPath(key).split("/");
    if (!/^net\.[a-z0-9_.\/-]+$/.test(key) || parts.some((part) => /^\.*$/.test(part))) {
      throw new GuardError(
        `sysctl key "${key}" is not of the form net.…`,
        "name a key of the network namespace, such as net.ipv4.ip_forward",
      );
    }
    if (isHostWide(key) && !allowHostWide) {
      throw new GuardError(
        `sysctl ${key} is the whole machine's, not one node's`,
        "choose a key that each network namespace has for itself; on a machine that may be broken as a whole, " +
          "--allow-host-wide (docs/cli.md)",
      );
    }
    if (isMoreThanAValue(key)) {
      throw new GuardError(
        `sysctl ${key} changes addresses or routes, which writing it back does not bring back`,
        "choose another key, or a fault of kind link",
      );
    }
    if (isCoarserView(key)) {
      throw new GuardError(
        `sysctl ${key} is another key in a coarser unit, and could not be put back exactly`,
        "name that key: it ends in _ms or _bytes",
      );
    }
  },
  claims: ({ key }) => [sysctlClaim(key)],
  capture: ({ key }) => ({ script: CAPTURE, args: [sysctlPath(key)] }),
  captured(fault, stdout) {
    const { key } = fault;
    const [value = "", ...alongside] = stdout.trimEnd().split("\n");
    if (value === "")
      throw new FaultNotInForce(`sysctl ${key} has no value to put back`, "name a key that holds a value");
    if (value === fault.value)
      throw new FaultNotInForce(
        `sysctl ${key} is ${value} already`,
        "such a fault would change nothing: name another value",
      );
    return { value, alongside };
  },
  priorInPlan: () => ({ value: "<value read before>", alongside: [] }),
  apply: ({ key, value }) => ({ script: APPLY, args: [sysctlPath(key), value] }),
  readBack: ({ key }) => ({ script: READ_BACK, args: [sysctlPath(key)] }),
  readBackSaid: ({ key, value }, stdout) => ({ inForce: stdout.trim() === value, detail: `${key} = ${stdout.trim()}` }),
  undo: (fault, prior) => ({ script: UNDO, args: undoArgs(fault, prior) }),
  verifyUndone: (fault, prior) => ({ script: VERIFY, args: undoArgs(fault, prior) }),
};
export default sysctlKind;

function undoArgs({ key, value }: SysctlFault, prior: SysctlPrior): readonly string[] {
  return [sysctlPath(key), value, prior.value, ...prior.alongside];
}

/** Sets a sysctl (`net.…`, the node's own) on a node. */
export function sysctl(node: NodeRole, key: string, value: number): NodeFaultOf<SysctlFault> {
  return { node, fault: { kind: "sysctl", key, value: String(value) } };
}
