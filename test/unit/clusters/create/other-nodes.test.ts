import { expect } from "chai";
import { countOtherNodes } from "../../../../clusters/create/other-nodes.ts";
import type { Exec } from "../../../../lib/host/exec.ts";

describe("countOtherNodes", () => {
  /** A fake Docker with one running node per entry, and the leases taken before each cluster. */
  async function ahead(
    running: readonly string[],
    taken: Record<string, readonly string[]>,
    name: string,
    leased = name,
  ) {
    const stdout = running.map((cluster) => `${cluster}\n`).join("");
    const exec: Exec = (argv) =>
      Promise.resolve({ argv, exitCode: 0, timedOut: false, stdout, stderr: "", durationMs: 1 });
    const leases = { ahead: (cluster: string) => Promise.resolve(taken[cluster] ?? []) };
    return await countOtherNodes({ name, leased, leases, assumedSize: 3, exec });
  }

  it("counts nodes, not clusters, of clusters of any size", async () => {
    expect(await ahead(["x", "x", "x", "y", "y", "y-peer"], {}, "z")).to.equal(6);
  });

  it("counts clusters that were taken before it, each once", async () => {
    expect(await ahead(["x", "x"], { z: ["x", "w"] }, "z")).to.equal(2 + 3);
  });

  it("excludes its own nodes, but for a peer includes those of the cluster it joins", async () => {
    expect(await ahead(["z"], { z: [] }, "z")).to.equal(0);
    expect(await ahead(["z", "z", "z", "z-peer"], { z: ["w"] }, "z-peer", "z")).to.equal(3 + 3);
  });
});
