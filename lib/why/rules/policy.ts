import {
  isToBeForwarded,
  isToBeSwitched,
  likely,
  proven,
  type Candidate,
  type Case,
  type WhyRule,
} from "../case/case.ts";
import type { FirewallRule } from "../facts/firewall-rules.ts";
import { headsOf, type Head } from "../case/heads.ts";
import { sysctlOf, type NodeFacts } from "../facts/node-facts.ts";
import { canMatch } from "../case/rule-match.ts";

const FILES = ["iptables-nft", "iptables-legacy", "ip6tables-nft", "ip6tables-legacy"] as const;

export const forwardPolicy: WhyRule = {
  name: "forward-policy-drop",
  why:
    "it had to pass FORWARD on this node, and vanished there: the policy is DROP and no rule accepts it; " +
    "in the baseline a rule did, or the policy was another",
  explain: (flowCase) =>
    flowCase.lossNode && !flowCase.refusal && meetsForward(flowCase, flowCase.lossNode)
      ? explained(flowCase, flowCase.lossNode)
      : [],
};

/** Returns true when the packet meets FORWARD: when it is routed, or switched with bridge netfilter on. */
function meetsForward(flowCase: Case, facts: NodeFacts): boolean {
  return (
    isToBeForwarded(flowCase) ||
    (isToBeSwitched(flowCase) && sysctlOf(facts, "bridge/bridge-nf-call-iptables").is === "1")
  );
}

function explained(flowCase: Case, facts: NodeFacts): readonly Candidate[] {
  const heads = headsOf(flowCase);
  const file = FILES.find((name) => isDropped(facts.text(name), facts.rules, name, heads));
  if (file === undefined) return [];
  const before = facts.textBefore(file);
  const cause = `FORWARD drops what no rule accepts on ${facts.node}, and none accepts this`;
  const evidence = [
    `during/${facts.node}/${file}.txt: filter FORWARD has policy DROP, and no rule that it leads to accepts it`,
  ];
  const remedy = {
    fix: "let the CNI restore its rule (restart its agent), or set the policy to ACCEPT",
    more: "https://github.com/kubernetes/kubernetes/issues/40182",
  };
  if (before === null) return [likely(cause, evidence, remedy)];
  // If the baseline looks the same, a rule that we do not parse accepts the packet.
  const wasDropped = isDropped(before, facts.rulesBefore, file, heads);
  return wasDropped ? [] : [proven(`${cause} (in the baseline it was accepted)`, evidence, remedy)];
}

/** Returns true when the policy is DROP and no rule reachable from FORWARD accepts such packets. */
function isDropped(text: string, rules: readonly FirewallRule[], file: string, heads: readonly Head[]): boolean {
  const table = /^\*filter\n([\s\S]*?)^COMMIT/m.exec(text)?.[1] ?? "";
  if (!/^:FORWARD DROP/m.test(table)) return false;
  const mine = rules.filter((rule) => rule.file === file && rule.table === "filter");
  const reached = reachedFrom("FORWARD", mine);
  // A rule that accepts by state or mark only does not match a flow's first packet.
  const accepts = mine.filter(({ verdict, text: rule }) => verdict === "accept" && !/--ctstate|--mark/.test(rule));
  return !accepts.some((rule) => reached.has(rule.chain) && canMatch(rule.text, heads));
}

function reachedFrom(chain: string, rules: readonly FirewallRule[]): ReadonlySet<string> {
  const reached = new Set([chain]);
  // Iteration over a set covers members added during it.
  for (const name of reached) {
    for (const rule of rules.filter((one) => one.chain === name)) {
      const target = /-[jg] (\S+)/.exec(rule.text)?.[1];
      if (target !== undefined) reached.add(target);
    }
  }
  return reached;
}
