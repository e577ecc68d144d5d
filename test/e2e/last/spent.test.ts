import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { hostExec, mustExec } from "../../../lib/host/exec.ts";
import { injectFault } from "../../../lib/faults/run/inject.ts";
import { containerTarget, type Target } from "../../../lib/faults/run/target.ts";
import { healRun } from "../../../lib/journal/heal.ts";
import { openJournal } from "../../../lib/journal/journal.ts";
import type { Run } from "../../../lib/verdict/result.ts";
import { faultline, launch, mustEnd, resultOf, runReported, said, type CommandOutcome } from "../command-line.ts";
import { spendShared, type SharedCluster } from "../shared.ts";
import { FOREIGN_ROUTE } from "../foreign-route.ts";
import { USUAL_HOST } from "../../fixtures/usual-host.ts";

const SUITE = "nodes/ip-forward";

/** Each of these leaves the cluster unfit for others, so they come last. */
describe("a cluster that is damaged", function () {
  let cluster: SharedCluster;
  const dir = mkdtempSync(join(tmpdir(), "faultline-spent-"));

  before(async function () {
    cluster = await spendShared();
  });

  after(function () {
    rmSync(dir, { recursive: true });
  });

  describe("by somebody else, while a scenario is under way", function () {
    let outcome: CommandOutcome;
    let run: Run;

    before("change node A", async function () {
      const launched = launch(["run", SUITE, "--cluster", cluster.name, "--progress", "plain"]);
      await said(launched, new RegExp(`${SUITE}: before the probes the fault is in force`));
      await mustExec(hostExec, ["docker", "exec", cluster.containers.A, ...FOREIGN_ROUTE]);
      outcome = await launched.outcome;
      run = runReported(outcome);
    });

    it("exit 5, and the table names the node, the scenario and the difference", function () {
      mustEnd(outcome, 5);
      expect(outcome.stdout).to.match(new RegExp(`tainted {2}node A \\(${cluster.containers.A}\\)`));
      expect(outcome.stdout).to.match(new RegExp(`by ${SUITE}: route .*blackhole 198\\.51\\.100\\.0/24`));
      expect(resultOf(run, SUITE).verdict).to.equal("fail");
    });

    it("no run takes it again: refused with the reason and the next step, and listed as tainted", async function () {
      const again = await faultline(["run", "baseline/packet-flow", "--cluster", cluster.name, "--progress", "none"]);
      mustEnd(again, 3);
      expect(again.stderr).to.match(
        new RegExp(`cluster "${cluster.name}" is not used again: node A .* by ${SUITE} in run ${run.runId}`),
      );
      expect(again.stderr).to.match(/next: .*\.\/faultline gc/);
      const { stdout } = await faultline(["list", "clusters"]);
      expect(stdout).to.match(new RegExp(`^${cluster.name} .*tainted: node A`, "m"));
    });
  });

  describe("while a fault is in force on one of its nodes", function () {
    const target = (): Promise<Target> =>
      containerTarget({ node: "A", container: cluster.containers.A, cluster: cluster.name, host: USUAL_HOST });

    it("the node is restarted with the fault in force: closed as gone, its successor is sent nothing", async function () {
      using journal = openJournal(join(dir, "restarted.ndjson"));
      const nodeFault = { node: "A", fault: { kind: "sysctl", key: "net.ipv4.ip_forward", value: "0" } } as const;
      const injected = await injectFault({ target: await target(), nodeFault, journal });
      await mustExec(hostExec, ["docker", "restart", "--time", "1", cluster.containers.A]);
      const { ok, outcomes } = await healRun(journal.path, { host: USUAL_HOST });
      expect(ok).to.equal(true);
      expect(outcomes.map(({ outcome }) => outcome)).to.deep.equal(["gone"]);
      expect(outcomes[0]?.detail).to.match(/restarted/);
      expect(await injected.heal(), "the run's own heal").to.include({ ok: true, outcome: "gone" });
      const { stdout } = await mustExec(hostExec, ["docker", "exec", cluster.containers.A, "ls", "/run"]);
      expect(stdout.split("\n"), "nothing of ours on the node that came back").not.to.include("faultline");
    });

    it("the node is deleted with the fault in force: closed as gone", async function () {
      using journal = openJournal(join(dir, "deleted.ndjson"));
      const nodeFault = {
        node: "A",
        fault: { kind: "drop", hook: "input", protocol: "tcp", destinationPort: 81 },
      } as const;
      const injected = await injectFault({ target: await target(), nodeFault, journal });
      await mustExec(hostExec, ["docker", "rm", "--force", "--volumes", cluster.containers.A]);
      const { ok, outcomes } = await healRun(journal.path, { host: USUAL_HOST });
      expect(ok).to.equal(true);
      expect(outcomes[0]).to.include({ outcome: "gone" });
      expect(outcomes[0]?.detail).to.match(/deleted/);
      expect(await injected.heal(), "the run's own heal").to.include({ ok: true, outcome: "gone" });
    });
  });
});
