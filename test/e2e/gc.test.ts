import { expect } from "chai";
import { readFileSync } from "node:fs";
import { closingRule } from "../../clusters/ownership/closing-rule.ts";
import { hostExec, mustExec } from "../../lib/host/exec.ts";
import { waitFor } from "../../lib/host/wait.ts";
import { nightly } from "../nightly.ts";
import { faultline } from "./command-line.ts";
import { MOMENTS, NODES_ORDERED, runAt, type CreationMoment } from "./moments.ts";
import { danglingVolumes, tracesOf } from "./traces.ts";

describe("gc after a kill -9 while the cluster is created", function () {
  let volumesBefore: readonly string[];

  before(async function () {
    volumesBefore = await danglingVolumes();
  });

  /** What a kill leaves: the lease, the rule, the network, half-made nodes, and a kind that goes on making them. */
  const nothingIsLeft = (moment: CreationMoment) =>
    it(`${moment.when}: nothing is left, and nothing comes after`, async function () {
      const { child, outcome, cluster } = await runAt(moment);
      child.kill("SIGKILL");
      await outcome;
      expect(await tracesOf(cluster), "what the kill left").to.match(moment.leaves);
      const dry = await faultline(["gc", cluster, "--dry-run"]);
      expect(dry.stdout).to.match(new RegExp(`^${cluster}: .*: would be deleted$`, "m"));
      const { code, stdout, stderr } = await faultline(["gc", cluster]);
      expect(code, stderr).to.equal(0);
      expect(stdout).to.match(new RegExp(`^${cluster}: .*: deleting$`, "m"));
      expect(await tracesOf(cluster)).to.equal("");
    });

  nothingIsLeft(NODES_ORDERED);
  nightly("killed-stages", () => {
    for (const moment of MOMENTS.filter((one) => one !== NODES_ORDERED)) nothingIsLeft(moment);
  });

  it("no volume is left either, and nothing has come back", async function () {
    const after = await danglingVolumes();
    expect(after.filter((name) => !volumesBefore.includes(name))).to.deep.equal([]);
  });

  it("a closing rule whose network was never made goes, whoever made it", async function () {
    const cluster = "faultline-000000none0";
    const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    // No process has the number 0.
    const rule = closingRule({ cluster, owner: `0/0/${bootId}` });
    await mustExec(hostExec, ["iptables", "-w", "10", "-I", "DOCKER-USER", "1", ...rule]);
    const { code, stdout } = await faultline(["gc", cluster]);
    expect(stdout).to.equal(`${cluster}: closing rule: deleting\n`);
    expect(code).to.equal(0);
    expect(await tracesOf(cluster)).to.equal("");
  });

  nightly("killed-elsewhere", () => {
    it("from another pid namespace no owner can be seen, and nothing is deleted", async function () {
      const elsewhere = ["unshare", "--pid", "--fork", "--mount-proc", "./faultline", "gc"];
      const { child, outcome, cluster } = await runAt(NODES_ORDERED);
      child.kill("SIGKILL");
      await outcome;
      const { stdout } = await mustExec(hostExec, [...elsewhere, cluster]);
      expect(stdout).to.match(new RegExp(`^${cluster}: .*: its owner is in another container .* left alone`, "m"));
      expect(await tracesOf(cluster)).to.match(/network/);
      await mustExec(hostExec, [...elsewhere, cluster, "--all"]);
      // gc takes the cluster for dead; kind, which cannot see it either, may need moments to notice that its nodes are
      // gone.
      await waitFor(
        "nothing to be left",
        async () => {
          const traces = await tracesOf(cluster);
          if (traces !== "") throw new Error(traces);
        },
        { budgetMs: 30_000, intervalMs: 200 },
      );
    });
  });

  it("a run that is going on is left alone, and says so", async function () {
    const { child, outcome, cluster } = await runAt(NODES_ORDERED);
    const { code, stdout } = await faultline(["gc", cluster, "--all"]);
    expect(stdout).to.match(new RegExp(`^${cluster}: .*: in use, left alone$`, "m"));
    expect(code).to.equal(0);
    expect(await tracesOf(cluster)).to.match(/container/);
    child.kill("SIGINT");
    expect((await outcome).code).to.equal(130);
    expect(await tracesOf(cluster), "what an interrupted run has left").to.equal("");
  });
});
