import { expect } from "chai";
import { readFileSync } from "node:fs";
import { parseCell, traitsOf } from "../../../../clusters/cells/cells.ts";
import { deviations } from "../../../../clusters/traits/deviations.ts";
import { nodeFacts, type TraitFacts } from "../../../../clusters/traits/node-facts.ts";
import { UndecidedError } from "../../../../lib/host/errors.ts";
import type { Traits } from "../../../../lib/model/traits.ts";

const printed = (node: string): string =>
  readFileSync(new URL(`../../../fixtures/traits/flannel-vxlan-${node}.txt`, import.meta.url), "utf8");
const FLANNEL = traitsOf(parseCell("flannel/nftables"));
const PROBED = {
  A: { clients: ["10.244.1.4"], serviceIp: "10.96.198.57" },
  B: { clients: ["10.244.0.3"], serviceIp: "10.96.198.57" },
} as const;
const NODES = ["A", "B"] as const;
const onBoth = (traits: Traits, change: (facts: TraitFacts) => TraitFacts = (facts) => facts) =>
  NODES.map((node) => deviations(traits, change(nodeFacts(printed(node))), PROBED[node]));

describe("traits against live nodes", () => {
  it("hold on the nodes that they describe", () => {
    expect(onBoth(FLANNEL)).to.deep.equal([[], []]);
  });

  const { overlay } = FLANNEL;
  if (overlay === null) throw new Error("flannel has an overlay");
  const jump = { what: "first-in-input", by: "Felix", target: "cali-INPUT", everyMs: 90_000 } as const;
  const rule = { table: "filter", chain: "FORWARD", target: "OTHER-FWD" } as const;
  const [mine] = FLANNEL.resyncs;
  if (mine?.what !== "forward-rule") throw new Error("flannel looks after a rule of FORWARD");
  const lies: readonly (readonly [change: Partial<Traits>, trait: string, expected: string, found: string])[] = [
    [{ bridge: "cbr0" }, "bridge", "cbr0", "cni0"],
    [{ bridge: null }, "bridge", "none", "cni0"],
    [{ overlay: null }, "overlay", "none", "vxlan flannel.1, UDP 8472, endpoints in neighbours"],
    [
      { overlay: { ...overlay, udpPort: 4789 } },
      "overlay",
      "vxlan flannel.1, UDP 4789, endpoints in neighbours",
      "vxlan flannel.1, UDP 8472, endpoints in neighbours",
    ],
    [
      { overlay: { ...overlay, device: "vxlan.calico" } },
      "overlay",
      "vxlan vxlan.calico, UDP 8472, endpoints in neighbours",
      "vxlan flannel.1, UDP 8472, endpoints in neighbours",
    ],
    [
      { overlay: { ...overlay, endpointsIn: "metadata" } },
      "overlay",
      "vxlan flannel.1, UDP 8472, endpoints in metadata",
      "vxlan flannel.1, UDP 8472, endpoints in neighbours",
    ],
    [{ podMtuBytes: 1500 }, "podMtuBytes", "1500", "1450"],
    [{ dataplane: "ebpf" }, "dataplane", "ebpf", "kernel"],
    [{ podClusterIps: "ebpf" }, "podClusterIps", "ebpf", "kube-proxy"],
    [{ resyncs: [jump] }, "resyncs: first in INPUT", "cali-INPUT", "KUBE-FIREWALL"],
    [{ resyncs: [{ ...mine, rule }] }, "resyncs: rule of FORWARD", "OTHER-FWD", "none"],
  ];
  for (const [change, trait, expected, found] of lies) {
    it(`do not hold when one is wrong: ${JSON.stringify(change)}`, () => {
      for (const found_ of onBoth({ ...FLANNEL, ...change }))
        expect(found_).to.deep.equal([{ trait, expected, found }]);
    });
  }

  it("require a device of each family in a dual-stack cell, as flannel has", () => {
    const { overlay: both } = traitsOf(parseCell("flannel/nftables/1.34/dual"));
    const withSecond = ({ links, ...facts }: TraitFacts): TraitFacts => ({
      ...facts,
      links: [
        ...links,
        ...links.filter(({ name }) => name === "flannel.1").map((one) => ({ ...one, name: "flannel-v6.1" })),
      ],
    });
    expect(onBoth({ ...FLANNEL, overlay: both }, withSecond)).to.deep.equal([[], []]);
    const traits = onBoth({ ...FLANNEL, overlay: both }).map((found_) => found_.map(({ trait }) => trait));
    expect(traits).to.deep.equal([["overlay"], ["overlay"]]);
    expect(onBoth(FLANNEL, withSecond).flat()).to.have.lengthOf(2);
  });

  const others: Readonly<
    Record<string, readonly [change: (facts: TraitFacts) => TraitFacts, trait: string, found: string]>
  > = {
    "a pod beside the bridge": [
      ({ pods: [first, ...rest], ...facts }) => ({
        ...facts,
        pods: first?.host ? [{ ...first, host: { ...first.host, master: null } }, ...rest] : [],
      }),
      "bridge",
      "cni0 and none",
    ],
    "a second overlay": [
      (facts) => ({
        ...facts,
        links: [
          ...facts.links,
          {
            index: 99,
            name: "x",
            kind: "geneve",
            master: null,
            mtuBytes: 1400,
            tunnel: { udpPort: 6081, isExternal: true },
          },
        ],
      }),
      "overlay",
      "geneve x, UDP 6081, endpoints in metadata and vxlan flannel.1, UDP 8472, endpoints in neighbours",
    ],
    "BPF on every device": [
      (facts) => ({ ...facts, bpfDevices: new Set(facts.links.map(({ name }) => name)) }),
      "dataplane",
      "ebpf",
    ],
    "no connection that the kernel translated": [(facts) => ({ ...facts, connections: [] }), "podClusterIps", "ebpf"],
    "a connection answered by the Service's own address": [
      (facts) => ({ ...facts, connections: facts.connections.map((one) => ({ ...one, answeredBy: "10.96.198.57" })) }),
      "podClusterIps",
      "ebpf",
    ],
    "no pod that could be looked at": [(facts) => ({ ...facts, pods: [] }), "podMtuBytes", "none"],
  };
  for (const [name, [change, trait, found]] of Object.entries(others)) {
    it(`do not hold on a node with ${name}`, () => {
      for (const all of onBoth(FLANNEL, change)) {
        expect(all.find((one) => one.trait === trait)).to.include({ found });
      }
    });
  }

  it("allow for an uplink with another MTU", () => {
    const jumbo = (facts: TraitFacts): TraitFacts => ({
      ...facts,
      uplinkMtuBytes: 9000,
      pods: facts.pods.map((pod) => ({ ...pod, mtuBytes: 8950 })),
    });
    expect(onBoth(FLANNEL, jumbo)).to.deep.equal([[], []]);
  });

  it("are not read from an incomplete answer", () => {
    expect(() => nodeFacts(printed("A").replace("@@ end", ""))).to.throw(UndecidedError, "incomplete");
  });
});
