import { expect } from "chai";
import { CAPTURE_LIMITS, countsOf } from "../../../../lib/evidence/capture.ts";
import { counterDeltas } from "../../../../lib/evidence/counters.ts";
import { interfacesOf } from "../../../../lib/evidence/interfaces.ts";
import { tallyOf } from "../../../../lib/evidence/tally.ts";

describe("what tcpdump says of itself", () => {
  const LISTENING = "tcpdump: listening on any, link-type LINUX_SLL2 (Linux cooked v2), snapshot length 256 bytes\n";
  const ASKED = "tcpdump: 3 packets captured, 4 packets received by filter, 0 packets dropped by kernel\n";

  it("is read from its last words", () => {
    const said = `${LISTENING}${ASKED}1 packet captured\n9 packets received by filter\n2 packets dropped by kernel\n`;
    expect(countsOf(said, CAPTURE_LIMITS, 100)).to.deep.equal({ packets: 1, droppedByKernel: 2, cut: false });
  });

  it("is not made up where it says nothing", () => {
    expect(countsOf(LISTENING, CAPTURE_LIMITS, 24)).to.deep.equal({ packets: null, droppedByKernel: null, cut: false });
  });

  it("is a capture that was cut where it reached its count or its size", () => {
    expect(countsOf("15000 packets captured\n", CAPTURE_LIMITS, 100).cut).to.be.true;
    expect(countsOf("", CAPTURE_LIMITS, CAPTURE_LIMITS.mostBytes).cut).to.be.true;
  });

  it("cannot be cut by its size before its count: records have 16 bytes of header and the file 24", () => {
    const { packets, snapBytes, mostBytes } = CAPTURE_LIMITS;
    expect(24 + packets * (16 + snapBytes)).to.be.below(mostBytes);
  });
});

describe("counters", () => {
  const nstat = (drops: number) => `#kernel\nIpInReceives  10  0.0\nTcpExtListenDrops  ${drops}  0.0\n`;

  it("are told by how much they changed, and not at all where they did not", () => {
    expect(counterDeltas(nstat(1), nstat(4))).to.deep.equal({ TcpExtListenDrops: 3 });
    expect(counterDeltas(nstat(4), nstat(1))).to.deep.equal({ TcpExtListenDrops: -3 });
  });

  it("that only one reading has are left out", () => {
    expect(counterDeltas("", nstat(4))).to.deep.equal({});
  });
});

const LINKS = JSON.stringify([
  { ifindex: 1, ifname: "lo", mtu: 65_536, addr_info: [{ local: "127.0.0.1" }] },
  { ifindex: 3, ifname: "cni0", mtu: 1450, linkinfo: { info_kind: "bridge" }, addr_info: [] },
  { ifindex: 7, ifname: "veth1", mtu: 1450, master: "cni0", linkinfo: { info_kind: "veth" } },
  {},
]);

describe("devices of a node", () => {
  it("say what they are and which pod is at the other end", () => {
    const plain = { kind: null, master: null, peer: null, addresses: [] };
    expect(interfacesOf(LINKS, "same eth0 7\nserver eth0 9\n")).to.deep.equal([
      { ...plain, index: 1, name: "lo", mtu: 65_536, addresses: ["127.0.0.1"] },
      { ...plain, index: 3, name: "cni0", mtu: 1450, kind: "bridge" },
      { ...plain, index: 7, name: "veth1", mtu: 1450, kind: "veth", master: "cni0", peer: "same eth0" },
    ]);
  });

  it("are none where ip said nothing that can be read", () => {
    for (const text of ["", "[{", "Object"]) expect(interfacesOf(text, "")).to.be.empty;
  });

  it("are counted by the packets that passed them", () => {
    const header = Buffer.alloc(24);
    header.writeUInt32LE(0xa1b2c3d4, 0);
    header.writeUInt16LE(2, 4);
    header.writeUInt32LE(256, 16);
    header.writeUInt32LE(276, 20);
    const record = (index: number) => {
      const bytes = Buffer.alloc(16 + 20);
      bytes.writeUInt32LE(20, 8);
      bytes.writeUInt32LE(20, 12);
      bytes.writeUInt32BE(index, 16 + 4);
      return bytes;
    };
    const pcap = Buffer.concat([header, record(3), record(7), record(7), record(11)]);
    expect(tallyOf(pcap, interfacesOf(LINKS, ""))).to.deep.equal({ cni0: 1, veth1: 2, "index 11": 1 });
  });
});
