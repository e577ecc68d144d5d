import { canMeet, likely, proven, type Candidate, type Case, type WhyRule } from "../case/case.ts";
import { endingRules, type EndingRule } from "../facts/firewall-rules.ts";
import { headOf, headsOf, type Head } from "../case/heads.ts";
import type { NodeFacts } from "../facts/node-facts.ts";
import { canMatch, termsAsked } from "../case/rule-match.ts";

export const dropped: WhyRule = {
  name: "dropped-by-a-rule",
  why:
    "it vanished on this node, a rule there that can match it drops, " +
    "and its counter rose by at least the number of lost packets",
  explain: (flowCase) => {
    const { lossNode, loss, refusal } = flowCase;
    if (!lossNode || !loss || loss.leg === "answer" || refusal) return [];
    const heads = headsOf(flowCase);
    return candidates(flowCase, lossNode, "drop", heads, Math.max(1, loss.packets.length));
  },
};

export const rejected: WhyRule = {
  name: "rejected-by-a-rule",
  why:
    "the node itself refused (ICMP error or RST), " +
    "and a rule there that can match the packet rejects and has counted it",
  explain: (flowCase) => {
    const { refusal, picture, trace } = flowCase;
    const facts = refusal?.by.kind === "node" ? picture.nodes.get(refusal.node) : undefined;
    if (!facts || !refusal) return [];
    const { transport } = refusal.sighting.packet;
    const original = transport?.kind === "icmp" ? transport.original : trace.request[0]?.packet;
    const head = original ? headOf(original) : null;
    const heads = [...(head ? [head] : []), ...headsOf(flowCase)];
    return candidates(flowCase, facts, "reject", heads, 1);
  },
};

function candidates(
  flowCase: Case,
  facts: NodeFacts,
  verdict: EndingRule["verdict"],
  heads: readonly Head[],
  lost: number,
): readonly Candidate[] {
  const rules = endingRules(facts).filter(
    (rule) =>
      rule.verdict === verdict && canMatch(rule.text, heads) && (verdict === "reject" || canMeet(flowCase, rule.hook)),
  );
  return rules.flatMap((rule): readonly Candidate[] => {
    if (isKubeProxys(rule)) return [];
    // A rule of the baseline without conditions that we parse may have counted any packet.
    const isAboutIt = rule.isNew === true || termsAsked(rule.text) > 0;
    const explained = causeOf(flowCase, facts.node, rule);
    if (rule.rose !== null && rule.rose >= lost && isAboutIt)
      return [proven(explained.cause, explained.evidence, explained)];
    const mayBe = rule.packets === null ? isSuspect(rule) : (rule.rose ?? 0) > 0 && isAboutIt;
    return mayBe ? [likely(explained.cause, explained.evidence, explained)] : [];
  });
}

/**
 * Returns true for a new rule without a counter; without a baseline, for one with conditions we parse and without sets.
 */
function isSuspect({ isNew, text }: EndingRule): boolean {
  return isNew ?? (termsAsked(text) > 0 && !text.includes("@"));
}

/** Returns true for kube-proxy's rejection of a Service without endpoints, which rules/services.ts explains better. */
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
  const file = rule.file.startsWith("nft") ? "nft" : rule.file;
  const name = `${file} table ${rule.table}, chain ${rule.chain}: ${rule.text}`;
  const act = rule.verdict === "drop" ? "drops" : "rejects";
  const since = rule.isNew === true ? " (not in the baseline)" : "";
  const overlay = isOverlay ? `the overlay's UDP port ${port} is blocked on ${node}: ` : "";
  const counted = rule.rose === null ? "it has no counter" : `its counter rose by ${rule.rose}`;
  return {
    cause: `${overlay}a firewall rule on ${node}${since} ${act} it: ${name}`,
    evidence: [`during/${node}/${rule.file}.txt: ${rule.text}: ${counted}`],
    fix: isOverlay
      ? `let UDP ${port} in from the other nodes: remove the rule`
      : "remove the rule, or let this traffic pass before it",
    more: isOverlay ? "docs/failure-modes/vxlan-port-blocked.md" : null,
  };
}
