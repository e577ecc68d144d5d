import { expect } from "chai";
import { parse } from "yaml";
import { DEFAULT_CELL } from "../../../../clusters/cells/cells.ts";
import { clusterOfKind, kindNames, peerName } from "../../../../clusters/ownership/cluster-name.ts";
import { join, nodeJoins, type JoinedCluster } from "../../../../clusters/create/join.ts";
import { kindConfig } from "../../../../clusters/create/kind-config.ts";
import { containerOf, peerPods } from "../../../../clusters/create/live-cluster.ts";
import { podsUpTo } from "../../../../clusters/create/peers.ts";
import { peerObjects } from "../../../../clusters/roles/objects.ts";
import { ownSubnets, subnetsOf } from "../../../../clusters/addressing/subnets.ts";
import { knownPaths, peersNeeded } from "../../../../lib/baseline/paths.ts";
import type { ClusterRecord } from "../../../../lib/model/cluster.ts";
import { UndecidedError } from "../../../../lib/host/errors.ts";
import type { Exec } from "../../../../lib/host/exec.ts";
import { PEERS, type Peer } from "../../../../lib/model/path.ts";
import { noFault, type Scenario } from "../../../../lib/scenario/spec.ts";
import { RECORD, WHERE } from "../../sample-cluster.ts";
import { USUAL_SPEED } from "../../../../lib/host/time-scale.ts";

const node = (container: string, podCidr: string, address: string) => {
  return { container, podCidrs: [podCidr], addresses: [address] };
};
const FIRST: JoinedCluster = {
  nodes: [node("x-control-plane", "10.244.0.0/24", "172.18.0.2"), node("x-worker", "10.244.1.0/24", "172.18.0.3")],
  podSubnets: ["10.244.0.0/16"],
};
const PEER: JoinedCluster = {
  nodes: [node("x-peer-control-plane", "10.245.0.0/24", "172.18.0.9")],
  podSubnets: ["10.245.0.0/16"],
};
const TWIN: JoinedCluster = {
  nodes: [node("x-twin-control-plane", "10.244.0.0/24", "172.18.0.8")],
  podSubnets: ["10.244.0.0/16"],
};

describe("joining two clusters", () => {
  it("gives each node routes to the other's pods, and exempts their traffic from translation", () => {
    const toPeer = ["10.244.0.0/16=10.245.0.0/16", "10.245.0.0/16=172.18.0.9"];
    const back = ["10.245.0.0/16=10.244.0.0/16", "10.244.0.0/24=172.18.0.2", "10.244.1.0/24=172.18.0.3"];
    expect(nodeJoins(FIRST, PEER)).to.deep.equal([
      { container: "x-control-plane", args: toPeer },
      { container: "x-worker", args: toPeer },
      { container: "x-peer-control-plane", args: back },
    ]);
  });

  it("adds no rule for equal pod CIDRs, and no route to a range that an own node has", () => {
    const [, , back] = nodeJoins(FIRST, TWIN);
    expect(back?.args).to.deep.equal(["", "10.244.1.0/24=172.18.0.3"]);
    expect(nodeJoins(FIRST, TWIN)[0]?.args).to.deep.equal(["", "10.244.0.0/16=172.18.0.8"]);
  });

  it("pairs networks and addresses by IP family", () => {
    const dual = (container: string, last: number): JoinedCluster => ({
      nodes: [{ container, podCidrs: ["10.1.0.0/24", `fd0${last}::/64`], addresses: ["172.18.0.2", "fc00::2"] }],
      podSubnets: [`10.${last}.0.0/16`, `fd0${last}::/56`],
    });
    const [joint] = nodeJoins(dual("a", 1), dual("b", 2));
    expect(joint?.args).to.deep.equal([
      "10.1.0.0/16=10.2.0.0/16,fd01::/56=fd02::/56",
      "10.2.0.0/16=172.18.0.2",
      "fd02::/56=fc00::2",
    ]);
  });

  it("runs one constant script on every node of both clusters", async () => {
    const ran: (readonly string[])[] = [];
    const exec: Exec = (argv) => {
      ran.push(argv);
      return Promise.resolve({ argv, exitCode: 0, timedOut: false, stdout: "", stderr: "", durationMs: 1 });
    };
    await join(FIRST, PEER, () => exec);
    expect(ran).to.have.length(3);
    expect(new Set(ran.map(([, , script]) => script)).size).to.equal(1);
  });
});

describe("a peer cluster", () => {
  it("is named after its cluster", () => {
    expect(kindNames("faultline-x")).to.deep.equal(["faultline-x", "faultline-x-peer", "faultline-x-twin"]);
    for (const peer of PEERS) expect(clusterOfKind(peerName("faultline-x", peer))).to.equal("faultline-x");
    expect(clusterOfKind("faultline-x")).to.equal("faultline-x");
  });

  it("has one node, with its own networks as `peer` and the cluster's networks as `twin`", () => {
    const image = { origin: "offline", kubernetesVersion: "1.34.4" } as const;
    const read = (peer: (typeof PEERS)[number]) =>
      parse(kindConfig(DEFAULT_CELL, image, USUAL_SPEED, subnetsOf(peer, "ipv4"), 0)) as {
        nodes: readonly object[];
        networking: { podSubnet: string; serviceSubnet: string };
      };
    expect(read("peer").nodes).to.deep.equal([{ role: "control-plane" }]);
    expect(read("peer").networking).to.include({ podSubnet: "10.245.0.0/16", serviceSubnet: "10.97.0.0/16" });
    expect(subnetsOf("twin", "dual")).to.deep.equal(ownSubnets("dual"));
    for (const one of subnetsOf("peer", "dual").pods) expect(ownSubnets("dual").pods).not.to.include(one);
  });

  it("has enough pods for one to get the address of other", () => {
    expect(["10.244.0.2", "10.244.0.5", "fd00:10:244::a"].map(podsUpTo)).to.deep.equal([1, 4, 9]);
    expect(["10.244.0.1", "10.244.0.200", "", "none"].map(podsUpTo)).to.deep.equal([null, null, null, null]);
    const objects = peerObjects("twin", "x", 2, "echo:1", USUAL_SPEED) as readonly { metadata: { name: string } }[];
    expect(objects.slice(1).map(({ metadata }) => metadata.name)).to.deep.equal(["twin-1", "twin-2"]);
  });

  const peers: ClusterRecord["peers"] = {
    peer: {
      name: "x-peer",
      kubeconfig: "",
      container: "x-peer-c",
      pods: [{ name: "peer-1", ip: "10.245.0.2", pid: 7 }],
    },
    twin: {
      name: "x-twin",
      kubeconfig: "",
      container: "x-twin-c",
      pods: [
        { name: "twin-1", ip: "10.244.0.3", pid: 8 },
        { name: "twin-2", ip: "10.244.0.2", pid: 9 },
      ],
    },
  };

  it("gives its role a pod; as `twin`, the one with the address of other", () => {
    expect(peerPods({ ...RECORD, peers }, WHERE.pods)).to.deep.equal({
      peer: { name: "peer-1", ip: "10.245.0.2", pid: 7 },
      twin: { name: "twin-2", ip: "10.244.0.2", pid: 9 },
    });
    expect(peerPods({ ...RECORD, peers }, {})).to.have.all.keys("peer");
    expect(peerPods(RECORD, WHERE.pods)).to.deep.equal({});
  });

  it("cannot be used where it was not created", () => {
    expect(() => containerOf(RECORD, "peer")).to.throw(UndecidedError, "has no peer");
  });
});

describe("the clusters that scenarios need", () => {
  const one = (path: string, peers: readonly Peer[] = [], skip: string | null = null): Scenario => ({
    id: path,
    title: path,
    claim: "x",
    documented: [],
    fault: noFault,
    needs: { peers },
    expect: { [path]: "ok", "same → server by podIP": "ok" },
    recovers: { withinMs: 1 },
    skipWhen: () => skip,
  });

  it("are those that scenarios need which are not skipped in the cell", () => {
    expect(peersNeeded([one("same → other by podIP")], RECORD)).to.deep.equal([]);
    const [twin, peer] = [one("twin → other by podIP", ["twin"]), one("same → peer by podIP", ["peer"])];
    expect(peersNeeded([twin, peer], RECORD)).to.deep.equal(PEERS);
    expect(peersNeeded([one("same → peer by podIP", ["peer"], "not here")], RECORD)).to.deep.equal([]);
  });

  it("are in no baseline: a baseline covers one cluster", () => {
    expect(knownPaths([one("same → peer by podIP")], RECORD)).to.deep.equal(["same → server by podIP"]);
  });
});
