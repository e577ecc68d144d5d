import { expect } from "chai";
import { readCapture } from "../../../../../lib/evidence/pcap/capture.ts";
import { packetsOf } from "../../../../../lib/evidence/pcap/packets-of.ts";
import type { Packet } from "../../../../../lib/evidence/pcap/packet.ts";
import { recorded } from "./captures.ts";

const packetsIn = (name: string): readonly Packet[] =>
  [...readCapture(recorded(name).bytes).packets].map(({ packet }) => packet);
/** The addresses and ports by which packets at several places are matched. */
interface Flow {
  readonly family: 4 | 6;
  readonly source: string;
  readonly destination: string;
  readonly protocol: "tcp" | "udp" | "icmp" | "other";
  /** Null for a protocol without ports, and for later fragments. */
  readonly sourcePort: number | null;
  readonly destinationPort: number | null;
}

/** Returns the flow of the outermost IP packet; null without one (ARP). */
function flowOf({ network, transport }: Packet): Flow | null {
  if (network?.kind !== "ip") return null;
  const { family, source, destination } = network;
  const protocol = transport?.kind ?? "other";
  const ports = transport && transport.kind !== "icmp" ? transport : { sourcePort: null, destinationPort: null };
  const { sourcePort, destinationPort } = ports;
  return { family, source, destination, protocol, sourcePort, destinationPort };
}

/** Returns the flow in the other direction. */
function reversed(flow: Flow): Flow {
  const { source, destination, sourcePort, destinationPort } = flow;
  const ports = { sourcePort: destinationPort, destinationPort: sourcePort };
  return { ...flow, source: destination, destination: source, ...ports };
}

/** Returns the packet that an ICMP error quotes, or null. */
function quotedIn({ transport }: Packet): Packet | null {
  return transport?.kind === "icmp" ? (transport.original ?? null) : null;
}

const flowsOf = (packets: readonly Packet[]): readonly Flow[] => packets.map(flowOf).filter((flow) => flow !== null);
const textOf = (flow: Flow): string => JSON.stringify(Object.entries(flow).sort());

describe("a flow", () => {
  it("is the same in the pod, in the tunnel and on the other node", () => {
    const isTcp = ({ protocol }: Flow): boolean => protocol === "tcp";
    const inPod = new Set(flowsOf(packetsIn("tcp-pod")).filter(isTcp).map(textOf));
    const inTunnel = flowsOf(packetsIn("tcp-uplink").flatMap((packet) => packetsOf(packet).slice(1))).filter(isTcp);
    const atServer = flowsOf(packetsIn("tcp-nano")).filter(isTcp);
    expect(inPod.size).to.equal(12);
    expect(new Set(inTunnel.map(textOf))).to.deep.equal(inPod);
    expect(new Set(atServer.map(textOf))).to.deep.equal(inPod);
  });

  it("has a reverse flow", () => {
    const [asked, answered] = flowsOf(packetsIn("tcp-pod")).filter(({ protocol }) => protocol === "tcp");
    if (!asked || !answered) throw new Error("nothing recorded");
    expect(asked).to.not.deep.equal(answered);
    expect(asked).to.deep.equal(reversed(answered));
  });

  it("of a packet that an ICMP error quotes is one of the sent flows", () => {
    const packets = packetsIn("icmp-pod");
    const sent = new Set(flowsOf(packets).map(textOf));
    const quoted = packets.map(quotedIn).filter((packet) => packet !== null);
    expect(quoted.length).to.be.at.least(12);
    for (const flow of flowsOf(quoted)) expect(sent).to.include(textOf(flow));
  });

  it("is null for ARP, and has no ports for ICMP and later fragments", () => {
    const [arp] = packetsIn("neighbour-bridge").filter(({ network }) => network?.kind === "arp");
    expect(arp && flowOf(arp)).to.equal(null);
    const fragments = packetsIn("fragments-pod").filter(
      ({ network }) => network?.kind === "ip" && (network.fragment?.offset ?? 0) > 0,
    );
    expect(fragments.length).to.be.at.least(4);
    for (const flow of flowsOf(fragments)) expect(flow).to.include({ protocol: "other", sourcePort: null });
    const echo = flowsOf(packetsIn("raw-tun")).find(({ protocol }) => protocol === "icmp");
    expect(echo).to.include({ sourcePort: null, destinationPort: null });
  });
});
