import { expect } from "chai";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Exec } from "../../../../lib/host/exec.ts";
import { UNDO_ALL } from "../../../../lib/faults/run/dead-man.ts";
import { KIND_NAMES } from "../../../../lib/faults/registry.ts";
import { healRun } from "../../../../lib/journal/heal.ts";
import { faultsIn, listOpenFaults, readJournal } from "../../../../lib/journal/read.ts";
import { fakeNode } from "../../../fixtures/faults/fake-node.ts";
import { USUAL_HOST } from "../../../fixtures/usual-host.ts";

/**
 * A journal with every kind in force, written by the code of commit 44bf7fb, and the undo that this code would send.
 */
const JOURNAL = new URL("../../../fixtures/faults/journals/44bf7fb.ndjson", import.meta.url).pathname;
const EXPECTED = JSON.parse(readFileSync(JOURNAL.replace(/ndjson$/, "json"), "utf8")) as readonly Undo[];

interface Undo {
  readonly faultId: string;
  readonly kind: string;
  readonly claims: readonly string[];
  /** Arguments; null where there is nothing to undo. */
  readonly undo: readonly string[] | null;
  readonly verify: readonly string[] | null;
}

/** What UNDO_ALL was given: each fault's id, claims and arguments, without the scripts. */
function undosIn([, ...rest]: readonly string[]): readonly Omit<Undo, "kind">[] {
  const [count] = rest;
  if (count === undefined) return [];
  const [faultId = "", claims = "", , , undoCount, ...both] = rest.slice(1, 1 + Number(count));
  const [undo, verify] = [both.slice(0, Number(undoCount)), both.slice(Number(undoCount))];
  const one = { faultId, claims: claims === "" ? [] : claims.split("\n"), undo, verify };
  return [one, ...undosIn(["", ...rest.slice(1 + Number(count))])];
}

describe("a journal of commit 44bf7fb", () => {
  const dir = mkdtempSync(join(tmpdir(), "faultline-older-"));
  const path = join(dir, "journal.ndjson");
  before(() => copyFileSync(JOURNAL, path));
  after(() => rmSync(dir, { recursive: true }));

  it("is read whole, with every kind of fault", () => {
    const journal = readJournal(path);
    expect(journal.damaged).to.deep.equal([]);
    expect(journal.entries).to.have.length(75);
    const kinds = faultsIn(journal).map(({ intent }) => intent.nodeFault.fault.kind);
    // A kind that is younger than this journal belongs into a journal of its own commit.
    expect(KIND_NAMES).to.include.members(kinds);
    expect(new Set(kinds).size).to.equal(14);
    expect(listOpenFaults(journal).map(({ intent }) => intent.faultId)).to.deep.equal(
      EXPECTED.map(({ faultId }) => faultId).toReversed(),
    );
  });

  it("is healed by the commands that its own code would have sent, newest first", async () => {
    const node = fakeNode();
    const sent: (readonly string[])[] = [];
    const exec: Exec = (argv) => {
      const [, , script, , , , , , ...args] = argv;
      expect(script).to.equal(UNDO_ALL);
      sent.push(args);
      const ids = undosIn(args).map(({ faultId }) => `@@ ${faultId} 0\nundo undone\nverify clean\n`);
      return Promise.resolve({ argv, exitCode: 0, timedOut: false, stdout: ids.join(""), stderr: "", durationMs: 1 });
    };
    const target = { ...node.target, exec };
    const report = await healRun(path, {
      host: USUAL_HOST,
      makeTarget: () => Promise.resolve({ status: "same", target }),
    });
    expect(report.problems).to.deep.equal([]);
    expect(report.ok).to.equal(true);
    const undone = EXPECTED.toReversed().flatMap(({ faultId, claims, undo, verify }) =>
      undo === null ? [] : [{ faultId, claims, undo, verify }],
    );
    expect(sent.map(undosIn)).to.deep.equal([undone]);
    expect(listOpenFaults(readJournal(path))).to.deep.equal([]);
  });
});
