import { readFileSync } from "node:fs";
import { z } from "zod";
import type { RuleFault } from "../../contract/fault.ts";
import { GUARD } from "../../contract/guard-script.ts";
import { nothingMore, type FaultKind } from "../../contract/kind.ts";
import { iptables } from "../policy/kind.ts";
import { FaultNotInForce } from "../../contract/refused.ts";
import { quoted, ruleWords, valueOf } from "./words.ts";

const script = (name: string): string => readFileSync(new URL(`${name}.sh`, import.meta.url), "utf8");
const COMMON = `${GUARD}${script("common")}`;
const CAPTURE = `${COMMON}${script("capture")}`;
const APPLY = `${COMMON}${script("apply")}`;
const READ_BACK = `${COMMON}${script("read-back")}`;
const UNDO = `${COMMON}${script("undo")}`;
const VERIFY = `${COMMON}${script("verify")}`;

interface RulePrior {
  /** As iptables-save prints it: `-A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD`. */
  readonly rule: string;
  /** Its place in the chain, from 1. */
  readonly number: number;
  /** Its neighbours on each side, in the order of the chain: where it belongs when the chain has changed meanwhile. */
  readonly ahead: readonly string[];
  readonly behind: readonly string[];
  /** It leads to a chain, which may be gone when the rule is to come back. */
  readonly leadsToChain: boolean;
}

/** So many neighbours on each side are kept. */
const NEIGHBOURS = 8;

/** XT_EXTENSION_MAXNAMELEN is 29 with the final NUL. */
const chainSchema = z
  .string()
  .regex(/^[a-zA-Z0-9_][a-zA-Z0-9_.:-]{0,27}$/, "must be a chain's or a target's name of at most 28 characters");

const neighbourSchema = z.array(z.string().regex(/^-A [^\p{Cc}]{1,1024}$/u)).max(NEIGHBOURS);

function place({ table, chain, target, family }: RuleFault): readonly string[] {
  return [iptables(family), table, chain, target];
}

function wordsOf({ rule }: RulePrior): readonly string[] {
  return ruleWords(rule) ?? [];
}

function leads({ leadsToChain }: RulePrior): string {
  return leadsToChain ? "chain" : "";
}

/** Whether a rule is the one that is meant. */
function isMeant({ target, comment }: RuleFault, words: readonly string[]): boolean {
  return valueOf(words, "-j") === target && (comment === undefined || valueOf(words, "--comment") === comment);
}

/** What the capture printed: the chain, the chain of its target, and the rules, of which one must be the one that is meant. */
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

/**
 * One iptables rule, named by what it leads to, taken away by its words. An agent that misses its rule puts it back: then there is nothing to undo. Otherwise it is
 * put back where it was. An agent that does so at the same moment would leave two: one of them is taken away again. Source: iptables.go of
 * flannel 0.28.4 (checks, then deletes and appends all its rules, every 5 s).
 */
export const ruleKind: FaultKind<RuleFault, RulePrior> = {
  kind: "rule",
  scope: "namespace",
  schema: z.strictObject({
    kind: z.literal("rule"),
    table: z.enum(["filter", "nat", "mangle", "raw"]),
    chain: chainSchema,
    target: chainSchema,
    comment: z
      .string()
      .regex(/^(?!-)[ -~]{1,255}$/, "must be 1 to 255 printable characters, no - first")
      .exactOptional(),
    family: z.literal([4, 6]).exactOptional(),
  }),
  priorSchema: z.strictObject({
    rule: z.string().refine((line) => ruleWords(line) !== null, "must be a rule as iptables-save prints it"),
    number: z.int().min(1).max(100_000),
    ahead: neighbourSchema,
    behind: neighbourSchema,
    leadsToChain: z.boolean(),
  }),
  validate: nothingMore,
  /** The whole chain: two rules that are gone from it would each miss the other one as a neighbour. */
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
  undo: (fault, prior) => ({
    script: UNDO,
    args: [
      ...[...place(fault), prior.rule, String(prior.number), leads(prior)],
      ...[prior.ahead.join("\n"), prior.behind.join("\n")],
      ...wordsOf(prior),
    ],
  }),
  verifyUndone: (fault, prior) => ({ script: VERIFY, args: [...place(fault), prior.rule, leads(prior)] }),
};
