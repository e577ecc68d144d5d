import { expect } from "chai";
import { hostExec, mustExec } from "../../lib/host/exec.ts";
import type { Run } from "../../lib/verdict/result.ts";
import { faultline, latestReport, mustEnd, resultOf, type CommandOutcome } from "./command-line.ts";
import { clusterOf, deleteLeftBy, type TestCluster } from "./cluster.ts";
import { nightly } from "../nightly.ts";

const SUITES = ["multicluster/cidr-overlap", "multicluster/joined"];

nightly("two-clusters", () => {
  describe("two clusters joined by routes", function () {
    let outcome: CommandOutcome | undefined;
    let run: Run;
    let cluster: TestCluster;

    before("one run of both suites, its clusters kept", async function () {
      outcome = await faultline(["run", "multicluster", "--yes", "--keep", "always", "--progress", "plain"]);
      process.stdout.write(outcome.stdout);
      mustEnd(outcome);
      run = latestReport();
      cluster = clusterOf(run);
    });

    after("delete what is left", async function () {
      await deleteLeftBy(outcome);
    });

    const nodes = async () => {
      const argv = ["docker", "ps", "--all", "--format", "{{.Names}}", "--filter", `name=^${cluster.name}-`];
      return (await mustExec(hostExec, argv)).stdout.trim().split("\n").sort();
    };

    it("holds, whether the pod CIDRs are distinct or the same", function () {
      expect(run.results.map(({ scenario, verdict }) => `${scenario} ${verdict}`).sort()).to.deep.equal(
        SUITES.map((id) => `${id} pass`),
      );
    });

    it("meets a pod of its own in the twin's place", function () {
      const path = resultOf(run, "multicluster/cidr-overlap").paths.find((one) => one.path === "same → twin by podIP");
      expect(path?.observed).to.match(/^wrong-server/);
    });

    it("made one node for each further cluster, on the first one's network", async function () {
      const own = ["control-plane", "outside", "peer-control-plane", "twin-control-plane", "worker"];
      expect(await nodes()).to.deep.equal(own.map((name) => `${cluster.name}-${name}`));
      const format = "{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}";
      const containers = ["peer", "twin"].map((peer) => `${cluster.name}-${peer}-control-plane`);
      const { stdout } = await mustExec(hostExec, ["docker", "inspect", "--format", format, ...containers]);
      expect(stdout.trim().split(/\s+/)).to.deep.equal([cluster.name, cluster.name]);
    });

    it("uses them again with the kept cluster", async function () {
      const again = await faultline(["run", "multicluster/joined", "--cluster", cluster.name, "--progress", "plain"]);
      mustEnd(again);
      expect(await nodes()).to.have.length(5);
    });

    it("is deleted with its further clusters", async function () {
      const { code, stderr } = await faultline(["gc", cluster.name]);
      expect(code, stderr).to.equal(0);
      expect(await nodes()).to.deep.equal([""]);
    });
  });
});
