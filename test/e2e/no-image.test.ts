import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { hostExec, mustExec } from "../../lib/host/exec.ts";
import type { Run } from "../../lib/verdict/result.ts";
import { deleteLeftBy } from "./cluster.ts";
import { mustEnd, type CommandOutcome } from "./command-line.ts";
import { nightly } from "../nightly.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PLUGIN = "clusters/cni/flannel/go/plugin";

/** This checkout again, with a version of flannel's CNI plugin that nobody has published. */
async function checkoutWithoutPlugin(): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), "faultline-no-image-"));
  const parts = ["cli", "clusters", "lib", "reports", "suites", "faultline", "package.json", "package-lock.json"];
  await mustExec(hostExec, ["cp", "-a", ...parts.map((part) => join(ROOT, part)), dir]);
  symlinkSync(join(ROOT, "node_modules"), join(dir, "node_modules"));
  for (const file of ["go.mod", "go.sum"]) {
    const path = join(dir, PLUGIN, file);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replaceAll(/(containernetworking\/plugins) v\d+\.\d+\.\d+/g, "$1 v0.0.99"));
  }
  return dir;
}

nightly("no-image", () => {
  describe("a node image that cannot be had", function () {
    let dir = "";
    let run: Run;
    let made: CommandOutcome;

    before("two cells, the first one's image cannot be built", async function () {
      dir = await checkoutWithoutPlugin();
      const argv = [
        "run",
        "baseline/packet-flow",
        "--cell",
        "flannel",
        "--cell",
        "ptp",
        "--yes",
        "--progress",
        "plain",
      ];
      const { status, pid, stdout, stderr } = spawnSync(join(dir, "faultline"), argv, { cwd: dir, encoding: "utf8" });
      made = { code: status, pid, stdout, stderr };
      run = JSON.parse(readFileSync(join(dir, "runs/latest/report.json"), "utf8")) as Run;
    });

    after(async function () {
      await deleteLeftBy(made, join(dir, "runs"));
      if (dir !== "") rmSync(dir, { recursive: true, force: true });
    });

    it("exit 4, with the step, its last lines and the next step", function () {
      mustEnd(made, 4);
      const failure = run.cells.find(({ parts }) => parts.cni.startsWith("flannel"))?.failure;
      expect(failure?.stage).to.equal("node-image");
      expect(failure?.message).to.match(/step flannel-cni failed.*go build/);
      expect(failure?.message.split("\n").slice(1).join(" ")).to.match(/containernetworking\/plugins.*v0\.0\.99/);
    });

    it("the other cell is run all the same", function () {
      const other = run.cells.find(({ parts }) => parts.cni === "ptp");
      expect(other?.failure).to.equal(null);
      expect(run.results.map(({ cell, verdict }) => `${cell} ${verdict}`)).to.deep.equal([`${other?.cell} pass`]);
    });
  });
});
