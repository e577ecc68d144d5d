import { expect } from "chai";
import type { Run } from "../../lib/run.ts";
import { faultline, latestReport, mustEnd } from "./command-line.ts";

const SUITES = ["baseline/packet-flow", "nodes/ip-forward", "services/bridge-nf-call-iptables"];
const BRIDGED = "flannel@0.26.7/iptables/1.33.13/ipv4";
const ROUTED = "ptp@1.1.1/nftables/1.34.4/ipv4";

/** What the paths of one claim showed in each cell; only where pods share a bridge is same → server by ClusterIP lost with it, and only there is podIP not. */
const SEEN: readonly (readonly [string, string, string, string])[] = [
  ["services/bridge-nf-call-iptables", "same → server by ClusterIP", "connect-timeout ×3", "ok ×3"],
  ["services/bridge-nf-call-iptables", "same → server by podIP", "ok ×3", "ok ×3"],
  ["nodes/ip-forward", "same → server by podIP", "ok ×3", "connect-timeout ×3"],
  ["nodes/ip-forward", "hostA → server by podIP", "ok ×3", "ok ×3"],
];

describe("two CNIs, two Kubernetes minors and both kube-proxy modes in one run", function () {
  let run: Run;

  before("one run of both cells", async function () {
    const cells = ["--cell", "flannel@0.26.7/iptables/1.33", "--cell", "ptp/nftables"];
    const outcome = await faultline(["run", ...SUITES, ...cells, "--yes", "--progress", "plain"]);
    process.stdout.write(outcome.stdout);
    mustEnd(outcome);
    run = latestReport();
  });

  it("one report has both, and every claim holds in each", function () {
    expect(run.cells.map(({ cell }) => cell).sort()).to.deep.equal([BRIDGED, ROUTED]);
    const verdicts = run.results.map(({ cell, scenario, verdict }) => `${cell} ${scenario} ${verdict}`).sort();
    expect(verdicts).to.deep.equal([BRIDGED, ROUTED].flatMap((cell) => SUITES.map((id) => `${cell} ${id} pass`)));
  });

  it("tells how long each cell took from its creation until it was ready", function () {
    for (const { stages } of run.cells) {
      expect(stages.map(({ stage }) => stage)).to.include.members(["cluster", "cni", "roles", "ready"]);
    }
  });

  for (const [scenario, path, bridged, routed] of SEEN) {
    it(`${scenario}: ${path} is ${bridged} on a bridge, ${routed} without one`, function () {
      const shown = [BRIDGED, ROUTED].map((cell) => {
        const result = run.results.find((one) => one.cell === cell && one.scenario === scenario);
        return result?.paths.find((one) => one.path === path)?.observed;
      });
      expect(shown).to.deep.equal([bridged, routed]);
    });
  }
});
