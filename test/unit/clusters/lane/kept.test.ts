import { expect } from "chai";
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { claimKept, endKept, keptVms, leave } from "../../../../clusters/lane/kept.ts";
import { resume, stateOfProcess, tree } from "../../../../clusters/lane/process-tree.ts";
import { endProcess, leftInLane } from "../../../../clusters/lane/prune.ts";
import { ownerOf, ownMark } from "../../../../clusters/ownership/owner.ts";
import { UndecidedError } from "../../../../lib/host/errors.ts";
import { waitFor } from "../../../../lib/host/wait.ts";

const readText = (path: string) => readFile(path, "utf8").catch(() => undefined);
const KILLED = "999999/1/00000000-0000-0000-0000-000000000000";
const RECORD = { key: "k", cluster: "faultline-x", cell: "flannel/ipvs" };

describe("a kept VM", () => {
  const lane = mkdtempSync(join(tmpdir(), "faultline-lane-"));
  const dir = join(lane, "vms", "run-1");
  let child: ChildProcess;

  /** As a VM in user mode is: one that waits for the kernel, the kernel, and what that started. */
  beforeEach(async () => {
    mkdirSync(dir, { recursive: true });
    child = spawn("bash", ["-c", "bash -c 'sleep 300 & sleep 300 & wait' & wait"], { detached: true, stdio: "ignore" });
    writeFileSync(join(dir, "process"), (await ownerOf(readText, child.pid ?? 0)) ?? "");
    writeFileSync(join(dir, "owner"), await ownMark(readText));
    await waitFor(
      "its processes",
      async () => {
        if ((await tree(dir)).length < 3) throw new Error("not all are there");
      },
      { budgetMs: 10_000, intervalMs: 20 },
    );
  });
  afterEach(() => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, "SIGKILL");
    rmSync(lane, { recursive: true, force: true });
  });
  const states = async () => await Promise.all((await tree(dir)).map(stateOfProcess));

  it("stands still, with all that it started, until somebody takes it", async () => {
    await leave(dir, RECORD);
    expect(await states()).to.deep.equal(["T", "T", "T"]);
    expect(keptVms(lane)).to.deep.equal([{ ...RECORD, dir }]);
    // It is its own: whoever looks for what killed runs have left leaves it alone.
    expect(readFileSync(join(dir, "owner"), "utf8")).to.equal(readFileSync(join(dir, "process"), "utf8"));
    expect(await leftInLane(lane)).to.deep.equal([]);
    await resume(dir);
    expect(await states()).to.not.include("T");
  });

  const claimed = async (key: string) => await claimKept(lane, key, RECORD.cell);

  it("is one run's at a time, which may leave it again", async () => {
    await leave(dir, RECORD);
    expect(await claimed("k")).to.deep.include({ dir, cluster: "faultline-x" });
    expect(readFileSync(join(dir, "owner"), "utf8")).to.equal(await ownMark(readText));
    expect(await claimed("k")).to.equal(undefined);
    expect(await endKept(dir)).to.equal(false);
    await leave(dir, RECORD);
    expect(await claimed("k")).to.deep.include({ dir });
  });

  it("whose run is killed is offered to nobody any more, and is ended by whoever comes next", async () => {
    await leave(dir, RECORD);
    await claimed("k");
    writeFileSync(join(dir, "owner"), KILLED);
    expect(await claimed("k")).to.equal(undefined);
    expect(await leftInLane(lane)).to.deep.equal([dir]);
  });

  it("of the same cell that was made of something else is ended", async () => {
    await leave(dir, RECORD);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    expect(await claimKept(lane, "k", "another/cell")).to.equal(undefined);
    expect(existsSync(dir)).to.equal(true);
    expect(await claimed("another")).to.equal(undefined);
    await ended;
    expect(existsSync(dir)).to.equal(false);
  });

  it("ends with its processes, standing still or not, and nothing of it is left", async () => {
    await leave(dir, RECORD);
    const all = await tree(dir);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    await endProcess(dir);
    await ended;
    expect(existsSync(dir)).to.equal(false);
    // What a pid namespace does for a VM's: they end with the first.
    for (const pid of all) process.kill(pid, "SIGKILL");
  });

  it("whose run was killed before it was kept is left, and is ended by whoever finds it", async () => {
    writeFileSync(join(dir, "owner"), KILLED);
    expect(await leftInLane(lane)).to.deep.equal([dir]);
  });

  it("that was being left as its run was killed is not offered, and is ended", async () => {
    await leave(dir, RECORD);
    rmSync(join(dir, "kept.json"));
    expect(await claimed("k")).to.equal(undefined);
    expect(await endKept(dir)).to.equal(false);
    expect(existsSync(join(dir, "user"))).to.equal(false);
    expect(await leftInLane(lane)).to.deep.equal([dir]);
  });

  it("that does not stand still is no kept one", async () => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    process.kill(-(child.pid ?? 0), "SIGKILL");
    await ended;
    const error: unknown = await leave(dir, RECORD).catch((one: unknown) => one);
    expect(error).to.be.instanceOf(UndecidedError);
    expect(keptVms(lane)).to.deep.equal([]);
  });

  it("whose processes have ended is not offered", async () => {
    await leave(dir, RECORD);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
    expect(await claimed("k")).to.equal(undefined);
    expect(await leftInLane(lane)).to.deep.equal([dir]);
  });
});
