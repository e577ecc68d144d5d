import { proven, SCORE, type Candidate, type Case, type WhyRule } from "../case/case.ts";
import { addressLine, virtualServersIn, type VirtualServer } from "../facts/ipvs.ts";
import type { NodeFacts } from "../facts/node-facts.ts";
import { isIncoming } from "../case/sightings.ts";

/** Where kube-proxy in ipvs mode puts every address that it answers for. */
const DEVICE = "kube-ipvs0";

const MORE = "docs/failure-modes/lb-ip-on-kube-ipvs0.md";
const FIX =
  "where it is a load balancer's: ipMode Proxy in the Service's status, or an ingress hostname instead of an IP; or give the other ports to the Service too";

export const portOfOwnAddress: WhyRule = {
  name: "port-of-own-address",
  why: "the client's node has the address on kube-ipvs0, so what is for it does not leave that node, which refused; ipvs there leads other ports of this very address to pods, and this one nowhere",
  explain: (one) => {
    const taken = takenBy(one);
    if (!taken || one.trace.observation.symptom !== "connection-refused") return [];
    const { facts, address, port, others, mine } = taken;
    const isOfNode = one.refusal?.by.kind === "node" && one.refusal.node === facts.node;
    if (!isOfNode || mine || others.length === 0) return [];
    const listed = others.map((other) => String(other.port)).join(", ");
    const cause = `${address} is on ${DEVICE} of ${facts.node}: the node answers for it itself, and ipvs there has its port ${listed}, not ${port}`;
    return [explained(taken, cause, [`during/${facts.node}/ipvs.txt: no virtual server ${address}:${port}`])];
  },
};

export const balancerPassedBy: WhyRule = {
  name: "balancer-passed-by",
  why: "the client's node has the address on kube-ipvs0, another than who was asked answered, and ipvs there leads this address and port to where the capture shows that it went",
  explain: (one) => {
    const taken = takenBy(one);
    const { observation, endpoints } = one.trace;
    if (!taken?.mine || observation.symptom !== "wrong-server" || one.trace.path?.to !== "balancer") return [];
    const { facts, address, port, mine } = taken;
    const led = endpoints.find((endpoint) => mine.destinations.includes(bracketed(endpoint)));
    if (led === undefined) return [];
    const cause = `${address} is on ${DEVICE} of ${facts.node}: ipvs there leads port ${port} to ${bracketed(led)}, and no balancer is asked`;
    const line = `during/${facts.node}/ipvs.txt: ${address}:${port} leads to ${mine.destinations.join(", ")}`;
    return [explained(taken, cause, [`the probe: ${observation.detail}`, line])];
  },
};

export const sourceIsOwn: WhyRule = {
  name: "source-is-own-address",
  why: "it came into the node from an address that the node has on kube-ipvs0, and got no further: nobody else may send from an address of the node's own (martian source)",
  explain: ({ loss, lossNode }) => {
    const incoming = loss?.packets.find(isIncoming)?.packet.network;
    if (!lossNode || loss?.leg !== "request" || loss.last?.node !== lossNode.node || incoming?.kind !== "ip") return [];
    const address = incoming.source;
    const line = addressLine(lossNode.text("address"), DEVICE, address);
    if (line === null) return [];
    const cause = `${address} is on ${DEVICE} of ${lossNode.node}: what comes from there by the network is dropped, as if forged`;
    return [explained({ facts: lossNode, address, line }, cause, [])];
  },
};

/** A dialled address that the client's own node has taken. */
interface Taken {
  readonly facts: NodeFacts;
  readonly address: string;
  readonly port: number;
  /** As the node shows that it has it. */
  readonly line: string;
  /** What ipvs there has of the very port, and of others of the address. */
  readonly mine: VirtualServer | undefined;
  readonly others: readonly VirtualServer[];
}

function takenBy({ trace: { dialled, client }, picture }: Case): Taken | null {
  const facts = picture.nodes.get(client.node ?? "");
  const port = dialled?.port ?? null;
  if (!facts || !dialled || port === null) return null;
  const { address } = dialled;
  const line = addressLine(facts.text("address"), DEVICE, address);
  if (line === null) return null;
  const here = virtualServersIn(facts.text("ipvs")).filter((one) => one.protocol === "tcp" && one.address === address);
  const mine = here.find((one) => one.port === port);
  return { facts, address, port, line, mine, others: here.filter((one) => one !== mine) };
}

/** Ahead of the rule by which kube-proxy refuses such a port: that the address is there is why. */
function explained(
  { facts, address, line }: Pick<Taken, "facts" | "address" | "line">,
  cause: string,
  more: readonly string[],
): Candidate {
  const before = facts.textBefore("address");
  const isNew = before !== null && addressLine(before, DEVICE, address) === null;
  const place = `during/${facts.node}/address.txt: ${line}${isNew ? " (not in the baseline)" : ""}`;
  return proven(cause, [place, ...more], { fix: FIX, more: MORE }, SCORE.behindAnother);
}

/** `fd00::1:80` is what a trace writes. */
function bracketed(endpoint: string): string {
  const at = endpoint.lastIndexOf(":");
  const address = endpoint.slice(0, at);
  return address.includes(":") ? `[${address}]${endpoint.slice(at)}` : endpoint;
}
