import { againstBaseline, proven, type Candidate, type Case, type WhyRule } from "../case/case.ts";
import { sysctlName, sysctlOf } from "../facts/node-facts.ts";
import { isIncoming, sightingWords, type Sighting } from "../case/sightings.ts";
import { repliesAtClient, type Trace } from "../case/trace.ts";

/** Returns a reply that reached the client from another address than the dialled one; null without one. Pure. */
export function untranslatedReply(trace: Trace): Sighting | null {
  const { dialled } = trace;
  if (!dialled) return null;
  const isOther = ({ packet: { network } }: Sighting): boolean =>
    network?.kind === "ip" && network.source !== dialled.address;
  return repliesAtClient(trace).find(isOther) ?? null;
}

export const bridgeNetfilter: WhyRule = {
  name: "bridge-netfilter-off",
  why:
    "the reply was switched from one port of a bridge to another, and arrived as the endpoint sent it: " +
    "only bridge netfilter would have translated it back",
  explain: (flowCase) => {
    const reply = untranslatedReply(flowCase.trace);
    return reply && wasSwitched(flowCase, reply) ? explained(flowCase, reply) : [];
  },
};

/** Returns true when it came into the node and left it by ports of one bridge, and never reached the bridge itself. */
function wasSwitched({ trace, picture }: Case, reply: Sighting): boolean {
  const interfaces = picture.interfaces[reply.node] ?? [];
  const masterOf = (device: string): string | null => interfaces.find(({ name }) => name === device)?.master ?? null;
  const bridge = masterOf(reply.device);
  const there = trace.reply.filter(({ node }) => node === reply.node);
  const isOfEndpoint = there.some((sighting) => isIncoming(sighting) && sighting.device !== reply.device);
  return bridge !== null && isOfEndpoint && there.every(({ device }) => masterOf(device) === bridge);
}

function explained({ trace, picture }: Case, reply: Sighting): readonly Candidate[] {
  const facts = picture.nodes.get(reply.node);
  const { network } = reply.packet;
  if (!facts || network?.kind !== "ip") return [];
  const path = `bridge/bridge-nf-call-${network.family === 4 ? "iptables" : "ip6tables"}`;
  const value = sysctlOf(facts, path);
  const bridge = picture.interfaces[reply.node]?.find(({ name }) => name === reply.device)?.master;
  const ofBridge = facts.links.find(({ ifname }) => ifname === bridge)?.settings[
    path.replace("bridge/bridge-nf-call-", "nf_call_")
  ];
  if (value.is !== "0" || ofBridge === "1") return [];
  const setting = `${sysctlName(path)} is 0 on ${facts.node}${againstBaseline(value)}`;
  const connection = unreplied(trace, facts.text("conntrack"));
  const state = connection ? `; conntrack ${connection.state}` : "";
  const evidence = [
    `${sightingWords(reply)}: reply left the bridge with the pod's address as source, ` +
      `the client had asked ${trace.dialled?.address}`,
    ...(connection ? [`during/${facts.node}/conntrack.txt: ${connection.line}`] : []),
    `during/${facts.node}/sysctl.txt: ${setting}`,
  ];
  const cause = `${setting}: reply left the bridge with the pod's address as source${state}`;
  const remedy = {
    fix: "modprobe br_netfilter, set it to 1, and keep both (/etc/modules-load.d, /etc/sysctl.d)",
    more: `docs/failure-modes/${path.replace("bridge/", "")}.md`,
  };
  return [{ ...proven(cause, evidence, remedy), same: setting }];
}

/** Returns the flow's conntrack entry without a reply: `SYN_SENT [UNREPLIED]`, for UDP `[UNREPLIED]`. */
function unreplied({ observation, dialled }: Trace, conntrack: string): { line: string; state: string } | null {
  const port = observation.seen.sourcePort;
  const line = conntrack
    .split("\n")
    .find(
      (one) =>
        one.includes(` sport=${port} `) && one.includes(` dst=${dialled?.address} `) && one.includes("[UNREPLIED]"),
    );
  if (line === undefined) return null;
  const state = /\b[A-Z]+_[A-Z]+\b/.exec(line)?.[0];
  return { line: line.replace(/\s+/g, " ").trim(), state: `${state ? `${state} ` : ""}[UNREPLIED]` };
}
