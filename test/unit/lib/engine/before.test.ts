import { expect } from "chai";
import type { Exec } from "../../../../lib/host/exec.ts";
import type { Cluster } from "../../../../lib/model/cluster.ts";
import { steadyBefore } from "../../../../lib/engine/before.ts";
import { compareNodeState, compareOnce, fingerprints } from "../../../../lib/engine/node-state.ts";
import type { ScenarioContext } from "../../../../lib/engine/scenario-context.ts";
import { expectation } from "../../../../lib/model/expectation.ts";
import type { ProbeRecord } from "../../../../lib/probes/probe.ts";
import { fixture } from "../probes/fixtures.ts";
import { answer } from "../probes/stream.ts";
import { RECORD, WHERE } from "../../sample-cluster.ts";
import { USUAL_SPEED } from "../../../../lib/host/time-scale.ts";

const PATH = "same → server by podIP";
const REFUSED = fixture("curl-refused").record;
const CURL_OK = fixture("curl-ok").record;
const OK: ProbeRecord = { ...CURL_OK, stdout: CURL_OK.stdout.replace('"container":"main"', '"container":"server"') };
const NOW = { where: WHERE, faults: [] };

/** A cluster whose probes are told in turn, whose nodes say `routes` in turn, and which keeps count. */
function clusterThat({
  probes = [OK],
  routes = [""],
}: {
  probes?: readonly ProbeRecord[];
  routes?: readonly string[];
}) {
  const counts = { probed: 0, read: 0, located: 0, begun: 0 };
  const inTurn = <T>(list: readonly T[], at: number) => list[Math.min(at, list.length - 1)] as T;
  const exec: Exec = (argv) => {
    const isProbe = argv[0] === "perl";
    const stdout = isProbe
      ? answer(argv[3] ?? "", [inTurn(probes, counts.probed++)], 0)
      : `@@ route\n${inTurn(routes, Math.floor(counts.read++ / 2))}\n@@ end\n`;
    return Promise.resolve({ argv, exitCode: 0, timedOut: false, stdout, stderr: "", durationMs: 1 });
  };
  const locate = () => Promise.resolve(WHERE);
  const cluster: Cluster = { record: RECORD, timeScale: USUAL_SPEED, exec: () => exec, locate };
  const begin = () => Promise.resolve(void (counts.begun += 1));
  const context = { cluster, evidence: { begin } } as unknown as ScenarioContext;
  const relocate = () => Promise.resolve(NOW).finally(() => (counts.located += 1));
  return { cluster, context, counts, relocate };
}

describe("what a scenario begins from", () => {
  const expected = { [PATH]: expectation("ok") };

  it("is read while the paths are probed, where they are ok from the first round on", async () => {
    const { context, counts, relocate } = clusterThat({});
    const { now, nodes } = await steadyBefore(context, NOW, relocate, expected, () => undefined);
    expect(counts).to.deep.equal({ probed: 3, read: 2, located: 0, begun: 1 });
    expect(now).to.equal(NOW);
    expect(nodes).to.have.all.keys("A", "B");
  });

  it("is located and read once more where they were not: pods may have been made since", async () => {
    const { context, counts, relocate } = clusterThat({ probes: [OK, REFUSED, OK] });
    await steadyBefore(context, NOW, relocate, expected, () => undefined);
    expect(counts).to.deep.equal({ probed: 5, read: 4, located: 1, begun: 2 });
  });
});

describe("the comparison of the nodes with what they were", () => {
  const ODD = "blackhole 198.51.100.0/24";
  const said = async (routes: readonly string[]) => {
    const { cluster, counts } = clusterThat({ routes });
    const before = await fingerprints(cluster);
    const beside = await compareOnce(cluster, before);
    const told: number[] = [];
    await compareNodeState({ cluster }, before, 2000, ({ differences }) => told.push(differences.length), beside);
    return { told, readings: counts.read / 2 };
  };

  it("is not made again where nothing differed beside the recovery", async () => {
    expect(await said(["", ""])).to.deep.equal({ told: [0, 0], readings: 2 });
  });

  it("is made again where something did, until it is as before", async () => {
    expect(await said(["", ODD, ODD, ""])).to.deep.equal({ told: [0, 0], readings: 4 });
  });
});
