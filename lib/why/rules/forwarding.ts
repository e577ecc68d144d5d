import { againstBaseline, isToBeForwarded, proven, type Candidate, type Case, type WhyRule } from "../case/case.ts";
import { roseBy } from "../facts/counters.ts";
import { ingressOf } from "../case/loss.ts";
import { sysctlName, sysctlOf, type NodeFacts } from "../facts/node-facts.ts";

export const forwardingOff: WhyRule = {
  name: "forwarding-off",
  why:
    "a packet for another host came in by a device and went out by none, " +
    "and the node's settings forbid forwarding of packets from that device",
  explain: (flowCase) =>
    isToBeForwarded(flowCase) && !flowCase.refusal && flowCase.lossNode ? explained(flowCase, flowCase.lossNode) : [],
};

function explained({ loss }: Case, facts: NodeFacts): readonly Candidate[] {
  const device = loss ? ingressOf(loss) : null;
  const network = loss?.packets[0]?.packet.network;
  if (!device || network?.kind !== "ip") return [];
  // IPv4 uses the device's own value, which writing ip_forward sets for all; IPv6 uses that of all.
  const all = network.family === 4 ? "ipv4/ip_forward" : "ipv6/conf/all/forwarding";
  const own = network.family === 4 ? `ipv4/conf/${device}/forwarding` : all;
  const ofDevice = sysctlOf(facts, own);
  const ofAll = sysctlOf(facts, all);
  const isOff = ofDevice.is === "0" || (ofDevice.is === null && ofAll.is === "0");
  if (!isOff) return [];
  const [path, value] = ofAll.is === "0" ? [all, ofAll] : [own, ofDevice];
  const setting = `${sysctlName(path)} is 0 on ${facts.node}${againstBaseline(value)}`;
  const evidence = [`during/${facts.node}/sysctl.txt: ${setting}`];
  // ip_forward and ip6_forward count packets they may not forward as address errors.
  const [errors, forwards] =
    network.family === 4 ? ["IpInAddrErrors", "IpForwDatagrams"] : ["Ip6InAddrErrors", "Ip6OutForwDatagrams"];
  const refused = roseBy(facts, errors);
  const forwarded = roseBy(facts, forwards);
  if (refused)
    evidence.push(`during/${facts.node}/nstat.txt: ${errors} rose by ${refused}, ${forwards} by ${forwarded ?? 0}`);
  return [
    proven(`${setting}: ${facts.node} does not forward what comes in`, evidence, {
      fix: "set it to 1, and keep it (/etc/sysctl.d)",
      more: `docs/failure-modes/${network.family === 4 ? "ip-forward" : "ipv6-forwarding"}.md`,
    }),
  ];
}
