import { expect } from "chai";
import { matrixCells, type MatrixCell } from "../../cli/own-tests/cells.ts";
import { hostContext } from "../../clusters/setup/host-context.ts";
import type { Run } from "../../lib/verdict/result.ts";
import { faultline, latestReport, mustEnd } from "./command-line.ts";

const SUITES = [
  "baseline/packet-flow",
  "nodes/ip-forward",
  "overlay/vxlan-port-blocked",
  "services/bridge-nf-call-iptables",
];
const LOST = "connect-timeout ×3";
const OK = "ok ×3";

/** What a path showed in a cell. */
interface Seen {
  readonly scenario: string;
  readonly path: string;
  readonly shown: (cell: MatrixCell) => string;
}

/** Only where pods share a bridge is same → server by ClusterIP lost with bridge-nf-call-iptables, and only there, or where BPF serves them, does podIP do without ip_forward. */
const SEEN: readonly Seen[] = [
  {
    scenario: "services/bridge-nf-call-iptables",
    path: "same → server by ClusterIP",
    shown: ({ bridge }) => (bridge ? LOST : OK),
  },
  { scenario: "services/bridge-nf-call-iptables", path: "same → server by podIP", shown: () => OK },
  {
    scenario: "nodes/ip-forward",
    path: "same → server by podIP",
    shown: ({ bridge, bpf }) => (bridge || bpf ? OK : LOST),
  },
  { scenario: "nodes/ip-forward", path: "hostA → server by podIP", shown: () => OK },
  {
    scenario: "overlay/vxlan-port-blocked",
    path: "other → server by podIP",
    shown: ({ overlay }) => (overlay ? LOST : OK),
  },
];

describe("CNIs, kube-proxy modes, Kubernetes minors and IP families in one run", function () {
  this.timeout(1_200_000);
  let run: Run;
  let all: Awaited<ReturnType<typeof matrixCells>>;

  before("one run of all cells", async function () {
    all = await matrixCells(hostContext());
    const cells = all.here.flatMap(({ cell }) => ["--cell", cell]);
    const outcome = await faultline(["run", ...SUITES, ...cells, "--yes", "--progress", "plain"]);
    process.stdout.write(outcome.stdout);
    mustEnd(outcome);
    run = latestReport();
  });

  it("one report has them all, and every claim holds in each", function () {
    const verdicts = run.results.map(({ cell, scenario, verdict }) => `${cell} ${scenario} ${verdict}`).sort();
    const passed = all.here.flatMap(({ cell }) => SUITES.map((id) => `${cell} ${id} pass`));
    expect(verdicts).to.deep.equal(passed.sort());
  });

  it("tells how long each cell took from its creation until it was ready", function () {
    expect(run.cells).to.have.lengthOf(all.here.length);
    for (const { stages } of run.cells) {
      expect(stages.map(({ stage }) => stage)).to.include.members(["cluster", "cni", "roles", "ready"]);
    }
  });

  it("no cell had to be left out", function () {
    if (all.elsewhere.length === 0) return;
    for (const { cell, lacks } of all.elsewhere) process.stderr.write(`${cell} not tested: it needs ${lacks}\n`);
    this.skip();
  });

  for (const { scenario, path, shown } of SEEN) {
    it(`${scenario}: ${path}, cell by cell`, function () {
      const observed = all.here.map(({ cell }) => {
        const result = run.results.find((one) => one.cell === cell && one.scenario === scenario);
        return `${cell}: ${result?.paths.find((one) => one.path === path)?.observed}`;
      });
      expect(observed).to.deep.equal(all.here.map((cell) => `${cell.cell}: ${shown(cell)}`));
    });
  }
});
