import { expect } from "chai";
import { parse } from "yaml";
import { planOf } from "../../../../cli/commands/plan.ts";
import { chosenSuites, scenariosOf, suiteFiles } from "../../../../cli/cell/suites.ts";
import { isOnRequest } from "../../../../lib/scenario/needs.ts";
import { DEFAULT_CELL } from "../../../../clusters/cells/cells.ts";
import { coreDns } from "../../../../clusters/create/cni-install.ts";
import { kindConfig } from "../../../../clusters/create/kind-config.ts";
import { containerOf } from "../../../../clusters/create/live-cluster.ts";
import { ownSubnets } from "../../../../clusters/addressing/subnets.ts";
import { addressOf, netnsPidOf, nodeOf } from "../../../../lib/model/address.ts";
import { knownPaths } from "../../../../lib/baseline/paths.ts";
import type { ClusterRecord, Whereabouts } from "../../../../lib/model/cluster.ts";
import { sizeFor, skipIfCellTooSmall, skipIfTooSmall } from "../../../../lib/scenario/cluster-size.ts";
import { faultsIn } from "../../../../lib/engine/mutants.ts";
import { UndecidedError } from "../../../../lib/host/errors.ts";
import { nodesOf, ofNode } from "../../../../lib/model/nodes.ts";
import { ON_THIRD } from "../../../../lib/model/path.ts";
import { linkDown, noFault, type Scenario } from "../../../../lib/scenario/spec.ts";
import { judgeScenario } from "../../../../lib/verdict/scenario.ts";
import { taintedNodes } from "../../../../lib/verdict/taint.ts";
import { placeOfRole } from "../../../../lib/why/case/places.ts";
import { pictureOf } from "../../../../lib/why/case/picture.ts";
import { RECORD, WHERE } from "../../sample-cluster.ts";
import { changed, scenarioLog, withEvent } from "../../sample-log.ts";
import { USUAL_SPEED } from "../../../../lib/host/time-scale.ts";

const THREE: ClusterRecord = {
  ...RECORD,
  containers: { ...RECORD.containers, C: "x-worker2" },
  nodeIps: { ...RECORD.nodeIps, C: "172.18.0.4" },
};
const WHERE_THREE: Whereabouts = {
  cluster: THREE,
  pods: { ...WHERE.pods, third: { name: "third", ip: "10.244.2.2", pid: 302 } },
};

const THIRD = { needs: { nodes: 3 } } as const;

function claims(path: string, more: Partial<Scenario> = {}): Scenario {
  const expect = { [path]: "ok", "same → server by podIP": "ok" } as const;
  const words = { id: path, title: path, claim: "x", documented: [] };
  return { ...words, fault: noFault, expect, recovers: { withinMs: 1 }, ...more };
}

describe("a cluster of three nodes", () => {
  it("has roles on node C, with their addresses and network namespaces", () => {
    for (const role of ON_THIRD) expect(nodeOf(role)).to.equal("C");
    expect(addressOf(WHERE_THREE, "third", "podIP")).to.equal("10.244.2.2");
    expect(addressOf(WHERE_THREE, "hostC", "nodeIP")).to.equal("172.18.0.4");
    expect([netnsPidOf(WHERE_THREE, "third"), netnsPidOf(WHERE_THREE, "hostC")]).to.deep.equal([302, 1]);
    expect(containerOf(THREE, "C")).to.equal("x-worker2");
  });

  it("lists node C only if the cluster has one, and refuses to name it otherwise", () => {
    expect(nodesOf(THREE.containers)).to.deep.equal(["A", "B", "C"]);
    expect(nodesOf(RECORD.containers)).to.deep.equal(["A", "B"]);
    expect(() => ofNode(RECORD.containers, "C")).to.throw(UndecidedError, "no node C");
    expect(() => containerOf(RECORD, "C")).to.throw(UndecidedError, "no node C");
    expect(() => addressOf(WHERE, "hostC", "nodeIP")).to.throw("on no node of this cluster");
  });

  it("has a second worker without a DNS replica", () => {
    const image = { origin: "offline", kubernetesVersion: "1.34.4" } as const;
    const { nodes } = parse(kindConfig(DEFAULT_CELL, image, USUAL_SPEED, ownSubnets("ipv4"), 2)) as {
      nodes: { role: string }[];
    };
    expect(nodes.map(({ role }) => role)).to.deep.equal(["control-plane", "worker", "worker"]);
    expect(JSON.stringify(coreDns(2, ["a", "b"]))).to.include('"operator":"In","values":["a","b"]');
    expect(JSON.stringify(coreDns(2))).to.not.include("nodeAffinity");
  });

  it("moves a fault from C to A in the wrong-node mode", () => {
    expect(faultsIn("wrong-node", [linkDown("C", "x")])).to.deep.equal([linkDown("A", "x")]);
  });

  it("counts every node as tainted if the log lacks the injection of a fault that was not undone", () => {
    const scenario = "nodes/x";
    const containers = { type: "nodes", containers: THREE.containers, atMs: 0 } as const;
    const failed = { type: "healed", scenario, faultId: "f", durationMs: 1, ok: false, detail: "x", atMs: 1 } as const;
    expect(taintedNodes([containers, failed]).map(({ node }) => node)).to.deep.equal(["A", "B", "C"]);
    expect(taintedNodes([failed]).map(({ node }) => node)).to.deep.equal(["A", "B"]);
  });

  it("gives explanations the place of its roles on C", () => {
    const picture = pictureOf({ texts: new Map(), captures: new Map(), lacking: [] });
    expect(placeOfRole(picture, "third")).to.include({ node: "C", pod: "third" });
    expect(placeOfRole(picture, "hostC")).to.include({ node: "C", pod: null });
  });
});

describe("judgeScenario on a cluster of three nodes", () => {
  it("is unknown without the comparison of node C", () => {
    const log = changed(scenarioLog(), "scenario-started", { nodes: 3 });
    expect(judgeScenario("cell", log).reason).to.equal("the log has no trace of the comparison of node states");
    const compared = { type: "node-state", scenario: "nodes/ip-forward", node: "C", differences: [] } as const;
    expect(judgeScenario("cell", withEvent(log, compared)).verdict).to.equal("pass");
  });
});

describe("the number of nodes that a run's scenarios need", () => {
  it("is three if a scenario that is not skipped needs three", () => {
    expect(sizeFor([claims("same → other by podIP")], RECORD)).to.equal(2);
    expect(sizeFor([claims("same → other by podIP"), claims("third → server by podIP", THIRD)], RECORD)).to.equal(3);
    expect(sizeFor([claims("third → other by podIP", { ...THIRD, skipWhen: () => "not here" })], RECORD)).to.equal(2);
  });

  it("skips a scenario that needs node C on a kept cluster with two nodes", () => {
    const third = claims("third → server by podIP", THIRD);
    const skip = skipIfTooSmall(third, RECORD);
    expect(skip?.code).to.equal("two-node-cluster");
    expect(skip?.reason).to.match(/third node, and cluster faultline-x has two; .* leave out --cluster$/);
    expect(skipIfTooSmall(third, THREE)).to.equal(null);
    expect(skipIfTooSmall(claims("same → other by podIP"), RECORD)).to.equal(null);
  });

  it("is two in the kernel lane, where a scenario that needs node C is skipped", () => {
    const third = claims("third → server by podIP", THIRD);
    const context = { ...RECORD, cell: { ...RECORD.cell, kernel: "um:newest" } };
    expect(sizeFor([third], context)).to.equal(2);
    const skip = skipIfCellTooSmall(third, context);
    expect(skip?.code).to.equal("two-node-lane");
    expect(skip?.reason).to.match(/third node, and a cluster in the kernel lane has two/);
    expect(skipIfCellTooSmall(third, RECORD)).to.equal(null);
    expect(skipIfCellTooSmall(claims("same → other by podIP"), context)).to.equal(null);
    const text = planOf({ ...DEFAULT_CELL, kernel: "um:newest" }, [third]);
    expect(text).to.match(/one worker \(node A\)\n/);
    expect(text).to.match(/skipped: it needs a third node, and a cluster in the kernel lane has two/);
  });

  it("leaves paths of node C out of the baseline of a two-node cluster", () => {
    const third = [claims("third → server by podIP", THIRD)];
    expect(knownPaths(third, RECORD)).to.deep.equal(["same → server by podIP"]);
    expect(knownPaths(third, THREE)).to.include("third → server by podIP");
  });

  it("is two for the suites that run by default, and three for those on request", async () => {
    const every = await scenariosOf(suiteFiles());
    const asked = every.filter(isOnRequest);
    const usual = await scenariosOf(await chosenSuites([]));
    expect([...usual, ...asked]).to.have.members(every);
    expect([sizeFor(usual, RECORD), sizeFor(asked, RECORD)]).to.deep.equal([2, 3]);
    expect(planOf(DEFAULT_CELL, usual)).to.match(/^cell \S+: one control plane \(node B\), one worker \(node A\)\n/);
    expect(planOf(DEFAULT_CELL, asked)).to.match(/one worker \(node A\), another \(node C\)\n/);
  });
});
