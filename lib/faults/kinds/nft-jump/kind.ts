import { readFileSync } from "node:fs";
import { z } from "zod";
import type { NodeRole } from "../../../model/nodes.ts";
import { GUARD } from "../../contract/guard-script.ts";
import { nothingMore, type FaultKind, type NodeFaultOf } from "../../contract/kind.ts";
import { FaultNotInForce } from "../../contract/refused.ts";

const script = (name: string): string => readFileSync(new URL(`${name}.sh`, import.meta.url), "utf8");
const COMMON = `${GUARD}${script("common")}`;
const CAPTURE = `${COMMON}${script("capture")}`;
const APPLY = `${COMMON}${script("apply")}`;
const READ_BACK = `${COMMON}${script("read-back")}`;
const UNDO = `${COMMON}${script("undo")}`;
const VERIFY = `${COMMON}${script("verify")}`;

const nameSchema = z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_-]{0,62}$/, "must be a name as nft takes it");

const schema = z.strictObject({
  kind: z.literal("nft-jump"),
  family: z.enum(["ip", "ip6"]),
  table: nameSchema,
  chain: nameSchema,
  target: nameSchema,
});

/** Deletes the only rule of an nftables chain, a jump. */
export type NftJumpFault = Readonly<z.output<typeof schema>>;

/**
 * Deletes by the rule's handle. Only where the jump is the chain's only rule, so undo needs no position. kube-proxy in
 * nftables mode has such chains at every hook, and writes them in its full sync, once an hour
 * (pkg/proxy/nftables/proxier.go, FullSyncPeriod).
 */
const nftJumpKind: FaultKind<NftJumpFault, null> = {
  kind: "nft-jump",
  schema,
  priorSchema: z.null(),
  describe: ({ family, table, chain, target }) => `nft ${family} ${table} ${chain} without its jump to ${target}`,
  steps(fault) {
    const { family, table, chain, target } = fault;
    const place = `${family} ${table} ${chain}`;
    return {
      apply: [`nft delete rule ${place} handle <handle of: jump ${target}>`],
      readBack: [`nft -a list chain ${place}  # without jump ${target}`],
      undo: [`nft add rule ${place} jump ${target}  # only where it is still missing`],
      verify: [`nft -a list chain ${place}  # holds jump ${target} once`],
    };
  },
  scope: () => "namespace",
  validate: nothingMore,
  claims: ({ family, table, chain }) => [`nft ${family} ${table} ${chain} rules`],
  capture: (fault) => ({ script: CAPTURE, args: args(fault) }),
  captured({ family, table, chain, target }, stdout) {
    const rules = stdout.split("\n").filter((line) => line !== "");
    const where = `chain ${chain} of table ${family} ${table}`;
    if (rules.length === 1 && rules[0]?.startsWith(`jump ${target} # handle `)) return null;
    const found = stdout.trim() === "gone" ? "is not there" : `holds ${rules.length} rules: ${rules.join("; ")}`;
    throw new FaultNotInForce(
      `${where} ${found}; expected one, a jump to ${target}`,
      "see nft list ruleset on the node",
    );
  },
  priorInPlan: () => null,
  apply: (fault) => ({ script: APPLY, args: args(fault) }),
  readBack: (fault) => ({ script: READ_BACK, args: args(fault) }),
  readBackSaid({ chain }, stdout) {
    const said = stdout.trim();
    if (said === "0") return { inForce: true, detail: `the jump is not in ${chain}` };
    return { inForce: false, detail: said === "gone" ? `chain ${chain} is gone` : "the jump is back" };
  },
  undo: (fault) => ({ script: UNDO, args: args(fault) }),
  verifyUndone: (fault) => ({ script: VERIFY, args: args(fault) }),
};
export default nftJumpKind;

function args({ family, table, chain, target }: NftJumpFault): readonly string[] {
  return [family, table, chain, target];
}

/** Deletes the only rule of an nftables chain on a node, which is a jump to `target`. */
export function nftJumpGone(node: NodeRole, jump: Omit<NftJumpFault, "kind">): NodeFaultOf<NftJumpFault> {
  return { node, fault: { kind: "nft-jump", ...jump } };
}
