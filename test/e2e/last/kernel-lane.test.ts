import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { cellDirs } from "../../../cli/store/run-dir.ts";
import { laneUnavailable } from "../../../cli/own-tests/build.ts";
import { IPVS_CELL } from "../../../cli/own-tests/nightly-groups.ts";
import { cellId } from "../../../lib/model/cell.ts";
import { readEventLog } from "../../../lib/events/event-log.ts";
import type { Run } from "../../../lib/verdict/result.ts";
import { waitFor } from "../../../lib/host/wait.ts";
import { parseCell } from "../../../clusters/cells/cells.ts";
import { laneDir } from "../../../clusters/lane/build.ts";
import { keptVms } from "../../../clusters/lane/kept.ts";
import { PROCESS, textOf, vmDirs } from "../../../clusters/lane/prune.ts";
import { hostContext } from "../../../clusters/setup/host-context.ts";
import { ownerState } from "../../../clusters/ownership/owner.ts";
import {
  faultline,
  launch,
  mustEnd,
  resultOf,
  runReported,
  RUNS,
  type Launched,
  type CommandOutcome,
} from "../command-line.ts";
import { nightly } from "../../nightly.ts";
import { begun } from "../traces.ts";
import { USUAL_SPEED } from "../../../lib/host/time-scale.ts";

/** Only IPVS serves a Service with ip_forward off. test/e2e/ipvs.test.ts has the other claims of an ipvs cell. */
const SUITE = "nodes/ip-forward";
const IPVS = parseCell(IPVS_CELL);
const KERNEL = "um:newest";
/** The kernel is named, since this machine's own may have ip_vs. */
const IN_LANE = ["--cell", IPVS_CELL, "--kernel", KERNEL, "--yes", "--progress", "plain"];

/** How many machines of this cell stand still: whoever runs these tests may have kept one before. */
function standing(): number {
  return keptVms(laneDir(hostContext({ timeScale: USUAL_SPEED }).cacheDir)).filter(({ cell }) => cell === cellId(IPVS))
    .length;
}

function skipUnlessAvailable(): void {
  before("look whether this machine can run the kernel lane", function () {
    const reason = laneUnavailable(hostContext({ timeScale: USUAL_SPEED }));
    if (reason === null) return;
    process.stderr.write(`kernel lane not tested: ${reason}\n`);
    this.skip();
  });
}

nightly("kernel-lane", () => {
  describe("a cell in the kernel lane, its machine kept", function () {
    this.timeout(3_600_000);
    let outcome: CommandOutcome;
    let run: Run;

    skipUnlessAvailable();

    before("run a suite with kube-proxy in ipvs mode", async function () {
      outcome = await faultline(["run", SUITE, ...IN_LANE, "--keep", "always"]);
      process.stdout.write(outcome.stdout);
      run = runReported(outcome);
    });

    it("comes out in this run, as claimed", function () {
      mustEnd(outcome);
      expect(run.cells[0]?.parts).to.deep.include({ proxyMode: "ipvs", kernel: KERNEL });
      expect(outcome.stderr).to.match(/in the VM: kernel \d+\./);
      expect(resultOf(run, SUITE).verdict).to.equal("pass");
      const viaService = resultOf(run, SUITE).paths.find(({ path }) => path === "same → server by ClusterIP");
      expect(viaService?.observed).to.equal("ok ×3");
    });

    it("leaves its machine standing still, as was asked, and the next run goes on in it", async function () {
      expect(outcome.stderr).to.match(/the VM of .* stands still until the next run/);
      expect(standing()).to.equal(1);
      const again = await faultline(["run", "services/bridge-nf-call-iptables", ...IN_LANE]);
      mustEnd(again);
      expect(again.stderr).to.match(/as an earlier run left it: first answer after \d+\.\d s/);
      const warm = runReported(again);
      expect(resultOf(warm, "services/bridge-nf-call-iptables").verdict).to.equal("pass");
      // No cluster was made.
      expect(warm.cells[0]?.stages.map(({ stage }) => stage)).to.not.include("cni");
    });

    it("gc ends it, and nothing of it is left", async function () {
      const { stdout } = await faultline(["gc"]);
      expect(stdout).to.match(/kept virtual machine of flannel@\S+\/ipvs\/\S+: ended/);
      expect(standing()).to.equal(0);
    });
  });
});

const readText = (path: string) => readFile(path, "utf8").catch(() => undefined);

/** All that a machine of the lane is on this one. */
function machines(): readonly string[] {
  return vmDirs(laneDir(hostContext({ timeScale: USUAL_SPEED }).cacheDir));
}

/** Ends kept machines, keeps one of the cell, then starts a run in it; resolves once a fault is in force there. */
async function faultInKept(): Promise<Launched> {
  mustEnd(await faultline(["run", "baseline/packet-flow", ...IN_LANE, "--keep", "always"]));
  expect(standing()).to.equal(1);
  const launched = launch(["run", "services/bridge-nf-call-iptables", ...IN_LANE]);
  const { runId } = await begun(launched.child);
  const isInForce = () => {
    const [cell = ""] = cellDirs(join(RUNS, runId));
    const log = join(cell, "events.ndjson");
    if (!existsSync(log) || !readEventLog(log).some(({ type }) => type === "injected")) throw new Error("not yet");
    return Promise.resolve();
  };
  await waitFor("a fault in the machine that was kept", isInForce, { budgetMs: 120_000, intervalMs: 50 });
  return launched;
}

nightly("kernel-lane", () => {
  describe("a run in a machine that was kept", function () {
    this.timeout(900_000);
    skipUnlessAvailable();
    // What somebody kept before would be taken for this test's own.
    beforeEach(async function () {
      mustEnd(await faultline(["gc"]));
    });

    it("Ctrl-C while a fault is in force: exit 130, and the machine is gone with its fault", async function () {
      const before = machines();
      const { child, outcome } = await faultInKept();
      child.kill("SIGINT");
      const { code, stderr } = await outcome;
      expect(code, stderr).to.equal(130);
      expect(machines()).to.deep.equal(before);
    });

    it("kill -9 while a fault is in force: gc ends the machine, and nothing of it is left", async function () {
      const before = machines();
      const { child, outcome } = await faultInKept();
      child.kill("SIGKILL");
      await outcome;
      expect(machines(), "it runs on").to.have.length(before.length + 1);
      expect(standing(), "and is nobody's to take").to.equal(0);
      const process = textOf(join(machines().find((dir) => !before.includes(dir)) ?? "", PROCESS));
      expect(await ownerState(readText, process)).to.equal("lives");
      mustEnd(await faultline(["gc"]));
      expect(machines()).to.deep.equal(before);
      expect(await ownerState(readText, process)).to.equal("gone");
    });
  });
});
