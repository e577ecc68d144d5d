import { expect } from "chai";
import { deleteCluster } from "../../clusters/create/delete.ts";
import { hostExec, mustExec } from "../../lib/host/exec.ts";
import type { Run } from "../../lib/verdict/result.ts";
import { faultline, launch, mustEnd, resultOf, runReported, said, type CommandOutcome } from "./command-line.ts";
import { FOREIGN_ROUTE } from "./foreign-route.ts";
import { nightly } from "../nightly.ts";

const FIRST = "nodes/ip-forward";
const SECOND = "services/no-endpoints";

nightly("tainted-replaced", () => {
  describe("a node that does not come back", function () {
    let name = "";
    let replacement = "";
    let outcome: CommandOutcome;
    let run: Run;

    before("somebody else changes node A while the first of two scenarios is under way", async function () {
      const launched = launch(["run", FIRST, SECOND, "--yes", "--keep", "always", "--progress", "plain"]);
      const inForce = said(launched, new RegExp(`${FIRST}: before the probes the fault is in force`));
      // As soon as it is known, so that the cluster is deleted whatever comes of it.
      name = (await Promise.race([said(launched, / cluster: (faultline-\w+)/), inForce]))[1] ?? "";
      await inForce;
      await mustExec(hostExec, ["docker", "exec", `${name}-worker`, ...FOREIGN_ROUTE]);
      outcome = await launched.outcome;
      run = runReported(outcome);
      replacement = resultOf(run, SECOND).cluster ?? "";
    });

    after("delete the clusters", async function () {
      for (const cluster of new Set([name, replacement]))
        if (cluster !== "") await deleteCluster(cluster, { exec: hostExec });
    });

    it("exit 5, and the table names the node, the scenario and what is different", function () {
      mustEnd(outcome, 5);
      expect(outcome.stdout).to.match(new RegExp(`tainted {2}node A \\(${name}-worker\\)`));
      expect(outcome.stdout).to.match(new RegExp(`by ${FIRST}: route .*blackhole 198\\.51\\.100\\.0/24`));
      expect(outcome.stdout).to.match(/1 node tainted/);
    });

    it("the report says the same, and that the scenario's own fault was undone and its claim held", function () {
      const [taint, ...others] = run.cells.flatMap((cell) => cell.tainted);
      expect(others).to.deep.equal([]);
      expect(taint).to.include({ node: "A", container: `${name}-worker`, scenario: FIRST });
      expect(taint?.why).to.match(/^route [^;]*blackhole 198\.51\.100\.0\/24[^;]*$/);
      const { verdict, reason, paths } = resultOf(run, FIRST);
      expect(`${verdict}: ${reason}`).to.match(/^fail: node state differs from the baseline: A: route/);
      expect(paths.map((path) => path.verdict).filter((one) => one !== "pass")).to.deep.equal([]);
    });

    it("what was to come is run on another cluster, and the report says on which and why", function () {
      const { verdict, reason } = resultOf(run, SECOND);
      expect(verdict, reason).to.equal("pass");
      expect(resultOf(run, FIRST).cluster).to.equal(name);
      const [first, second, ...more] = run.cells.flatMap((cell) => cell.clusters);
      expect(more).to.deep.equal([]);
      expect(first?.name).to.equal(name);
      expect(first?.replacedBecause).to.match(new RegExp(`^node A tainted by ${FIRST}: route .*blackhole`));
      expect(second).to.deep.equal({ name: replacement, replacedBecause: null });
      expect(replacement)
        .to.match(/^faultline-/)
        .and.not.to.equal(name);
    });

    it("the other cluster is as good as new", async function () {
      const again = await faultline(["run", "baseline/packet-flow", "--cluster", replacement, "--progress", "none"]);
      mustEnd(again);
    });

    it("the kept cluster is refused with the reason and the next step, and listed as tainted", async function () {
      const again = await faultline(["run", "baseline/packet-flow", "--cluster", name, "--progress", "none"]);
      mustEnd(again, 3);
      expect(again.stderr).to.match(
        new RegExp(`cluster "${name}" is not used again: node A .* by ${FIRST} in run ${run.runId}`),
      );
      expect(again.stderr).to.match(/next: .*\.\/faultline gc/);
      const { stdout } = await faultline(["list", "clusters"]);
      expect(stdout).to.match(new RegExp(`^${name} .*tainted: node A`, "m"));
    });
  });
});
