import { canMeet, likely, proven, type Candidate, type Case, type WhyRule } from "../case/case.ts";
import { endingRules, type EndingRule } from "../facts/firewall-rules.ts";
import { headOf, headsOf, type Head } from "../case/heads.ts";
import type { NodeFacts } from "../facts/node-facts.ts";
import { canMatch, termsAsked } from "../case/rule-match.ts";

export const dropped: WhyRule = {
  name: "dropped-by-a-rule",
  why: "it vanished on this node, a rule there that may be about it drops, and its counter rose by at least as much as was lost",
  explain: (one) => {
    const { lossNode, loss, refusal } = one;
    if (!lossNode || !loss || loss.leg === "answer" || refusal) return [];
    const heads = headsOf(one);
    return candidates(one, lossNode, "drop", heads, Math.max(1, loss.packets.length));
  },
};

export const rejected: WhyRule = {
  name: "rejected-by-a-rule",
  why: "the node itself said no (ICMP error or RST), and a rule there that may be about the packet rejects and has counted it",
  explain: (one) => {
    const { refusal, picture, trace } = one;
    const facts = refusal?.by.kind === "node" ? picture.nodes.get(refusal.node) : undefined;
    if (!facts || !refusal) return [];
    const { transport } = refusal.sighting.packet;
    const original = transport?.kind === "icmp" ? transport.original : trace.request[0]?.packet;
    const head = original ? headOf(original) : null;
    const heads = [...(head ? [head] : []), ...headsOf(one)];
    return candidates(one, facts, "reject", heads, 1);
  },
};

function candidates(
  one: Case,
  facts: NodeFacts,
  verdict: EndingRule["verdict"],
  heads: readonly Head[],
  lost: number,
): readonly Candidate[] {
  const rules = endingRules(facts).filter(
    (rule) =>
      rule.verdict === verdict && canMatch(rule.text, heads) && (verdict === "reject" || canMeet(one, rule.hook)),
  );
  return rules.flatMap((rule): readonly Candidate[] => {
    if (isKubeProxys(rule)) return [];
    // What was there before, and asks for nothing we understand, may have counted anybody's packets.
    const isAboutIt = rule.isNew === true || termsAsked(rule.text) > 0;
    const told = causeOf(one, facts.node, rule);
    if (rule.rose !== null && rule.rose >= lost && isAboutIt) return [proven(told.cause, told.evidence, told)];
    const mayBe = rule.packets === null ? isSuspect(rule) : (rule.rose ?? 0) > 0 && isAboutIt;
    return mayBe ? [likely(told.cause, told.evidence, told)] : [];
  });
}

/** A rule that counts nothing, where it came since the baseline; without one, where it asks for what we understand and not for members of a set. */
function isSuspect({ isNew, text }: EndingRule): boolean {
  return isNew ?? (termsAsked(text) > 0 && !text.includes("@"));
}

/** It rejects what has no endpoints: rules/services.ts says that better. */
function isKubeProxys({ comment, verdict }: EndingRule): boolean {
  return verdict === "reject" && comment.endsWith("has no endpoints");
}

function causeOf(
  { loss, picture }: Case,
  node: string,
  rule: EndingRule,
): Pick<Candidate, "cause" | "evidence" | "fix" | "more"> {
  const port = picture.places?.traits.overlay?.udpPort;
  const isOverlay =
    (loss?.last?.tunnelled === true || loss?.next?.tunnelled === true) &&
    rule.text.includes(String(port)) &&
    port !== undefined;
  const name = `${rule.file.startsWith("nft") ? "nft" : rule.file} table ${rule.table}, chain ${rule.chain}: ${rule.text}`;
  const act = rule.verdict === "drop" ? "drops" : "rejects";
  const since = rule.isNew === true ? " (not in the baseline)" : "";
  const counted = rule.rose === null ? "it has no counter" : `its counter rose by ${rule.rose}`;
  return {
    cause: `${isOverlay ? `the overlay's UDP port ${port} is blocked on ${node}: ` : ""}a firewall rule on ${node}${since} ${act} it: ${name}`,
    evidence: [`during/${node}/${rule.file}.txt: ${rule.text}: ${counted}`],
    fix: isOverlay
      ? `let UDP ${port} in from the other nodes: remove the rule`
      : "remove the rule, or let this traffic pass before it",
    more: isOverlay ? "docs/failure-modes/vxlan-port-blocked.md" : null,
  };
}
