import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cellDirs } from "../../cli/store/run-dir.ts";
import type { ClusterRecord } from "../../lib/model/cluster.ts";
import { hostExec, mustExec } from "../../lib/host/exec.ts";
import { waitFor } from "../../lib/host/wait.ts";
import { launch, mustEnd, runReported, RUNS, type CommandOutcome } from "./command-line.ts";
import { begun, tracesOf, type BegunRun } from "./traces.ts";
import { nightly } from "../nightly.ts";

const WITH_FAULTS = "services/bridge-nf-call-iptables";
const WITHOUT = "baseline/packet-flow";

/** A cluster while it was there, and what it left in its run's directory. */
interface Seen {
  readonly run: BegunRun;
  readonly subnet: string;
  readonly outcome: CommandOutcome;
  readonly record: ClusterRecord;
  readonly server: string;
}

async function subnetOf(cluster: string): Promise<string> {
  const argv = ["docker", "network", "inspect", "--format", "{{range .IPAM.Config}}{{.Subnet}}{{end}}", cluster];
  const asked = () => mustExec(hostExec, argv);
  return (await waitFor(`network ${cluster}`, asked, { budgetMs: 60_000, intervalMs: 100 })).stdout.trim();
}

async function seenThrough(suite: string): Promise<Seen> {
  const { child, outcome } = launch(["run", suite, "--yes", "--progress", "none"]);
  const run = await begun(child);
  const subnet = await subnetOf(run.cluster);
  const ended = await outcome;
  const [cell = ""] = cellDirs(join(RUNS, run.runId));
  const record = JSON.parse(readFileSync(join(cell, "cluster.json"), "utf8")) as ClusterRecord;
  const server = /server: (\S+)/.exec(readFileSync(record.kubeconfig, "utf8"))?.[1] ?? "";
  return { run, subnet, outcome: ended, record, server };
}

nightly("two-runs", () => {
  describe("two runs side by side", function () {
    let both: readonly Seen[];

    before("one with faults and one without, started at the same moment", async function () {
      both = await Promise.all([seenThrough(WITH_FAULTS), seenThrough(WITHOUT)]);
    });

    it("both end as claimed: the one's faults did not reach the other", function () {
      for (const { outcome } of both) {
        mustEnd(outcome);
        const { summary } = runReported(outcome);
        expect({ ...summary, pass: Math.min(summary.pass, 1) }).to.deep.equal({
          pass: 1,
          fail: 0,
          unknown: 0,
          skip: 0,
        });
      }
    });

    const own: readonly (readonly [string, (seen: Seen) => string])[] = [
      ["run", ({ run }) => run.runId],
      ["name", ({ record }) => record.name],
      ["subnet", ({ subnet }) => subnet],
      ["kubeconfig", ({ record }) => record.kubeconfig],
      ["API server's port", ({ server }) => server],
      ["nodes", ({ record }) => Object.values(record.nodeIps).sort().join(" ")],
    ];
    for (const [what, of] of own) {
      it(`each has its own ${what}`, function () {
        const [one, other] = both.map(of);
        expect(one).to.match(/\S/);
        expect(one).not.to.equal(other);
      });
    }

    it("none of them has left anything", async function () {
      for (const { run } of both) expect(await tracesOf(run.cluster)).to.equal("");
    });
  });
});
