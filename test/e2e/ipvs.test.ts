import { expect } from "chai";
import { IPVS_CELL } from "../../cli/own-tests/nightly-groups.ts";
import { parseCell } from "../../clusters/cells/cells.ts";
import { kernelLacks } from "../../clusters/lane/needs.ts";
import { hostContext } from "../../clusters/setup/host-context.ts";
import { USUAL_SPEED } from "../../lib/host/time-scale.ts";
import type { Run } from "../../lib/verdict/result.ts";
import { nightly } from "../nightly.ts";
import { faultline, mustEnd, resultOf, runReported, type CommandOutcome } from "./command-line.ts";

const BRIDGE_NF = "services/bridge-nf-call-iptables";
const KUBE_IPVS0 = "loadbalancer/lb-ip-on-kube-ipvs0";
const SUITES = ["baseline/packet-flow", BRIDGE_NF, KUBE_IPVS0];

nightly("ipvs", () => {
  describe("a cell with kube-proxy in ipvs mode", function () {
    this.timeout(1_200_000);
    let outcome: CommandOutcome;
    let run: Run;

    before("one run of three suites", async function () {
      outcome = await faultline(["run", ...SUITES, "--cell", IPVS_CELL, "--yes", "--progress", "plain"]);
      process.stdout.write(outcome.stdout);
      run = runReported(outcome);
    });

    /** The symptoms of a suite's paths, as the report has them, without how often: a slow machine needs more rounds. */
    const observed = (suite: string) =>
      Object.fromEntries(
        resultOf(run, suite).paths.map(({ path, observed }) => [path, observed.replace(/ ×\d+$/, "")]),
      );

    it("holds every claim", function () {
      mustEnd(outcome);
      for (const suite of SUITES) expect(resultOf(run, suite).verdict, suite).to.equal("pass");
    });

    it("loses a Service on its own node with bridge-nf-call-iptables off, and nothing else", function () {
      expect(observed(BRIDGE_NF)).to.include({
        "same → server by ClusterIP": "connect-timeout",
        "same → server by podIP": "ok",
        "other → server by ClusterIP": "ok",
      });
    });

    it("refuses a balancer's port that the Service lacks: kube-ipvs0 holds the address", function () {
      expect(observed(KUBE_IPVS0)).to.include({
        "same → balancer by port 443": "connection-refused",
        "hostB → balancer by port 443": "connection-refused",
        "same → balancer by port 80": "wrong-server",
        "outside → balancer by port 443": "ok",
      });
    });

    it("runs on this machine's kernel where that has ip_vs, else on one that has, with a line that says so", async function () {
      const lacks = await kernelLacks(parseCell(IPVS_CELL), hostContext({ timeScale: USUAL_SPEED }));
      const kernel = lacks === null ? undefined : "um:newest";
      expect(run.cells[0]?.parts.proxyMode).to.equal("ipvs");
      expect(run.cells[0]?.parts.kernel).to.equal(kernel);
      const moved = /needs ip_vs, which this machine lacks: it runs on um:newest in a virtual machine/;
      expect(moved.test(outcome.stderr), outcome.stderr).to.equal(lacks !== null);
      if (lacks !== null) expect(outcome.stderr).to.match(/in the VM: kernel \d+\./);
    });
  });
});
