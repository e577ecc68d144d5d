import { expect } from "chai";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { EXIT } from "../../lib/host/errors.ts";
import { hostExec } from "../../lib/host/exec.ts";
import { healInjected, injectFault, type InjectedFault } from "../../lib/faults/run/inject.ts";
import { openJournal, type JournalFile } from "../../lib/journal/journal.ts";
import { listOpenFaults, readJournal } from "../../lib/journal/read.ts";
import { differences, makeLane, TEN, type SweepLane } from "../fixtures/faults/crash-sweep.ts";
import { leftOn } from "../fixtures/faults/node-state.ts";
import { brokenNftEnv, withBrokenNft } from "../fixtures/faults/targets.ts";

const CLI = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));

describe("one undo of ten that fails", function () {
  this.timeout(120_000);
  let lane: SweepLane;
  const run = mkdtempSync(join(tmpdir(), "faultline-one-of-ten-"));
  const broken = join(run, "broken");
  const journalPath = join(run, "cells", "cell", "journal.ndjson");
  let journal: JournalFile;
  let injected: InjectedFault[];
  let tenth: InjectedFault;

  before(async () => {
    lane = await makeLane();
    mkdirSync(dirname(journalPath), { recursive: true });
    writeFileSync(join(run, "run.json"), JSON.stringify({ runId: "one-of-ten" }));
  });

  beforeEach(async () => {
    journal = openJournal(journalPath);
    const target = withBrokenNft(await lane.node.target(), broken);
    injected = [];
    for (const fault of TEN) injected.push(await injectFault({ target, nodeFault: { node: "A", fault }, journal }));
    const found = injected.find(({ nodeFault: { fault } }) => fault.kind === "drop" && fault.hook === "input");
    if (!found) throw new Error("none of the ten is that drop");
    tenth = found;
    writeFileSync(broken, `fl_${tenth.id}\n`);
  });

  afterEach(() => journal[Symbol.dispose]());

  after(async () => {
    await lane[Symbol.asyncDispose]();
    rmSync(run, { recursive: true });
  });

  const heal = () =>
    hostExec([process.execPath, CLI, "heal", "--run", run], { env: brokenNftEnv(broken), timeoutMs: 60_000 });
  const onlyTheTenthIsLeft = async (): Promise<void> => {
    const different = await differences(lane);
    expect(different).to.have.length.above(0);
    for (const line of different) expect(line).to.include(`fl_${tenth.id}`);
    expect(leftOn(lane.inode).armed, "its dead-man goes on trying").to.deep.equal([tenth.id]);
    expect(listOpenFaults(readJournal(journalPath)).map(({ intent }) => intent.faultId)).to.deep.equal([tenth.id]);
  };

  it("leaves nine done, is named, and exits 5; a later heal succeeds", async () => {
    const failed = await heal();
    expect(failed.exitCode, failed.stdout + failed.stderr).to.equal(EXIT.notUndone);
    expect(failed.stdout.match(/^undone: /gm)).to.have.length(9);
    expect(failed.stdout.match(/^failed: .*$/gm)).to.have.length(1);
    expect(failed.stdout).to.match(
      /^failed: drop tcp port 80 from 10\.97\.0\.0\/24 in input on A .*nft was made to fail/m,
    );
    await onlyTheTenthIsLeft();
    rmSync(broken);
    const healed = await heal();
    expect(healed.exitCode, healed.stdout + healed.stderr).to.equal(EXIT.ok);
    expect(healed.stdout.trim().split("\n")).to.have.length(1);
    expect(await differences(lane)).to.deep.equal([]);
    expect((await heal()).stdout).to.equal("nothing to undo\n");
  });

  it("is the same for the harness that injected them, which may try again", async () => {
    const results = await healInjected(injected);
    expect([...results.values()].filter(({ ok }) => ok)).to.have.length(9);
    expect(results.get(tenth.id)).to.include({ ok: false, outcome: "failed" });
    await onlyTheTenthIsLeft();
    rmSync(broken);
    expect(await tenth.heal()).to.include({ ok: true, outcome: "undone" });
    expect(await differences(lane)).to.deep.equal([]);
  });
});
