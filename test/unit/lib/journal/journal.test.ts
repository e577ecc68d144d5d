import { expect } from "chai";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NewEntry } from "../../../../lib/faults/run/journal.ts";
import { JournalError, openJournal } from "../../../../lib/journal/journal.ts";
import { listOpenFaults, parseJournal, readJournal } from "../../../../lib/journal/read.ts";
import { containerIdentity, sysctlOnA } from "../../../fixtures/faults/fake-node.ts";

const intent = (faultId: string): NewEntry => ({
  faultId,
  state: "intent",
  nodeFault: sysctlOnA("net.ipv4.ip_forward", "0"),
  prior: { value: "1", alongside: [] },
  target: containerIdentity("node-a"),
});

describe("journal file", () => {
  const dir = mkdtempSync(join(tmpdir(), "faultline-journal-"));
  const path = join(dir, "run/journal.ndjson");
  beforeEach(() => rmSync(join(dir, "run"), { recursive: true, force: true }));
  after(() => rmSync(dir, { recursive: true }));

  it("is made with its directory, for its owner alone, and appended to", () => {
    for (const faultId of ["first", "second"]) {
      using journal = openJournal(path);
      journal.append(intent(faultId));
    }
    expect(readJournal(path).entries.map(({ faultId }) => faultId)).to.deep.equal(["first", "second"]);
    expect(statSync(path).mode & 0o777).to.equal(0o600);
    expect(statSync(join(dir, "run")).mode & 0o777).to.equal(0o700);
  });

  it("loses no line before or after a tail torn at any byte", () => {
    const whole = (): Buffer => {
      using journal = openJournal(path);
      journal.append(intent("first"));
      journal.append(intent("second"));
      return readFileSync(path);
    };
    const bytes = whole();
    const start = bytes.indexOf("\n") + 1;
    for (let length = start; length < bytes.length - 1; length += 7) {
      writeFileSync(path, bytes.subarray(0, length));
      using journal = openJournal(path);
      journal.append({ faultId: "first", state: "applied", detail: "" });
      const { entries, damaged } = readJournal(path);
      expect(
        entries.map(({ state }) => state),
        `torn at ${length}`,
      ).to.deep.equal(["intent", "applied"]);
      expect(damaged).to.deep.equal([]);
    }
  });

  it("names a damaged line by its number", () => {
    {
      using journal = openJournal(path);
      for (const faultId of ["first", "second", "third"]) journal.append(intent(faultId));
    }
    const text = readFileSync(path, "utf8").replace('"second"', '"sekond"');
    const { entries, damaged } = parseJournal(text);
    expect(entries).to.have.length(2);
    expect(damaged).to.deep.equal(["journal line 2 is damaged: its checksum is wrong"]);
  });

  it("throws a typed error with the next step on a full disk", () => {
    using journal = openJournal("/dev/full");
    expect(() => journal.append(intent("first"))).to.throw(
      JournalError,
      /journal \/dev\/full could not be written: ENOSPC/,
    );
  });

  it("throws it also when the directory cannot be made", () => {
    writeFileSync(join(dir, "file"), "");
    expect(() => openJournal(join(dir, "file/run/journal.ndjson"))).to.throw(JournalError, /ENOTDIR|EEXIST/);
  });

  it("lists open faults newest first, without those that are undone or gone", () => {
    using journal = openJournal(path);
    for (const faultId of ["one0", "two0", "three", "four"]) journal.append(intent(faultId));
    journal.append({ faultId: "two0", state: "undo-verified", detail: "" });
    journal.append({ faultId: "three", state: "gone", detail: "" });
    journal.append({ faultId: "one0", state: "failed", detail: "" });
    appendFileSync(path, '{"v":1,"faultId":"torn');
    expect(listOpenFaults(readJournal(path)).map(({ intent: { faultId } }) => faultId)).to.deep.equal(["four", "one0"]);
  });

  it("says which run to name when there is no journal", () => {
    expect(() => readJournal(join(dir, "nothing.ndjson"))).to.throw(/journal .*nothing.ndjson cannot be read: ENOENT/);
  });
});
