import { proven, SCORE, type Case, type WhyRule } from "../case/case.ts";
import { endingRules } from "../facts/firewall-rules.ts";
import { headOf, type Head } from "../case/heads.ts";
import type { NodeFacts } from "../facts/node-facts.ts";
import { serviceAt } from "../case/places.ts";
import { canMatch } from "../case/rule-match.ts";

interface NoEndpoints {
  readonly service: string;
  readonly facts: NodeFacts;
  readonly line: string;
}

export const noEndpoints: WhyRule = {
  name: "service-without-endpoints",
  why:
    "the node itself refused a packet to a Service, " +
    "and kube-proxy's rule there for a Service without endpoints matches that address and port",
  explain: (flowCase) => {
    const refused = noEndpointsOf(flowCase);
    if (!refused) return [];
    const cause = `Service ${refused.service} has no ready endpoints: kube-proxy rejects what is sent to it`;
    return [
      proven(cause, [refused.line], {
        fix: "make its pods ready, and let its selector match them (kubectl get endpointslices)",
        more: "docs/failure-modes/no-endpoints.md",
      }),
    ];
  },
};

export const corednsLoop: WhyRule = {
  name: "coredns-loop",
  why: "the DNS Service has no endpoints, and CoreDNS logged that it stopped because its own query came back to it",
  explain: (flowCase) => {
    const refused = isDns(flowCase) ? noEndpointsOf(flowCase) : null;
    const logs = logLines(flowCase, /Loop \(.*\) detected/);
    const [first] = logs;
    if (!refused || first === undefined) return [];
    const cause =
      "CoreDNS has stopped itself, Loop … detected: it forwards to itself, " +
      `so Service ${refused.service} has no endpoints`;
    const remedy = {
      fix:
        "give CoreDNS the real nameservers: kubelet resolvConf: /run/systemd/resolve/resolv.conf, " +
        "or another file that has them",
      more: "docs/failure-modes/coredns-loop.md",
    };
    return [proven(cause, [...logs.slice(0, 2), refused.line], remedy, SCORE.behindAnother)];
  },
};

export const corednsEnded: WhyRule = {
  name: "coredns-ended",
  why:
    "the DNS Service has no endpoints, and CoreDNS's pods logged a SIGTERM last; " +
    "its reason is unknown, and why no other pod is ready",
  explain: (flowCase) => {
    const refused = isDns(flowCase) ? noEndpointsOf(flowCase) : null;
    const ended = logLines(flowCase, /SIGTERM: Shutting down/);
    if (!refused || ended.length === 0 || logLines(flowCase, /Loop \(.*\) detected/).length > 0) return [];
    const cause =
      "no CoreDNS pod is ready: the earlier ones have ended (SIGTERM), " +
      `so Service ${refused.service} has no endpoints`;
    const remedy = {
      fix: "see why no other pod is ready: kubectl -n kube-system get pods -l k8s-app=kube-dns",
      more: "docs/failure-modes/coredns-loop.md",
    };
    return [proven(cause, [...ended.slice(0, 2), refused.line], remedy, SCORE.behindAnother)];
  },
};

function isDns({ trace, picture }: Case): boolean {
  return serviceAt(picture, trace.dialled?.address ?? "") === "dns";
}

function logLines({ picture }: Case, pattern: RegExp): readonly string[] {
  return [...picture.nodes.values()].flatMap((facts) =>
    facts.files
      .filter((file) => file.startsWith("log-coredns"))
      .flatMap((file) => {
        const line = facts
          .text(file)
          .split("\n")
          .findLast((text) => pattern.test(text));
        return line === undefined ? [] : [`during/${facts.node}/${file}.txt: ${line}`];
      }),
  );
}

function noEndpointsOf({ refusal, picture, trace }: Case): NoEndpoints | null {
  const facts = refusal?.by.kind === "node" ? picture.nodes.get(refusal.node) : undefined;
  if (!facts || !refusal) return null;
  const { transport } = refusal.sighting.packet;
  const original = transport?.kind === "icmp" ? transport.original : trace.request[0]?.packet;
  const head = original ? headOf(original) : null;
  if (!head) return null;
  // Its counter says little: kube-proxy resets it to 0 whenever it writes its rules.
  for (const rule of endingRules(facts)) {
    const service = /^(\S+) has no endpoints$/.exec(rule.comment)?.[1];
    if (service === undefined || rule.verdict !== "reject" || !canMatch(rule.text, [head])) continue;
    const counted = rule.rose === null ? "" : `: its counter rose by ${rule.rose}`;
    return { service, facts, line: `during/${facts.node}/${rule.file}.txt: ${rule.text} (${rule.comment})${counted}` };
  }
  return inNftables(facts, head);
}

/**
 * Returns the Service without endpoints for a head. kube-proxy in nftables mode keeps such Services in maps to a chain
 * that rejects: `10.96.0.10 . udp . 53 comment "…" : goto reject-chain`, and NodePorts as `tcp . 31419 comment "…" :
 * goto reject-chain`.
 */
function inNftables(facts: NodeFacts, { destination, destinationPort, protocol }: Head): NoEndpoints | null {
  const key = `${protocol} . ${destinationPort} `;
  const elements = [...facts.text("nft").matchAll(/[{,]([^{},]+): goto reject-chain/g)].map(([, text = ""]) =>
    text.trim(),
  );
  const element = elements.find((text) => text.startsWith(key) || text.startsWith(`${destination} . ${key}`));
  if (element === undefined) return null;
  const service = /comment "([^"]+)"/.exec(element)?.[1] ?? `${destination}:${destinationPort}`;
  return { service, facts, line: `during/${facts.node}/nft.txt: ${element} : goto reject-chain` };
}
