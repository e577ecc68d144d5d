import { expect } from "chai";
import { hostExec, mustExec } from "../../lib/host/exec.ts";
import type { Run } from "../../lib/verdict/result.ts";
import { clusterOf, deleteLeftBy, type TestCluster } from "./cluster.ts";
import { faultline, mustEnd, resultOf, runReported, type CommandOutcome } from "./command-line.ts";
import { nightly } from "../nightly.ts";

const SUITE = "three-nodes/one-node-cut-off";

nightly("three-nodes", () => {
  describe("a cluster of three nodes, since a suite names one on the third", function () {
    let outcome: CommandOutcome | undefined;
    let run: Run;
    let cluster: TestCluster;

    before("one run of the folder, its cluster kept", async function () {
      outcome = await faultline(["run", "three-nodes", "--yes", "--keep", "always", "--progress", "plain"]);
      process.stdout.write(outcome.stdout);
      mustEnd(outcome);
      run = runReported(outcome);
      cluster = clusterOf(run);
    });

    after("delete the cluster", async function () {
      await deleteLeftBy(outcome);
    });

    it("is cut off at A, and nowhere else", function () {
      const shown = resultOf(run, SUITE).paths.map(({ path, observed }) => `${path}: ${observed}`);
      expect(shown).to.include.members([
        "third → server by podIP: connect-timeout ×3",
        "same → third by podIP: connect-timeout ×3",
        "other → third by podIP: ok ×3",
        "third → dnsB by podIP: ok ×3",
      ]);
    });

    it("has a second worker, and no DNS replica on it", async function () {
      const format = ["--format", "{{.Names}}", "--filter", `name=^${cluster.name}-`];
      const { stdout } = await mustExec(hostExec, ["docker", "ps", ...format]);
      const names = ["control-plane", "outside", "worker", "worker2"].map((name) => `${cluster.name}-${name}`);
      expect(stdout.trim().split("\n").sort()).to.deep.equal(names);
      const get = [
        "get",
        "pods",
        "-n",
        "kube-system",
        "-l",
        "k8s-app=kube-dns",
        "-o",
        "jsonpath={.items[*].spec.nodeName}",
      ];
      const nodes = await cluster.onNode("B", ["kubectl", "--kubeconfig", "/etc/kubernetes/admin.conf", ...get]);
      expect(nodes.split(" ").sort()).to.deep.equal([cluster.containers.A, cluster.containers.B].sort());
    });

    it("catches every mutant: that of the wrong node, too, which two nodes cannot tell", async function () {
      const checked = await faultline(["selfcheck", SUITE, "--cluster", cluster.name, "--progress", "none"]);
      mustEnd(checked);
      expect(checked.stdout).to.match(/3 of 3 mutants/);
    });
  });
});
