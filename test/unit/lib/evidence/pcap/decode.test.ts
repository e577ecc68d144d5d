import { expect } from "chai";
import { readCapture } from "../../../../../lib/evidence/pcap/capture.ts";
import { decodeFrame, type DecodeOptions } from "../../../../../lib/evidence/pcap/decode.ts";
import type { LinkType } from "../../../../../lib/evidence/pcap/file.ts";
import type { Packet } from "../../../../../lib/evidence/pcap/packet.ts";
import * as frames from "../../../../fixtures/pcap/frames.ts";
import { recorded } from "./captures.ts";

const { dns, dnsName, ethernet, geneve, icmp, ipv4, ipv6, onWire, tagged, tcp, udp, vxlan } = frames;

function decoded(frame: string, options?: DecodeOptions, linkType: LinkType = "ethernet"): Packet {
  const data = Buffer.from(frame, "hex");
  return decodeFrame({ data, originalLength: data.length }, linkType, options);
}

const SYN = onWire(ipv4(6, tcp(0x02)));
const problemOf = (frame: string): Packet["problem"] => decoded(frame).problem;

describe("an impossible frame", () => {
  const cases: Readonly<Record<string, readonly [frame: string, problem: Packet["problem"]]>> = {
    "no bytes": ["", { layer: "link", reason: "short", offset: 0 }],
    "IPv4 of another version": [ethernet(0x0800, `55${ipv4(6, tcp(2)).slice(2)}`), malformed("ip", 14)],
    "an IPv4 header shorter than one": [ethernet(0x0800, `44${ipv4(6, tcp(2)).slice(2)}`), malformed("ip", 14)],
    "an IPv4 packet shorter than its header": [onWire(ipv4(6, tcp(2), { length: 19 })), malformed("ip", 14)],
    "IPv6 of another version": [ethernet(0x86dd, `50${ipv6(6, tcp(2)).slice(2)}`), malformed("ip", 14)],
    "an extension header longer than the packet": [onWire(ipv6(60, "06ff000000000000")), short("ip", 54)],
    "ARP for something else": [
      ethernet(0x0806, `0006080006040001${"00".repeat(20)}`.replace("0800", "0801")),
      malformed("arp", 14),
    ],
    "a TCP header shorter than one": [onWire(ipv4(6, tcp(2).replace("5002", "4002"))), malformed("tcp", 34)],
    "a TCP header longer than the packet": [onWire(ipv4(6, tcp(2).replace("5002", "f002"))), malformed("tcp", 34)],
    "TCP without a byte": [onWire(ipv4(6, "")), short("tcp", 34)],
    "UDP shorter than its header": [onWire(ipv4(17, "9cb0003500070000")), malformed("udp", 34)],
    "VXLAN without a VNI": [onWire(ipv4(17, udp(4789, vxlan(1, SYN).replace("08", "00")))), malformed("vxlan", 42)],
    "Geneve of another version": [
      onWire(ipv4(17, udp(6081, `40${geneve(1, 0x6558, SYN).slice(2)}`))),
      malformed("geneve", 42),
    ],
    "Geneve options longer than the packet": [onWire(ipv4(17, udp(6081, "3f00655800000100"))), short("geneve", 42)],
    "a DNS name that points at itself": [onWire(ipv4(17, udp(53, dns("c00c")))), malformed("dns", 42)],
    "a DNS name that points forwards": [onWire(ipv4(17, udp(53, dns("c010")))), malformed("dns", 42)],
    "a DNS label of an unused kind": [onWire(ipv4(17, udp(53, dns("40aa00")))), malformed("dns", 42)],
    "a DNS name longer than any": [
      onWire(ipv4(17, udp(53, dns(dnsName(...Array<string>(5).fill("x".repeat(60))))))),
      malformed("dns", 42),
    ],
    "no DNS": [onWire(ipv4(17, udp(53, "6e6f7065"))), short("dns", 42)],
    "an ICMP error without its four last bytes": [onWire(ipv4(1, "03010000")), short("icmp", 34)],
    "a neighbour solicitation without a target": [onWire(ipv6(58, icmp(135, 0, "00000000"))), short("icmp", 54)],
    "nine tags": [
      tagged(SYN, ...Array.from({ length: 9 }, () => [0x8100, 1] as const)),
      { layer: "vlan", reason: "too-deep", offset: 46 },
    ],
    "half a tag": [ethernet(0x8100, "00"), short("vlan", 14)],
  };
  for (const [name, [frame, problem]] of Object.entries(cases)) {
    it(`has its problem reported: ${name}`, () => expect(problemOf(frame)).to.deep.equal(problem));
  }

  it("keeps the layers before the problem", () => {
    const { network, transport } = decoded(onWire(ipv4(6, tcp(2).replace("5002", "4002"))));
    expect(network).to.include({ kind: "ip", source: "192.0.2.1", destination: "192.0.2.2" });
    expect(transport).to.include({ kind: "tcp", sourcePort: 40112, destinationPort: 80, flags: 2 });
    expect(transport).not.to.have.property("payloadLength");
  });

  it("with endlessly nested packets has the first ones decoded", () => {
    let frame = SYN;
    for (let depth = 0; depth < 20; depth += 1) frame = onWire(ipv4(17, udp(4789, vxlan(depth, frame))));
    const vnis: (number | undefined)[] = [];
    let packet = decoded(frame);
    for (; packet.inner; packet = packet.inner) vnis.push(packet.tunnel?.vni);
    expect(vnis).to.deep.equal([19, 18, 17, 16]);
    expect(packet.problem).to.include({ layer: "vxlan", reason: "too-deep" });
  });

  it("may be an endless chain of errors about errors", () => {
    let message = icmp(3, 1, "00000000", ipv4(6, tcp(2)));
    for (let depth = 0; depth < 20; depth += 1) message = icmp(3, 1, "00000000", ipv4(1, message));
    expect(JSON.stringify(decoded(onWire(ipv4(1, message))))).to.contain('"too-deep"');
  });
});

function malformed(layer: NonNullable<Packet["problem"]>["layer"], offset: number): Packet["problem"] {
  return { layer, reason: "malformed", offset };
}

function short(layer: NonNullable<Packet["problem"]>["layer"], offset: number): Packet["problem"] {
  return { layer, reason: "short", offset };
}

describe("a tunnel", () => {
  it("is recognised by its destination port, not its source port", () => {
    expect(decoded(onWire(ipv4(17, udp(4789, vxlan(7, SYN)))))).to.have.nested.property("tunnel.vni", 7);
    expect(decoded(onWire(ipv4(17, udp(9, vxlan(7, SYN), 4789))))).not.to.have.property("tunnel");
  });

  it("uses the given ports only, if ports are given", () => {
    const frame = (port: number): string => onWire(ipv4(17, udp(port, vxlan(7, SYN))));
    expect(decoded(frame(14789), { vxlanPorts: [14789] }).inner).to.deep.equal(decoded(SYN));
    expect(decoded(frame(4789), { vxlanPorts: [14789] })).not.to.have.property("inner");
    const inGeneve = onWire(ipv4(17, udp(16081, geneve(8, 0x6558, SYN))));
    expect(decoded(inGeneve, { genevePorts: [16081] }).inner).to.deep.equal(decoded(SYN));
  });

  it("may carry a protocol that we do not decode", () => {
    const packet = decoded(onWire(ipv4(17, udp(6081, geneve(8, 0x8847, "00000140")))));
    expect(packet.tunnel).to.deep.equal({ kind: "geneve", vni: 8 });
    expect(packet).not.to.have.any.keys("inner", "problem");
  });
});

describe("a quote in an ICMP error", () => {
  it("may be cut short after its addresses", () => {
    const quote = ipv4(6, tcp(0x02)).slice(0, 56);
    const packet = decoded(onWire(ipv4(1, icmp(3, 1, "00000000", quote))));
    expect(packet).not.to.have.property("problem");
    expect(packet).not.to.have.nested.property("transport.original.problem");
    expect(packet).to.have.nested.property("transport.original.transport.destinationPort", 80);
    expect(packet).to.have.nested.property("transport.original.link.kind", "none");
  });

  it("has a problem when it is cut short before its addresses", () => {
    const packet = decoded(onWire(ipv4(1, icmp(3, 1, "00000000", "4500"))));
    expect(packet).to.have.nested.property("transport.original.problem.reason", "short");
  });
});

describe("the data after a header", () => {
  /** The SYN's header with 8 bytes of options. */
  const withOptions = (options: string): Packet => decoded(onWire(ipv4(6, tcp(0x02, options).replace("5002", "7002"))));
  const discovery = (options: string): Packet =>
    decoded(onWire(ipv6(58, icmp(135, 0, "00000000", "00".repeat(16) + options))));
  const OWN_ADDRESS = "0101020000000003";

  it("starts after the options, by their lengths", () => {
    expect(withOptions("01080400 020405b4".replace(" ", ""))).not.to.have.nested.property("transport.mss");
    expect(withOptions("01030307020405b4")).to.have.nested.property("transport.mss", 1460);
    expect(withOptions("00030307020405b4")).not.to.have.nested.property("transport.mss");
    expect(discovery(`0e01010101010101${OWN_ADDRESS}`)).to.have.nested.property(
      "transport.neighbour.hardware",
      "02:00:00:00:00:03",
    );
    expect(discovery(`0e020000${OWN_ADDRESS}00000000`)).to.have.nested.property("transport.neighbour.hardware", null);
  });

  it("is found even when an option has no length", () => {
    expect(withOptions("0800000000000000")).not.to.have.nested.property("transport.mss");
    expect(discovery("0e00000000000000")).to.have.nested.property("transport.neighbour.hardware", null);
  });

  it("ends at the header's length, not with the frame", () => {
    const question = dns(dnsName("server"));
    const cut = udp(53, question).replace(/^(.{8})..../, "$10018");
    expect(decoded(onWire(ipv4(17, cut))))
      .to.have.property("problem")
      .that.deep.equals(short("dns", 42));
    const padded = onWire(ipv4(17, udp(53, question), { length: 50 }));
    expect(decoded(padded)).to.have.property("problem").that.deep.equals(short("dns", 42));
  });

  it("is not decoded as a header in a later fragment, even the second", () => {
    const packet = decoded(onWire(ipv4(6, tcp(0x02), { fragmentWord: 1 })));
    expect(packet).to.have.nested.property("network.fragment.offset", 8);
    expect(packet).not.to.have.property("transport");
  });

  it("ends with the captured bytes, when a record claims fewer on the wire", () => {
    const data = Buffer.from(SYN, "hex");
    expect(decodeFrame({ data, originalLength: 3 }, "ethernet")).to.deep.equal(decoded(SYN));
  });
});

describe("a DNS name", () => {
  const nameOf = (name: string): string | undefined =>
    decoded(onWire(ipv4(17, udp(53, dns(name))))).dns?.question?.name;

  it("is escaped: it cannot write to a terminal or imitate another name", () => {
    expect(nameOf(dnsName("a\x1b[31m", "b.c", "d\\e", "ü"))).to.equal("a\\027[31m.b\\046c.d\\092e.\\195\\188");
  });

  it("is followed through pointers that go backwards", () => {
    // It points into the header, whose bytes at 4 read as a label of no length: the root.
    expect(nameOf("0161c004")).to.equal("a");
  });
});

describe("a capture on all devices", () => {
  it("records the direction and the device of each packet", () => {
    const captured = [...readCapture(recorded("tcp-any").bytes).packets];
    expect(new Set(captured.map(({ direction }) => direction))).to.include.keys("in", "out");
    expect(new Set(captured.map(({ interfaceIndex }) => interfaceIndex)).size).to.be.at.least(4);
    const [onOne] = readCapture(recorded("tcp-pod").bytes).packets;
    expect(onOne).to.include({ direction: null, interfaceIndex: null });
  });

  it("may have devices whose packets have no type, such as netlink", () => {
    const head = `080000000000000503380400${"00".repeat(8)}`;
    expect(decoded(head + ipv4(6, tcp(2)), {}, "linux-sll2").network).to.deep.equal({ kind: "other" });
  });
});
