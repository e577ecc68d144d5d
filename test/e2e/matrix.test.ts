import { expect } from "chai";
import { lacking, MATRIX_CELLS, type MatrixCell } from "../../cli/own-tests/cells.ts";
import { cellGroup } from "../../cli/own-tests/nightly-groups.ts";
import { hostContext } from "../../clusters/setup/host-context.ts";
import type { Run } from "../../lib/verdict/result.ts";
import { isInRun, nightly } from "../nightly.ts";
import { faultline, latestReport, mustEnd } from "./command-line.ts";
import { USUAL_SPEED } from "../../lib/host/time-scale.ts";

const SUITES = [
  "baseline/packet-flow",
  "nodes/ip-forward",
  "overlay/vxlan-port-blocked",
  "services/bridge-nf-call-iptables",
];
/** Claims of cells with both families; the others say that they have none. */
const IPV6_SUITES = ["baseline/packet-flow-ipv6", "nodes/ipv6-forwarding", "services/bridge-nf-call-ip6tables"];
const LOST = "connect-timeout ×3";
const OK = "ok ×3";

/** What a path showed in a cell. */
interface Seen {
  readonly scenario: string;
  readonly path: string;
  readonly shown: (cell: MatrixCell) => string;
}

/**
 * Only where pods share a bridge is same → server by ClusterIP lost with bridge-nf-call-iptables, and only there, or
 * where BPF serves them, does podIP do without ip_forward.
 */
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

/** These cells are in this run. */
const CELLS = MATRIX_CELLS.filter(({ byDefault, cell }) => byDefault || isInRun(cellGroup(cell)));

describe("CNIs, kube-proxy modes, Kubernetes minors and IP families in one run", function () {
  this.timeout(1_200_000);
  let run: Run;
  let lacks: ReadonlyMap<string, string>;

  before("one run of all cells", async function () {
    lacks = await lacking(CELLS, hostContext({ timeScale: USUAL_SPEED }));
    const here = CELLS.filter(({ cell }) => !lacks.has(cell));
    const cells = here.flatMap(({ cell }) => ["--cell", cell]);
    const outcome = await faultline(["run", ...SUITES, ...IPV6_SUITES, ...cells, "--yes", "--progress", "plain"]);
    process.stdout.write(outcome.stdout);
    mustEnd(outcome);
    run = latestReport();
    expect(run.cells.map(({ cell }) => cell).sort(), "one report has them all").to.deep.equal(
      here.map(({ cell }) => cell).sort(),
    );
  });

  const skipWhereLacking = (running: Mocha.Context, { cell }: MatrixCell) => {
    const lack = lacks.get(cell);
    if (lack === undefined) return;
    process.stderr.write(`${cell} not tested: it needs ${lack}\n`);
    running.skip();
  };

  function holds(cell: MatrixCell): void {
    it(`${cell.cell}: every claim holds, and each stage until it was ready is timed`, function () {
      skipWhereLacking(this, cell);
      const results = run.results.filter((one) => one.cell === cell.cell);
      const verdicts = results.map(({ scenario, verdict }) => `${scenario} ${verdict}`);
      const ipv6 = cell.cell.endsWith("/dual") ? "pass" : "skip";
      const claimed = [...SUITES.map((id) => `${id} pass`), ...IPV6_SUITES.map((id) => `${id} ${ipv6}`)];
      expect(verdicts.sort()).to.deep.equal(claimed.sort());
      const stages = run.cells.find((one) => one.cell === cell.cell)?.stages ?? [];
      expect(stages.map(({ stage }) => stage)).to.include.members(["cluster", "cni", "roles", "ready"]);
    });

    for (const { scenario, path, shown } of SEEN) {
      it(`${cell.cell}, ${scenario}: ${path} is ${shown(cell)}`, function () {
        skipWhereLacking(this, cell);
        const result = run.results.find((one) => one.cell === cell.cell && one.scenario === scenario);
        expect(result?.paths.find((one) => one.path === path)?.observed).to.equal(shown(cell));
      });
    }
  }

  for (const cell of MATRIX_CELLS) {
    if (cell.byDefault) holds(cell);
    else nightly(cellGroup(cell.cell), () => holds(cell));
  }
});
