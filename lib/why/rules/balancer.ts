import { proven, SCORE, type Candidate, type Case, type WhyRule } from "../case/case.ts";
import { addressLine, virtualServersIn, type VirtualServer } from "../facts/ipvs.ts";
import type { NodeFacts } from "../facts/node-facts.ts";
import { isIncoming } from "../case/sightings.ts";

/** The device to which kube-proxy in ipvs mode adds every address that it serves. */
const DEVICE = "kube-ipvs0";

const MORE = "docs/failure-modes/lb-ip-on-kube-ipvs0.md";
const FIX =
  "for a load balancer's address: set ipMode Proxy in the Service's status, or an ingress hostname instead of an IP; " +
  "or add the other ports to the Service";

export const portOfOwnAddress: WhyRule = {
  name: "port-of-own-address",
  why:
    "the client's node has the address on kube-ipvs0, so packets to it do not leave that node, which refused; " +
    "ipvs there leads other ports of this address to pods, and this port nowhere",
  explain: (flowCase) => {
    const taken = takenBy(flowCase);
    if (!taken || flowCase.trace.observation.symptom !== "connection-refused") return [];
    const { facts, address, port, others, mine } = taken;
    const isOfNode = flowCase.refusal?.by.kind === "node" && flowCase.refusal.node === facts.node;
    if (!isOfNode || mine || others.length === 0) return [];
    const listed = others.map((other) => String(other.port)).join(", ");
    const cause =
      `${address} is on ${DEVICE} of ${facts.node}: the node answers for it itself, ` +
      `and ipvs there has its port ${listed}, not ${port}`;
    return [explained(taken, cause, [`during/${facts.node}/ipvs.txt: no virtual server ${address}:${port}`])];
  },
};

export const balancerPassedBy: WhyRule = {
  name: "balancer-passed-by",
  why:
    "the client's node has the address on kube-ipvs0, another server answered, " +
    "and ipvs there leads this address and port to where the capture shows that it went",
  explain: (flowCase) => {
    const taken = takenBy(flowCase);
    const { observation, endpoints } = flowCase.trace;
    if (!taken?.mine || observation.symptom !== "wrong-server" || flowCase.trace.path?.to !== "balancer") return [];
    const { facts, address, port, mine } = taken;
    const led = endpoints.find((endpoint) => mine.destinations.includes(bracketed(endpoint)));
    if (led === undefined) return [];
    const cause =
      `${address} is on ${DEVICE} of ${facts.node}: ` +
      `ipvs there leads port ${port} to ${bracketed(led)}, and no balancer is asked`;
    const line = `during/${facts.node}/ipvs.txt: ${address}:${port} leads to ${mine.destinations.join(", ")}`;
    return [explained(taken, cause, [`the probe: ${observation.detail}`, line])];
  },
};

export const sourceIsOwn: WhyRule = {
  name: "source-is-own-address",
  why:
    "it came into the node from an address that the node has on kube-ipvs0, and got no further: " +
    "the kernel drops packets from outside with the node's own address as source (martian source)",
  explain: ({ loss, lossNode }) => {
    const incoming = loss?.packets.find(isIncoming)?.packet.network;
    if (!lossNode || loss?.leg !== "request" || loss.last?.node !== lossNode.node || incoming?.kind !== "ip") return [];
    const address = incoming.source;
    const line = addressLine(lossNode.text("address"), DEVICE, address);
    if (line === null) return [];
    const cause =
      `${address} is on ${DEVICE} of ${lossNode.node}: ` +
      "packets from that address on the network are dropped as forged";
    return [explained({ facts: lossNode, address, line }, cause, [])];
  },
};

/** A dialled address that the client's own node has. */
interface TakenAddress {
  readonly facts: NodeFacts;
  readonly address: string;
  readonly port: number;
  /** The node's line that shows the address. */
  readonly line: string;
  /** The virtual server of this port, and those of other ports of the address. */
  readonly mine: VirtualServer | undefined;
  readonly others: readonly VirtualServer[];
}

function takenBy({ trace: { dialled, client }, picture }: Case): TakenAddress | null {
  const facts = picture.nodes.get(client.node ?? "");
  const port = dialled?.port ?? null;
  if (!facts || !dialled || port === null) return null;
  const { address } = dialled;
  const line = addressLine(facts.text("address"), DEVICE, address);
  if (line === null) return null;
  const here = virtualServersIn(facts.text("ipvs")).filter(
    (server) => server.protocol === "tcp" && server.address === address,
  );
  const mine = here.find((one) => one.port === port);
  return { facts, address, port, line, mine, others: here.filter((one) => one !== mine) };
}

/**
 * Returns a candidate that ranks before kube-proxy's refusal of such a port: the address on the device is the cause of
 * it.
 */
function explained(
  { facts, address, line }: Pick<TakenAddress, "facts" | "address" | "line">,
  cause: string,
  more: readonly string[],
): Candidate {
  const before = facts.textBefore("address");
  const isNew = before !== null && addressLine(before, DEVICE, address) === null;
  const place = `during/${facts.node}/address.txt: ${line}${isNew ? " (not in the baseline)" : ""}`;
  return proven(cause, [place, ...more], { fix: FIX, more: MORE }, SCORE.behindAnother);
}

/** Puts brackets around an IPv6 address: a trace writes `fd00::1:80`. */
function bracketed(endpoint: string): string {
  const at = endpoint.lastIndexOf(":");
  const address = endpoint.slice(0, at);
  return address.includes(":") ? `[${address}]${endpoint.slice(at)}` : endpoint;
}
