import { expect } from "chai";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Exec } from "../../lib/host/exec.ts";
import { ARM, UNDO_ALL } from "../../lib/faults/run/dead-man.ts";
import type { Fault } from "../../lib/faults/registry.ts";
import { injectFault } from "../../lib/faults/run/inject.ts";
import type { Target } from "../../lib/faults/run/target.ts";
import { healRun } from "../../lib/journal/heal.ts";
import { openJournal } from "../../lib/journal/journal.ts";
import { readJournal } from "../../lib/journal/read.ts";
import { waitFor } from "../../lib/host/wait.ts";
import { differences, makeLane, notRestored, TEN, type SweepLane } from "../fixtures/faults/crash-sweep.ts";
import { leftOn, processesIn, stateDir } from "../fixtures/faults/node-state.ts";
import { rejection } from "../fixtures/faults/rejection.ts";
import { cuttable, withBrokenNft } from "../fixtures/faults/targets.ts";
import { IS_ALL } from "../nightly.ts";
import { sampled, sampleTitle } from "../sample.ts";
import { USUAL_HOST } from "../fixtures/usual-host.ts";

const VICTIM = fileURLToPath(new URL("../fixtures/faults/late-apply.ts", import.meta.url));
const FAULT: Fault = { kind: "sysctl", key: "net.ipv4.ip_forward", value: "0" };
const DROP: Fault = { kind: "drop", hook: "prerouting", protocol: "udp", destinationPort: 8472 };
/** What arm.sh says when the fault was undone before. */
const TOO_LATE = "95";
const SOON = { budgetMs: 60_000, intervalMs: 5 };

/**
 * A victim that was killed while its apply was under way; `goOn` lets the node begin it, `applied` is its exit code.
 */
interface Killed {
  readonly journal: string;
  readonly goOn: () => void;
  readonly applied: () => Promise<string>;
}

async function killedMeanwhile(lane: SweepLane): Promise<Killed> {
  const journal = lane.newJournal();
  const file = `${journal}.applied`;
  const argv = [VICTIM, lane.node.name, journal, JSON.stringify(FAULT), file];
  const child = spawn(process.execPath, argv, { stdio: ["ignore", "ignore", "inherit"] });
  const exited = once(child, "exit");
  await until("its apply to be on the way", () => existsSync(`${file}.begun`));
  child.kill("SIGKILL");
  await exited;
  const applied = async () => {
    await until("its apply to end", () => existsSync(file));
    return readFileSync(file, "utf8").trim();
  };
  return { journal, goOn: () => writeFileSync(`${file}.go`, ""), applied };
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  await waitFor(what, () => (isSo() ? Promise.resolve() : Promise.reject(new Error("not yet"))), SOON);
}

/**
 * Returns how many processes wait for the node's lock, from the kernel's `2: -> FLOCK ADVISORY WRITE 4711 00:1a:1234 0
 * EOF`.
 */
function waitingForLock(lane: SweepLane): number {
  const { ino } = statSync(`${stateDir(lane.inode)}/lock`);
  const lines = readFileSync("/proc/locks", "utf8").split("\n");
  return lines.filter((line) => line.includes("-> FLOCK") && line.includes(`:${ino} `)).length;
}

describe("an apply that its harness does not live to see", function () {
  this.timeout(180_000);
  let lane: SweepLane;

  before(async () => {
    lane = await makeLane();
  });

  after(async () => {
    await lane[Symbol.asyncDispose]();
  });

  const isInForce = async () => (await lane.node.exec(["sysctl", "-n", "net.ipv4.ip_forward"])).stdout === "0\n";
  const nothingLeft = async () => {
    expect(await differences(lane)).to.deep.equal([]);
    expect(leftOn(lane.inode).armed).to.deep.equal([]);
  };

  it("does not land after its undo", async () => {
    const { journal, goOn, applied } = await killedMeanwhile(lane);
    expect(readJournal(journal).entries.map(({ state }) => state)).to.deep.equal(["intent"]);
    const { ok, outcomes } = await healRun(journal, { host: USUAL_HOST });
    expect(ok).to.equal(true);
    expect(outcomes[0]).to.include({ outcome: "nothing-to-undo" });
    goOn();
    expect(await applied()).to.equal(TOO_LATE);
    await nothingLeft();
  });

  it("would land but for the mark that its undo leaves; its dead-man would undo it even then", async () => {
    const { journal, goOn, applied } = await killedMeanwhile(lane);
    expect(await healRun(journal, { host: USUAL_HOST })).to.include({ ok: true });
    rmSync(`${stateDir(lane.inode)}/undone`, { recursive: true });
    goOn();
    expect(await applied()).to.equal("0");
    expect(await isInForce()).to.equal(true);
    await until("its dead-man to undo it", () => leftOn(lane.inode).armed.length === 0);
    await nothingLeft();
  });

  it("is undone when it lands before its undo", async () => {
    const { journal, goOn, applied } = await killedMeanwhile(lane);
    goOn();
    expect(await applied()).to.equal("0");
    expect(await isInForce()).to.equal(true);
    expect(await notRestored(lane, journal)).to.deep.equal([]);
  });

  it("ends at the baseline when both wait for the node, whichever came first", async () => {
    for (let times = 0; times < (IS_ALL ? 8 : 2); times += 1) {
      const { journal, goOn, applied } = await killedMeanwhile(lane);
      // The last one's dead-man would wait too.
      await until("no dead-man to be there", () => leftOn(lane.inode).deadMen.length === 0);
      // It holds the lock itself, so that the lock ends with it, and says when it has it.
      const holder = spawn("flock", [
        "--no-fork",
        `${stateDir(lane.inode)}/lock`,
        "sh",
        "-c",
        "echo held; exec sleep 60",
      ]);
      await once(holder.stdout, "data");
      const first = times % 2 === 0 ? goOn : () => undefined;
      first();
      if (times % 2 === 0) await until("the apply to wait", () => waitingForLock(lane) === 1);
      const healed = healRun(journal, { host: USUAL_HOST });
      await until("the undo to wait", () => waitingForLock(lane) === (times % 2 === 0 ? 2 : 1));
      if (times % 2 === 1) goOn();
      await until("both to wait", () => waitingForLock(lane) === 2);
      holder.kill("SIGKILL");
      expect(await healed).to.include({ ok: true });
      expect(await applied()).to.be.oneOf(["0", TOO_LATE]);
      await nothingLeft();
    }
  });
});

/** The target, with the shell of one kind of command killed on the node after some seconds; its children live on. */
function killedOnNode(target: Target, script: string, seconds: string): Target {
  const exec: Exec = (argv, options) =>
    argv.includes(script)
      ? target.exec(["timeout", "--signal=KILL", seconds, ...argv], options)
      : target.exec(argv, options);
  return { ...target, exec };
}

const NOTING = 'echo $$ >"$1"; shift; exec "$@"';

/** The target, but one sort of command leaves its process id in a file. */
function noting(target: Target, script: string, file: string): Target {
  const exec: Exec = (argv, options) =>
    target.exec(argv.includes(script) ? ["sh", "-c", NOTING, "noting", file, ...argv] : argv, options);
  return { ...target, exec };
}

describe("a command that is killed on the node itself", function () {
  this.timeout(300_000);
  let lane: SweepLane;

  before(async () => {
    lane = await makeLane();
  });

  after(async () => {
    await lane[Symbol.asyncDispose]();
  });

  it("keeps the node from its undo until the step that it has left behind is over", async () => {
    const path = lane.newJournal();
    using journal = openJournal(path);
    const [slow, pid] = [`${path}.nft`, `${path}.pid`];
    writeFileSync(`${slow}.slow`, "");
    const nodeFault = { node: "A", fault: DROP } as const;
    const connection = cuttable(noting(withBrokenNft(await lane.node.target(), slow), ARM, pid));
    const refused = rejection(injectFault({ target: connection.target, nodeFault, journal }));
    await until("nft to have begun", () => existsSync(`${slow}.begun`));
    process.kill(Number.parseInt(readFileSync(pid, "utf8"), 10), "SIGKILL");
    connection.cut();
    expect(await healRun(path, { host: USUAL_HOST })).to.include({ ok: true });
    expect((await refused).message).to.include("cut off by the test");
    await until("all that was left behind to end", () => processesIn(lane.inode).length === 0);
    expect(await differences(lane)).to.deep.equal([]);
    expect(await notRestored(lane, path)).to.deep.equal([]);
  });

  /** Steps as long as those of a machine that is idle; one that is busy gets less far. */
  const MOMENTS = Array.from({ length: 20 }, (_, index) => (0.004 * (index + 1)).toFixed(3));
  const chosen = sampled([...MOMENTS.entries()], 6);

  for (const [what, script] of [
    ["apply", ARM],
    ["undo", UNDO_ALL],
  ] as const) {
    it(`leaves nothing that a later heal does not undo: ${what}, ${sampleTitle(chosen.length, MOMENTS.length, "moments")}`, async () => {
      const target = await lane.node.target();
      for (const [index, seconds] of chosen) {
        const path = lane.newJournal();
        const nodeFault = { node: "A", fault: TEN[index % TEN.length] ?? FAULT } as const;
        {
          using journal = openJournal(path);
          const mortal = killedOnNode(target, script, seconds);
          await injectFault({ target: mortal, nodeFault, journal })
            .then((injected) => injected.heal())
            .catch(() => undefined);
        }
        expect(await notRestored(lane, path), `killed after ${seconds} s`).to.deep.equal([]);
      }
    });
  }
});
