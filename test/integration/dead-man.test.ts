import { expect } from "chai";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Fault } from "../../lib/faults/registry.ts";
import { injectFault, type InjectedFault } from "../../lib/faults/run/inject.ts";
import type { Target } from "../../lib/faults/run/target.ts";
import { healRun } from "../../lib/journal/heal.ts";
import { openJournal, type JournalFile } from "../../lib/journal/journal.ts";
import { waitFor } from "../../lib/host/wait.ts";
import { differences, makeLane, ONE_OF_EACH, type SweepLane } from "../fixtures/faults/crash-sweep.ts";
import { leaseEndMs, leaseFile, leftOn, stateDir, uptimeMs } from "../fixtures/faults/node-state.ts";
import { cuttable, withBrokenNft } from "../fixtures/faults/targets.ts";
import { USUAL_HOST } from "../fixtures/usual-host.ts";

const LONG_MS = 900_000;
const FIRED = /^its dead-man had undone it when its lease was over: undone$/;
const DROP: Fault = { kind: "drop", hook: "prerouting", protocol: "udp", destinationPort: 8472 };

describe("the dead-man", function () {
  this.timeout(180_000);
  let lane: SweepLane;
  let journal: JournalFile;
  let target: Target;

  before(async () => {
    lane = await makeLane();
    target = await lane.node.target();
  });

  beforeEach(() => {
    journal = openJournal(lane.newJournal());
  });

  afterEach(async () => {
    journal[Symbol.dispose]();
    expect(await differences(lane)).to.deep.equal([]);
    await until("nothing of it to be left", () => leftOn(lane.inode).deadMen.length === 0, 10_000);
    expect(leftOn(lane.inode)).to.include.keys("armed").and.to.deep.include({ armed: [], fired: [] });
  });

  after(async () => {
    await lane[Symbol.asyncDispose]();
  });

  const until = async (what: string, isSo: () => boolean, budgetMs = 30_000): Promise<void> => {
    const attempt = () => (isSo() ? Promise.resolve() : Promise.reject(new Error("not yet")));
    await waitFor(what, attempt, { budgetMs, intervalMs: 50 });
  };
  const inject = (fault: Fault, leaseMs: number, into = target, longestMs = LONG_MS): Promise<InjectedFault> =>
    injectFault({ target: into, nodeFault: { node: "A", fault }, journal, lease: { leaseMs, longestMs } });
  const hasFired = () => leftOn(lane.inode).armed.length === 0;
  const healsWithFinding = async (): Promise<void> => {
    for (const outcome of (await healRun(journal.path, { host: USUAL_HOST })).outcomes) {
      expect(outcome).to.include({ outcome: "undone" });
      expect(outcome.finding).to.match(FIRED);
    }
  };

  it("ends after the undo, soon and with nothing left", async () => {
    const injected = await inject(DROP, 6_000);
    expect(leftOn(lane.inode)).to.deep.include({ armed: [injected.id] });
    await until("it to be there", () => leftOn(lane.inode).deadMen.length === 1);
    await injected.heal();
  });

  it("is one for all faults of a node", async () => {
    const injected = [await inject(DROP, 6_000), await inject(DROP, 6_000), await inject(DROP, 6_000)];
    await until("it to be there", () => leftOn(lane.inode).deadMen.length === 1);
    for (const one of injected) await one.heal();
  });

  it("undoes what is renewed all the same when its longest time is over", async () => {
    const startedAtMs = uptimeMs();
    const injected = await inject(DROP, 3_000, target, 5_000);
    await until("it to fire", hasFired);
    expect(uptimeMs() - startedAtMs).to.be.above(5_000);
    expect(await injected.readBack()).to.include({ inForce: false });
    expect((await injected.heal()).finding).to.match(FIRED);
  });

  it("has no lease beyond the longest time", async () => {
    const injected = await inject(DROP, 600_000, target, 5_000);
    expect(leaseEndMs(lane.inode, injected.id)).to.be.below(uptimeMs() + 5_000);
    await until("it to fire", hasFired);
    await healsWithFinding();
  });

  it("is started anew by the next renewal when somebody has killed it", async () => {
    const connection = cuttable(target);
    await inject(DROP, 6_000, connection.target);
    await until("it to be there", () => leftOn(lane.inode).deadMen.length === 1);
    const [first] = leftOn(lane.inode).deadMen;
    // Not 0 or less in any case: that would be whole groups of processes.
    process.kill(first ?? Number.NaN, "SIGKILL");
    await until("another", () => leftOn(lane.inode).deadMen.some((pid) => pid !== first));
    connection.cut();
    await until("it to fire", hasFired);
    await healsWithFinding();
  });

  it("undoes the newest first", async () => {
    const connection = cuttable(target);
    const ids: string[] = [];
    for (const fault of ONE_OF_EACH) ids.push((await inject(fault, LONG_MS, connection.target)).id);
    connection.cut();
    for (const id of ids.toReversed()) writeFileSync(leaseFile(lane.inode, id) ?? "", "0\n");
    await until("it to fire", hasFired);
    const firedAt = (id: string) => Number(readFileSync(`${stateDir(lane.inode)}/fired/${id}`, "utf8").split(" ")[0]);
    expect(ids.toSorted((a, b) => firedAt(b) - firedAt(a))).to.deep.equal(ids);
    await healsWithFinding();
  });

  it("tries an undo that fails again until it succeeds, and the others meanwhile", async () => {
    const broken = `${journal.path}.broken`;
    const connection = cuttable(withBrokenNft(target, broken));
    await inject({ kind: "route", type: "blackhole", to: "10.98.4.0/24" }, 3_000, connection.target);
    const { id } = await inject(DROP, 3_000, connection.target);
    writeFileSync(broken, `fl_${id}\n`);
    connection.cut();
    await until("its second attempt", () => linesOf(`${broken}.calls`) >= 2);
    expect(leftOn(lane.inode).armed).to.deep.equal([id]);
    rmSync(broken);
    await until("its third attempt", hasFired);
    await healsWithFinding();
  });

  it("takes a lease that cannot be read for one that is over", async () => {
    const connection = cuttable(target);
    const { id } = await inject(DROP, LONG_MS, connection.target);
    connection.cut();
    writeFileSync(leaseFile(lane.inode, id) ?? "", "");
    await until("it to fire", hasFired);
    await healsWithFinding();
  });
});

function linesOf(path: string): number {
  try {
    return readFileSync(path, "utf8").split("\n").length - 1;
  } catch {
    return 0;
  }
}
