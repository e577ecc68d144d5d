import { expect } from "chai";
import { parsePath } from "../../../../lib/model/path.ts";
import type { Symptom } from "../../../../lib/model/symptom.ts";
import type { Candidate, Case } from "../../../../lib/why/case/case.ts";
import { addressLine, virtualServersIn } from "../../../../lib/why/facts/ipvs.ts";
import { balancerPassedBy, portOfOwnAddress, sourceIsOwn } from "../../../../lib/why/rules/balancer.ts";
import { observation } from "../../sample-log.ts";

/** 172.18.0.9:80 leads to 10.244.1.3:8080; the DNS Service and [fd00::9]:80 are present too. */
const IPVS = `-- /proc/net/ip_vs
IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
TCP  AC120009:0050 rr
  -> 0AF40103:1F90      Masq    1      0          0
UDP  0A60000A:0035 rr
  -> 0AF40002:0035      Masq    1      0          2
  -> 0AF40103:0035      Masq    1      0          1
TCP  [fd00:0000:0000:0000:0000:0000:0000:0009]:0050 rr
  -> [fd00:0010:0244:0001:0000:0000:0000:0003]:1F90      Masq    1      0          0
-- /proc/net/ip_vs_conn
Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData
TCP 0AF40102 A000 AC120009 0050 0AF40103 1F90 ESTABLISHED     899
`;

const ADDRESS = `2: eth0@if7: <BROADCAST,UP> mtu 1500 qdisc noqueue state UP
    inet 172.18.0.3/16 brd 172.18.255.255 scope global eth0
5: kube-ipvs0: <BROADCAST,NOARP> mtu 1500 qdisc noop state DOWN
    inet 10.96.0.10/32 scope global kube-ipvs0
    inet 172.18.0.9/32 scope global kube-ipvs0
    inet6 fd00::9/128 scope global
`;

interface Change {
  readonly path?: string;
  readonly symptom?: Symptom;
  readonly port?: number;
  readonly endpoints?: readonly string[];
  readonly refusedBy?: "node" | "elsewhere" | null;
  readonly address?: string;
  readonly before?: string | null;
  readonly ipvs?: string;
}

/** Only the fields that these rules read. */
function caseOf(change: Change): Case {
  const { path = "other → balancer by port 443", symptom = "connection-refused", port = 443, endpoints = [] } = change;
  const { refusedBy = "node", address = ADDRESS, before = null, ipvs = IPVS } = change;
  const texts: Readonly<Record<string, string>> = { address, ipvs };
  const facts = { node: "B", text: (file: string) => texts[file] ?? "", textBefore: () => before };
  const trace = {
    observation: observation(path, symptom),
    path: parsePath(path),
    endpoints,
    dialled: { address: "172.18.0.9", port },
    client: { node: "B", pod: "other", device: "veth2", addresses: [] },
  };
  const refusal = refusedBy === null ? null : { node: "B", by: { kind: refusedBy, name: "B" } };
  return { trace, refusal, picture: { nodes: new Map([["B", facts]]) } } as unknown as Case;
}

function causes(found: readonly Candidate[]): readonly string[] {
  return found.map(({ confidence, cause }) => `${confidence}: ${cause}`);
}

describe("why: a node answers for a balancer's address", () => {
  it("parses ipvs's virtual servers", () => {
    expect(virtualServersIn(IPVS)).to.deep.equal([
      { protocol: "tcp", address: "172.18.0.9", port: 80, destinations: ["10.244.1.3:8080"] },
      { protocol: "udp", address: "10.96.0.10", port: 53, destinations: ["10.244.0.2:53", "10.244.1.3:53"] },
      { protocol: "tcp", address: "fd00::9", port: 80, destinations: ["[fd00:10:244:1::3]:8080"] },
    ]);
    expect(virtualServersIn("")).to.deep.equal([]);
  });

  it("finds an address on the named device only", () => {
    expect(addressLine(ADDRESS, "kube-ipvs0", "172.18.0.9")).to.equal("inet 172.18.0.9/32 scope global kube-ipvs0");
    expect(addressLine(ADDRESS, "kube-ipvs0", "fd00::9")).to.equal("inet6 fd00::9/128 scope global");
    expect(addressLine(ADDRESS, "kube-ipvs0", "172.18.0.3")).to.equal(null);
    expect(addressLine(ADDRESS, "kube-ipvs0", "172.18.0")).to.equal(null);
  });

  it("is proven where the node refused, and ipvs serves another port of the address", () => {
    const [found, ...others] = portOfOwnAddress.explain(caseOf({ before: ADDRESS.replace(/.*172.18.0.9.*\n/, "") }));
    expect(others).to.deep.equal([]);
    expect(causes(found ? [found] : [])).to.deep.equal([
      "proven: 172.18.0.9 is on kube-ipvs0 of B: the node answers for it itself, " +
        "and ipvs there has its port 80, not 443",
    ]);
    expect(found?.evidence).to.deep.equal([
      "during/B/address.txt: inet 172.18.0.9/32 scope global kube-ipvs0 (not in the baseline)",
      "during/B/ipvs.txt: no virtual server 172.18.0.9:443",
    ]);
  });

  const nothing: Readonly<Record<string, Change>> = {
    "who refused was not the node": { refusedBy: "elsewhere" },
    "no capture shows who refused": { refusedBy: null },
    "the address is not on kube-ipvs0": { address: ADDRESS.replace(/.*172.18.0.9.*\n/, "") },
    "ipvs has the very port": { port: 80 },
    "ipvs knows nothing of the address": { ipvs: IPVS.replace(/TCP {2}AC.*\n.*\n/, "") },
    "it was silent": { symptom: "connect-timeout" },
  };
  for (const [name, change] of Object.entries(nothing)) {
    it(`is no candidate where ${name}`, () => expect(portOfOwnAddress.explain(caseOf(change))).to.deep.equal([]));
  }

  it("is proven where packets from that address came into the node and no further", () => {
    const packet = {
      direction: "in",
      packet: { network: { kind: "ip", source: "172.18.0.9", destination: "10.9.9.9" } },
    };
    const dropped = (source: string, leg = "request", lastOn = "B"): Case => {
      const { picture, ...one } = caseOf({ path: "outside → server by NodePort", symptom: "connect-timeout" });
      const from = { ...packet, packet: { network: { ...packet.packet.network, source } } };
      const loss = { leg, last: { node: lastOn }, next: { node: "B" }, packets: [from] };
      return { ...one, picture, lossNode: picture.nodes.get("B"), loss } as unknown as Case;
    };
    expect(causes(sourceIsOwn.explain(dropped("172.18.0.9")))).to.deep.equal([
      "proven: 172.18.0.9 is on kube-ipvs0 of B: packets from that address on the network are dropped as forged",
    ]);
    expect(sourceIsOwn.explain(dropped("172.18.0.7"))).to.deep.equal([]);
    expect(sourceIsOwn.explain(dropped("172.18.0.9", "reply"))).to.deep.equal([]);
    expect(sourceIsOwn.explain(dropped("172.18.0.9", "request", "A"))).to.deep.equal([]);
  });

  it("is proven where another server answered, at ipvs's destination of that port", () => {
    const passedBy: Change = { path: "other → balancer by port 80", symptom: "wrong-server", port: 80 };
    const at = (endpoints: readonly string[], more: Change = {}) =>
      causes(balancerPassedBy.explain(caseOf({ ...passedBy, endpoints, ...more })));
    expect(at(["10.244.1.3:8080"])).to.deep.equal([
      "proven: 172.18.0.9 is on kube-ipvs0 of B: ipvs there leads port 80 to 10.244.1.3:8080, and no balancer is asked",
    ]);
    expect(at(["10.244.1.9:8080"])).to.deep.equal([]);
    expect(at([])).to.deep.equal([]);
    expect(at(["10.244.1.3:8080"], { ipvs: "" })).to.deep.equal([]);
    expect(at(["10.244.1.3:8080"], { path: "other → server by ClusterIP" })).to.deep.equal([]);
  });
});
