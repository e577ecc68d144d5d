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
  why: "the node itself refused what was for a Service, and kube-proxy's rule there for a Service without endpoints is about that very address and port",
  explain: (one) => {
    const found = noEndpointsOf(one);
    if (!found) return [];
    const cause = `Service ${found.service} has no ready endpoints: kube-proxy rejects what is sent to it`;
    return [
      proven(cause, [found.line], {
        fix: "make its pods ready, and its selector theirs (kubectl get endpointslices)",
        more: "docs/failure-modes/no-endpoints.md",
      }),
    ];
  },
};

export const corednsLoop: WhyRule = {
  name: "coredns-loop",
  why: "the DNS Service has no endpoints, and CoreDNS itself says that it stopped because it met its own question again",
  explain: (one) => {
    const found = isDns(one) ? noEndpointsOf(one) : null;
    const logs = logLines(one, /Loop \(.*\) detected/);
    const [first] = logs;
    if (!found || first === undefined) return [];
    const cause = `CoreDNS has stopped itself, Loop … detected: it forwards to itself, so Service ${found.service} has no endpoints`;
    const mend = {
      fix: "give CoreDNS the real nameservers: kubelet resolvConf: /run/systemd/resolve/resolv.conf, or whatever file has them",
      more: "docs/failure-modes/coredns-loop.md",
    };
    return [proven(cause, [...logs.slice(0, 2), found.line], mend, SCORE.behindAnother)];
  },
};

export const corednsEnded: WhyRule = {
  name: "coredns-ended",
  why: "the DNS Service has no endpoints, and the last that CoreDNS's pods said is that they were told to end; why, and why no other is ready, is not known",
  explain: (one) => {
    const found = isDns(one) ? noEndpointsOf(one) : null;
    const ended = logLines(one, /SIGTERM: Shutting down/);
    if (!found || ended.length === 0 || logLines(one, /Loop \(.*\) detected/).length > 0) return [];
    const cause = `no CoreDNS pod is ready: those there were have been told to end (SIGTERM), so Service ${found.service} has no endpoints`;
    const mend = {
      fix: "see why no other is ready: kubectl -n kube-system get pods -l k8s-app=kube-dns",
      more: "docs/failure-modes/coredns-loop.md",
    };
    return [proven(cause, [...ended.slice(0, 2), found.line], mend, SCORE.behindAnother)];
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
          .findLast((one) => pattern.test(one));
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
  // Its counter says little: kube-proxy sets it to 0 whenever it writes its rules.
  for (const rule of endingRules(facts)) {
    const service = /^(\S+) has no endpoints$/.exec(rule.comment)?.[1];
    if (service === undefined || rule.verdict !== "reject" || !canMatch(rule.text, [head])) continue;
    const counted = rule.rose === null ? "" : `: its counter rose by ${rule.rose}`;
    return { service, facts, line: `during/${facts.node}/${rule.file}.txt: ${rule.text} (${rule.comment})${counted}` };
  }
  return inNftables(facts, head);
}

/**
 * kube-proxy in nftables mode keeps such Services in maps to a chain that rejects: `10.96.0.10 . udp . 53 comment "…" : goto reject-chain`, and NodePorts
 * as `tcp . 31419 comment "…" : goto reject-chain`.
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
