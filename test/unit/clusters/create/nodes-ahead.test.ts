import { expect } from "chai";
import { nodesAhead } from "../../../../clusters/create/nodes-ahead.ts";
import type { Exec } from "../../../../lib/host/exec.ts";

describe("nodesAhead", () => {
  /** Docker with a node of each of these clusters running; leases, each with those that were taken before it. */
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
    return await nodesAhead({ name, leased, leases, each: 3, exec });
  }

  it("counts nodes, not clusters: those of three and of one as they are", async () => {
    expect(await ahead(["x", "x", "x", "y", "y", "y-peer"], {}, "z")).to.equal(6);
  });

  it("counts those in the making since before it, and none twice", async () => {
    expect(await ahead(["x", "x"], { z: ["x", "w"] }, "z")).to.equal(2 + 3);
  });

  it("does not count its own, but for a further cluster those of the one that it is joined to", async () => {
    expect(await ahead(["z"], { z: [] }, "z")).to.equal(0);
    expect(await ahead(["z", "z", "z", "z-peer"], { z: ["w"] }, "z-peer", "z")).to.equal(3 + 3);
  });
});
