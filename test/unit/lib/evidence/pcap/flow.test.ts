import { expect } from "chai";
import { readCapture } from "../../../../../lib/evidence/pcap/capture.ts";
import {
  flowOf,
  isSameFlow,
  originalOf,
  packetsOf,
  reversed,
  type Flow,
} from "../../../../../lib/evidence/pcap/flow.ts";
import type { Packet } from "../../../../../lib/evidence/pcap/packet.ts";
import { recorded } from "./captures.ts";

const packetsIn = (name: string): readonly Packet[] =>
  [...readCapture(recorded(name).bytes).packets].map(({ packet }) => packet);
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
    expect(isSameFlow(asked, answered)).to.equal(false);
    expect(isSameFlow(asked, reversed(answered))).to.equal(true);
    expect(reversed(reversed(asked))).to.deep.equal(asked);
  });

  it("differs from another in any part", () => {
    const flow: Flow = {
      family: 4,
      source: "10.0.0.1",
      destination: "10.0.0.2",
      protocol: "tcp",
      sourcePort: 40112,
      destinationPort: 80,
    };
    const others: readonly Partial<Flow>[] = [
      ...([{ family: 6 }, { source: "10.0.0.3" }, { destination: "10.0.0.3" }, { protocol: "udp" }] as const),
      ...[{ sourcePort: 1 }, { sourcePort: null }, { destinationPort: 1 }],
    ];
    expect(isSameFlow(flow, { ...flow })).to.equal(true);
    for (const other of others) expect(isSameFlow(flow, { ...flow, ...other }), JSON.stringify(other)).to.equal(false);
  });

  it("of an ICMP error's quote is that of the quoted packet", () => {
    const packets = packetsIn("icmp-pod");
    const sent = new Set(flowsOf(packets).map(textOf));
    const quoted = packets.map(originalOf).filter((packet) => packet !== null);
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
