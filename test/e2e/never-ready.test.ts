import { existsSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { cellDirs } from "../../cli/store/run-dir.ts";
import type { Event } from "../../lib/events/event.ts";
import { readEventLog } from "../../lib/events/event-log.ts";
import { hostExec, mustExec } from "../../lib/host/exec.ts";
import { waitFor } from "../../lib/host/wait.ts";
import { latestReport, launch, RUNS } from "./command-line.ts";
import { nightly } from "../nightly.ts";

/** The newest run's only cell, once it is another than `before`. */
function eventsAfter(before: string): readonly Event[] {
  const latest = readlinkSync(join(RUNS, "latest"));
  if (latest === before) throw new Error("the run has not begun");
  return readEventLog(join(cellDirs(join(RUNS, latest))[0] ?? "", "events.ndjson"));
}

nightly("never-ready", () => {
  describe("a cluster that never gets ready", function () {
    it("exit 2 with the cause and the next step, and the cluster is gone", async function () {
      const before = existsSync(join(RUNS, "latest")) ? readlinkSync(join(RUNS, "latest")) : "";
      const { outcome } = launch([
        "run",
        "baseline/packet-flow",
        "--yes",
        "--ready-timeout",
        "15",
        "--progress",
        "plain",
      ]);
      const name = await waitFor(
        "the nodes to be created",
        () => {
          const created = eventsAfter(before).find((event) => event.type === "stage-done" && event.stage === "cluster");
          if (created?.type !== "stage-done") return Promise.reject(new Error("not created yet"));
          return Promise.resolve(created.detail);
        },
        { budgetMs: 180_000, intervalMs: 50 },
      );
      await mustExec(hostExec, ["docker", "exec", `${name}-worker`, "systemctl", "stop", "kubelet"]);
      const { code, stdout, stderr } = await outcome;
      expect(code, stderr).to.equal(2);
      expect(stdout).to.match(/failed at stage cni/);
      expect(stdout + stderr).to.match(/timed out after 15 s waiting for (CNI flannel|nodes to be Ready)/);
      expect(stdout + stderr).not.to.match(/^\s+at .+:\d+:\d+/m);
      expect(latestReport().cells[0]?.failure?.stage).to.equal("cni");
      const left = await hostExec(["docker", "ps", "--all", "--quiet", "--filter", `name=${name}`]);
      expect(left.stdout).to.equal("");
      const rules = await hostExec(["iptables", "-S", "DOCKER-USER"]);
      expect(rules.stdout).not.to.contain(name);
    });
  });
});
