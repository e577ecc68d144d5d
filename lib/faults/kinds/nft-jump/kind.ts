import { z } from "zod";
import type { NftJumpFault } from "../../contract/fault.ts";
import { GUARD } from "../../contract/guard-script.ts";
import { nothingMore, type FaultKind } from "../../contract/kind.ts";
import { FaultNotInForce } from "../../contract/refused.ts";

/** $1 family, $2 table, $3 chain, $4 target. $rules: the chain's rules with their handles, a line each; $handles: those of the jump. */
const LOOK = `${GUARD}set -eu
export LC_ALL=C
family=$1 table=$2 chain=$3 target=$4
look() {
  gone=
  if ! listed=$(nft -a list chain "$family" "$table" "$chain" 2>&1); then
    case $listed in *"No such file or directory"*) gone=yes listed= ;; *) echo "$listed" >&2; exit 1 ;; esac
  fi
  rules=$(printf "%s\\n" "$listed" | awk '/ # handle [0-9]+$/ && $1 != "chain" && $1 != "table" { $1 = $1; print }')
  handles=$(printf "%s\\n" "$rules" | awk -v target="$target" '$1 == "jump" && $2 == target && $3 == "#" { print $NF }')
}
look`;

const CAPTURE = `${LOOK}
if [ -n "$gone" ]; then echo gone; else printf "%s\\n" "$rules"; fi`;

const APPLY = `${LOOK}
for handle in $handles; do nft delete rule "$family" "$table" "$chain" handle "$handle"; done`;

const READ_BACK = `${LOOK}
if [ -n "$gone" ]; then echo gone; else printf "%s\\n" "$handles" | grep -c . || :; fi`;

/** Whoever puts the chain up anew empties it first, so a second jump can only be there for a moment. */
const UNDO = `${LOOK}
if [ -n "$gone" ]; then echo "changed-by-other chain $chain of table $family $table is gone"; exit; fi
if [ -n "$handles" ]; then echo nothing-to-undo; exit; fi
nft add rule "$family" "$table" "$chain" jump "$target"
look
for handle in $(printf "%s\\n" "$handles" | tail -n +2); do nft delete rule "$family" "$table" "$chain" handle "$handle"; done
echo undone`;

const VERIFY = `${LOOK}
count=$(printf "%s\\n" "$handles" | grep -c . || :)
if [ -n "$gone" ]; then echo "changed-by-other chain $chain of table $family $table is gone"
elif [ "$count" -eq 1 ]; then echo clean
else echo "still-in-force $count jumps to $target in $chain, not one"
fi`;

const nameSchema = z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_-]{0,62}$/, "must be a name as nft takes it");

function args({ family, table, chain, target }: NftJumpFault): readonly string[] {
  return [family, table, chain, target];
}

/**
 * The one rule of an nftables chain, a jump, taken away by its handle. Only where it is the chain's only rule: so it needs no place to be put back to. kube-proxy in
 * nftables mode has such chains at every hook, and writes them when it syncs everything, once an hour (pkg/proxy/nftables/proxier.go, FullSyncPeriod).
 */
export const nftJumpKind: FaultKind<NftJumpFault, null> = {
  kind: "nft-jump",
  scope: "namespace",
  schema: z.strictObject({
    kind: z.literal("nft-jump"),
    family: z.enum(["ip", "ip6"]),
    table: nameSchema,
    chain: nameSchema,
    target: nameSchema,
  }),
  priorSchema: z.null(),
  validate: nothingMore,
  claims: ({ family, table, chain }) => [`nft ${family} ${table} ${chain} rules`],
  capture: (fault) => ({ script: CAPTURE, args: args(fault) }),
  captured({ family, table, chain, target }, stdout) {
    const rules = stdout.split("\n").filter((line) => line !== "");
    const where = `chain ${chain} of table ${family} ${table}`;
    if (rules.length === 1 && rules[0]?.startsWith(`jump ${target} # handle `)) return null;
    const holds = stdout.trim() === "gone" ? "is not there" : `holds ${rules.length} rules: ${rules.join("; ")}`;
    throw new FaultNotInForce(
      `${where} ${holds}; wanted is one, a jump to ${target}`,
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
