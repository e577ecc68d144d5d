import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { hostExec, mustExec, type ExecResult } from "../../lib/exec.ts";
import type { Fault } from "../../lib/faults/fault.ts";
import { diffFingerprints, takeFingerprint, type Fingerprint } from "../../lib/fingerprint/fingerprint.ts";
import { healRun } from "../../lib/journal/heal.ts";
import { faultsIn, readJournal } from "../../lib/journal/read.ts";
import { makeTestNode, type TestNode } from "../fixtures/faults/namespace.ts";

const VICTIM = fileURLToPath(new URL("../fixtures/faults/inject-and-heal.ts", import.meta.url));

const FAULTS: readonly Fault[] = [
  { kind: "sysctl", key: "net.ipv4.ip_forward", value: "0" },
  { kind: "drop", hook: "prerouting", protocol: "udp", destinationPort: 8472 },
  { kind: "route", type: "unicast", to: "10.98.3.0/25", device: "cni0" },
];
/** Before and after: capture, intent, apply, applied, read-back, verified, and undo-intent, undo, undone, undo-verified. */
const INJECT_POINTS = 12;
const HEAL_POINTS = 8;

describe("kill -9 at every boundary of journal and node", function () {
  this.timeout(600_000);
  const dir = mkdtempSync(join(tmpdir(), "faultline-crash-"));
  let node: TestNode;
  let baseline: Fingerprint;
  let runs = 0;

  before(async () => {
    node = await makeTestNode();
    await mustExec(node.exec, ["sysctl", "-qw", "net.ipv4.ip_forward=1"]);
    baseline = await takeFingerprint(node.exec);
  });

  after(async () => {
    await node[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true });
  });

  const newJournal = () => join(dir, `run-${(runs += 1)}`, "journal.ndjson");
  const differences = async () => diffFingerprints(baseline, await takeFingerprint(node.exec));
  const victim = (journal: string, faults: readonly Fault[], what: string, crashAt: number): Promise<ExecResult> => {
    const argv = [process.execPath, VICTIM, node.name, journal, JSON.stringify(faults), what];
    return hostExec(argv, { env: { FAULTLINE_CRASH_AT: String(crashAt) } });
  };
  const restored = async (journal: string): Promise<void> => {
    const report = await healRun(journal);
    expect(report).to.include({ ok: true });
    expect(await differences()).to.deep.equal([]);
    expect(await healRun(journal)).to.deep.equal({ ok: true, outcomes: [], problems: [] });
  };

  for (const fault of FAULTS) {
    it(`is undone by a later process: one ${fault.kind} fault, ${INJECT_POINTS + HEAL_POINTS} places to die`, async () => {
      for (let crashAt = 1; crashAt <= INJECT_POINTS + HEAL_POINTS; crashAt += 1) {
        const journal = newJournal();
        const died = await victim(journal, [fault], "both", crashAt);
        expect(died.exitCode, `crash point ${crashAt}: ${died.stderr}`).to.equal(null);
        await restored(journal);
      }
      const lived = await victim(newJournal(), [fault], "both", INJECT_POINTS + HEAL_POINTS + 1);
      expect(lived.exitCode, lived.stderr).to.equal(0);
      expect(await differences()).to.deep.equal([]);
    });
  }

  it("is undone when the healing process dies too, wherever it dies, with three faults open", async () => {
    const crashPoints = HEAL_POINTS * FAULTS.length;
    for (let crashAt = 1; crashAt <= crashPoints; crashAt += 3) {
      const journal = newJournal();
      expect(await victim(journal, FAULTS, "inject", 0)).to.include({ exitCode: 0 });
      expect(await differences()).to.have.length.above(2);
      expect((await victim(journal, [], "heal", crashAt)).exitCode).to.equal(null);
      await restored(journal);
    }
  });

  it("undoes three faults newest first", async () => {
    const journal = newJournal();
    await victim(journal, FAULTS, "inject", 0);
    const { outcomes } = await healRun(journal);
    expect(outcomes.map(({ nodeFault }) => nodeFault.fault.kind)).to.deep.equal(["route", "drop", "sysctl"]);
    expect(faultsIn(readJournal(journal)).map(({ state }) => state)).to.deep.equal(Array(3).fill("undo-verified"));
    expect(await differences()).to.deep.equal([]);
  });
});
