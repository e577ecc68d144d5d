import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { cellDirs } from "../../../cli/store/run-dir.ts";
import { laneUnavailable } from "../../../cli/own-tests/build.ts";
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
  type Outcome,
} from "../command-line.ts";
import { nightly } from "../../nightly.ts";
import { begun } from "../traces.ts";
import { USUAL_SPEED } from "../../../lib/host/time-scale.ts";

/** ip_forward off shows what only IPVS does. */
const SUITES = ["baseline/packet-flow", "nodes/ip-forward", "loadbalancer/lb-ip-on-kube-ipvs0"];
const IPVS = parseCell("flannel/ipvs");
const KERNEL = "um:newest";

/** How many machines of this cell stand still: whoever runs these tests may have kept one before. */
function standing(): number {
  return keptVms(laneDir(hostContext({ timeScale: USUAL_SPEED }).cacheDir)).filter(({ cell }) => cell === cellId(IPVS))
    .length;
}

function skipUnlessTried(): void {
  before("look whether the kernel lane is tried here", async function () {
    const reason = await laneUnavailable(hostContext({ timeScale: USUAL_SPEED }));
    if (reason === null) return;
    process.stderr.write(`kernel lane not tested: ${reason}\n`);
    this.skip();
  });
}

nightly("the kernel lane, ipvs in a virtual machine: 15 min, its kernel built", () => {
  describe("a cell that needs another kernel", function () {
    this.timeout(3_600_000);
    let outcome: Outcome;
    let run: Run;

    skipUnlessTried();

    before("run suites with kube-proxy in ipvs mode", async function () {
      const keep = ["--keep", "always", "--yes", "--progress", "plain"];
      outcome = await faultline(["run", ...SUITES, "--cell", "flannel/ipvs", ...keep]);
      run = runReported(outcome);
    });

    it("is moved to that kernel by itself, with a line that says so", function () {
      expect(outcome.stderr).to.match(
        /needs ip_vs, which this machine lacks: it runs on um:newest in a virtual machine/,
      );
      expect(run.cells[0]?.parts).to.deep.include({ proxyMode: "ipvs", kernel: KERNEL });
      expect(outcome.stderr).to.match(/in the VM: kernel \d+\./);
    });

    it("comes out in this run, as claimed", function () {
      mustEnd(outcome);
      for (const suite of SUITES) expect(resultOf(run, suite).verdict, suite).to.equal("pass");
      const viaService = resultOf(run, "nodes/ip-forward").paths.find(
        ({ path }) => path === "same → server by ClusterIP",
      );
      expect(viaService?.observed).to.equal("ok ×3");
    });

    it("leaves its machine standing still, as was asked, and the next run goes on in it", async function () {
      expect(outcome.stderr).to.match(/the VM of .* stands still until the next run/);
      expect(standing()).to.equal(1);
      const next = ["services/bridge-nf-call-iptables", "--cell", "flannel/ipvs", "--yes", "--progress", "plain"];
      const again = await faultline(["run", ...next]);
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
  mustEnd(await faultline(["run", "baseline/packet-flow", "--cell", "flannel/ipvs", "--keep", "always", "--yes"]));
  expect(standing()).to.equal(1);
  const launched = launch(["run", "services/bridge-nf-call-iptables", "--cell", "flannel/ipvs", "--yes"]);
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

nightly("the kernel lane, ipvs in a virtual machine: 15 min, its kernel built", () => {
  describe("a run in a machine that was kept", function () {
    this.timeout(900_000);
    skipUnlessTried();
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
