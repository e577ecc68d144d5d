import { readFileSync } from "node:fs";
import { z } from "zod";
import type { Family } from "../../../model/cell.ts";
import type { NodeRole } from "../../../model/nodes.ts";
import { GUARD } from "../../contract/guard-script.ts";
import { familySchema, inFamily, iptables } from "../../contract/iptables.ts";
import { nothingMore, type FaultKind, type NodeFaultOf } from "../../contract/kind.ts";
import { FaultNotInForce } from "../../contract/refused.ts";
import { quoted, ruleWords, valueOf } from "./words.ts";

const script = (name: string): string => readFileSync(new URL(`${name}.sh`, import.meta.url), "utf8");
const COMMON = `${GUARD}${script("common")}`;
const CAPTURE = `${COMMON}${script("capture")}`;
const APPLY = `${COMMON}${script("apply")}`;
const READ_BACK = `${COMMON}${script("read-back")}`;
const UNDO = `${COMMON}${script("undo")}`;
const VERIFY = `${COMMON}${script("verify")}`;

/** XT_EXTENSION_MAXNAMELEN is 29 with the final NUL. */
const chainSchema = z
  .string()
  .regex(/^[a-zA-Z0-9_][a-zA-Z0-9_.:-]{0,27}$/, "must be a chain's or a target's name of at most 28 characters");

const schema = z.strictObject({
  kind: z.literal("rule"),
  table: z.enum(["filter", "nat", "mangle", "raw"]),
  chain: chainSchema,
  /** The word after `-j`. */
  target: chainSchema,
  comment: z
    .string()
    .regex(/^(?!-)[ -~]{1,255}$/, "must be 1 to 255 printable characters, no - first")
    .exactOptional(),
  family: familySchema,
});

/** Neighbours kept on each side of the rule. */
const NEIGHBOURS = 8;

const neighbourSchema = z
  .array(z.string().regex(/^-A [^\p{Cc}]{1,1024}$/u))
  .max(NEIGHBOURS)
  .readonly();

const priorSchema = z.strictObject({
  /** As iptables-save prints it: `-A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD`. */
  rule: z.string().refine((line) => ruleWords(line) !== null, "must be a rule as iptables-save prints it"),
  /** Its position in the chain, from 1. */
  number: z.int().min(1).max(100_000),
  /** Its neighbours, in the order of the chain: they show where it belongs when the chain has changed meanwhile. */
  ahead: neighbourSchema,
  behind: neighbourSchema,
  /** The target is a chain, which may be gone when the rule is put back. */
  leadsToChain: z.boolean(),
});

/** Deletes the one rule of an iptables chain that leads to a target, and has this comment where one is named. */
export type RuleFault = Readonly<z.output<typeof schema>>;
type RulePrior = Readonly<z.output<typeof priorSchema>>;

/**
 * Deletes the rule by its words. An agent that misses its rule puts it back: then there is nothing to undo. Otherwise
 * undo inserts it where it was. If an agent does the same at that moment there are two, and undo deletes one of them.
 * Source: iptables.go of flannel 0.28.4 (checks, then deletes and appends all its rules, every 5 s).
 */
const ruleKind: FaultKind<RuleFault, RulePrior> = {
  kind: "rule",
  schema,
  priorSchema,
  describe({ table, chain, target, comment, family }) {
    const suffix = comment === undefined ? "" : ` (${comment})`;
    return `${iptables(family)} ${table} ${chain} without its rule to ${target}${suffix}`;
  },
  steps(fault, prior) {
    const [tool, table, chain] = place(fault);
    const [rule, number] = [
      (prior ?? planned(fault)).rule.replace(/^-A \S+ /, ""),
      prior === null ? "<its number>" : String(prior.number),
    ];
    return {
      apply: [`${tool} -t ${table} -D ${chain} ${rule}`],
      readBack: [`${tool} -t ${table} -S ${chain}  # without the rule`],
      undo: [`${tool} -t ${table} -I ${chain} ${number} ${rule}  # only where it is still missing`],
      verify: [`${tool} -t ${table} -S ${chain}  # holds the rule once`],
    };
  },
  scope: () => "namespace",
  validate: nothingMore,
  /** The whole chain: of two deleted rules, each would miss the other as a neighbour. */
  claims: ({ table, chain, family }) => [`${iptables(family)} ${table} ${chain} rules`],
  capture: (fault) => ({ script: CAPTURE, args: place(fault) }),
  captured,
  priorInPlan: planned,
  apply: (fault, prior) => ({ script: APPLY, args: [...place(fault), prior.rule, ...wordsOf(prior)] }),
  readBack: (fault, prior) => ({ script: READ_BACK, args: [...place(fault), prior.rule] }),
  readBackSaid({ chain }, stdout) {
    const said = stdout.trim();
    if (said === "0") return { inForce: true, detail: `the rule is not in ${chain}` };
    return { inForce: false, detail: said === "no chain" ? `chain ${chain} is gone` : "the rule is back" };
  },
  undo: (fault, prior) => ({ script: UNDO, args: undoArgs(fault, prior) }),
  verifyUndone: (fault, prior) => ({ script: VERIFY, args: [...place(fault), prior.rule, leads(prior)] }),
};
export default ruleKind;

function undoArgs(fault: RuleFault, prior: RulePrior): readonly string[] {
  const neighbours = [prior.ahead.join("\n"), prior.behind.join("\n")];
  return [...place(fault), prior.rule, String(prior.number), leads(prior), ...neighbours, ...wordsOf(prior)];
}

function place({ table, chain, target, family }: RuleFault): readonly string[] {
  return [iptables(family), table, chain, target];
}

function wordsOf({ rule }: RulePrior): readonly string[] {
  return ruleWords(rule) ?? [];
}

function leads({ leadsToChain }: RulePrior): string {
  return leadsToChain ? "chain" : "";
}

/** Tells whether a rule's words are those that the fault means. */
function isMeant({ target, comment }: RuleFault, words: readonly string[]): boolean {
  return valueOf(words, "-j") === target && (comment === undefined || valueOf(words, "--comment") === comment);
}

/**
 * Reads what capture.sh printed: the chain, the chain of its target, and the rules, exactly one of which must be meant.
 */
function captured(fault: RuleFault, stdout: string): RulePrior {
  const { table, chain, target } = fault;
  const [there = "", leadsTo = "", ...lines] = stdout.split("\n");
  const rules = lines.filter((line) => line !== "");
  const where = `chain ${chain} of iptables' table ${table}`;
  if (there === "") throw new FaultNotInForce(`there is no ${where} on the node`, "see iptables-save on the node");
  const meant = rules.filter((line) => isMeant(fault, ruleWords(line) ?? []));
  const [rule] = meant;
  if (rule === undefined || meant.length > 1) {
    const many = rule === undefined ? "no rule" : `${meant.length} rules`;
    const which = fault.comment === undefined ? "" : ` with comment "${fault.comment}"`;
    throw new FaultNotInForce(
      `${where} has ${many} to ${target}${which}, not one`,
      rule === undefined ? "see iptables-save on the node" : "name the comment of the one that is meant",
    );
  }
  const index = rules.indexOf(rule);
  return {
    rule,
    number: index + 1,
    ahead: rules.slice(Math.max(0, index - NEIGHBOURS), index),
    behind: rules.slice(index + 1, index + 1 + NEIGHBOURS),
    leadsToChain: leadsTo !== "",
  };
}

function planned({ chain, target, comment }: RuleFault): RulePrior {
  const match = comment === undefined ? "" : ` -m comment --comment ${quoted(comment)}`;
  return { rule: `-A ${chain}${match} -j ${target}`, number: 1, ahead: [], behind: [], leadsToChain: false };
}

/** Deletes an agent's iptables rule on a node: `ruleGone("A", { table: "filter", chain: "FORWARD", target: "X" })`. */
export function ruleGone(
  node: NodeRole,
  rule: Omit<RuleFault, "kind">,
  family: Family = "IPv4",
): NodeFaultOf<RuleFault> {
  return { node, fault: { kind: "rule", ...rule, ...inFamily(family) } };
}
