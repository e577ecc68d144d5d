import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { laneUnavailable, obstacleOf, runsOnHostKernel } from "../../../../cli/own-tests/build.ts";
import { IPVS_CELL } from "../../../../cli/own-tests/nightly-groups.ts";
import { laneKernel } from "../../../../clusters/cells/kernels.ts";
import { recipeKeys } from "../../../../clusters/image/recipe.ts";
import { laneSteps } from "../../../../clusters/lane/steps.ts";
import { fakeContext, type FakeMachineFacts } from "../../clusters/setup/fake-context.ts";

const CLUSTERS = fileURLToPath(new URL("../../../../clusters", import.meta.url));
const NO_IP_VS = { "modprobe --dry-run --quiet ip_vs": { exitCode: 1 } };
const NO_IMAGE = { "docker image inspect": { exitCode: 1 } };
const KIND = { "/usr/bin/kind": { stdout: "kind v0.30.0 go1.24.6 linux/amd64\n" } };

describe("what keeps a nightly group out of a default run", () => {
  let cacheDir = "";
  beforeEach("make a cache", () => {
    cacheDir = mkdtempSync(join(tmpdir(), "faultline-own-build-"));
  });
  afterEach("remove it", () => rmSync(cacheDir, { recursive: true }));

  const obstacle = (cell: string | undefined, machine: FakeMachineFacts = {}) =>
    obstacleOf(cell, fakeContext({ cacheDir, commands: ["kind"], ...machine }));

  /** Puts results of the lane's steps into the cache, by the beginnings of their names. */
  async function built(...names: readonly string[]): Promise<void> {
    const kernel = laneKernel("um:newest");
    const steps = laneSteps({ kernel, imageTag: "any", kind: "any", lockDigest: "any", project: "any" });
    for (const [step, key] of await recipeKeys(steps, CLUSTERS))
      if (names.some((name) => step.startsWith(name)))
        mkdirSync(join(cacheDir, "lane", `${step}-${key}`), { recursive: true });
  }

  it("is nothing without a cell, or where the cell's image is there", async () => {
    expect(await obstacle(undefined, { answers: NO_IMAGE })).to.equal(null);
    expect(await obstacle("flannel/nftables")).to.equal(null);
  });

  it("is a node image that Docker does not have", async () => {
    expect(await obstacle("flannel/nftables", { answers: NO_IMAGE })).to.equal("its node image is not built");
    expect(await obstacle(IPVS_CELL, { answers: { ...NO_IP_VS, ...NO_IMAGE, ...KIND } })).to.equal(
      "its node image is not built",
    );
  });

  it("is the lane's kernel where it is not built, and not its two disks alone", async () => {
    const machine = { answers: { ...NO_IP_VS, ...KIND } };
    expect(await obstacle(IPVS_CELL, machine)).to.equal("its kernel is not built");
    await built("lane-root", "lane-build-root", "lane-source");
    expect(await obstacle(IPVS_CELL, machine)).to.equal("its kernel is not built");
    await built("lane-linux");
    expect(await obstacle(IPVS_CELL, machine)).to.equal(null);
  });

  it("is no kernel where this one has ip_vs, unless the cell names one", async () => {
    expect(await obstacle(IPVS_CELL, { answers: KIND })).to.equal(null);
    expect(await obstacle(`${IPVS_CELL}/1.34/ipv4/um:newest`, { answers: KIND })).to.equal("its kernel is not built");
  });

  it("is a machine that cannot run the lane", async () => {
    const reason = "user-mode Linux is for Linux on x86-64, not linux arm64";
    expect(await obstacle(IPVS_CELL, { arch: "arm64", answers: NO_IP_VS })).to.equal(reason);
    expect(laneUnavailable({ platform: "linux", arch: "x64" })).to.equal(null);
  });
});

describe("runsOnHostKernel", () => {
  it("holds for an ipvs cell where this kernel has ip_vs, and only on Linux", async () => {
    expect(await runsOnHostKernel(IPVS_CELL, fakeContext())).to.equal(true);
    expect(await runsOnHostKernel(IPVS_CELL, fakeContext({ answers: NO_IP_VS }))).to.equal(false);
    expect(await runsOnHostKernel(IPVS_CELL, fakeContext({ platform: "darwin" }))).to.equal(false);
  });
});
