import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { eventLog, readEventLog } from "../../../../lib/events/event-log.ts";
import { cellLog, scenarioLog } from "../../sample-log.ts";

describe("the event log", () => {
  let dir = "";
  let path = "";
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "faultline-events-"));
    path = join(dir, "events.ndjson");
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const written = () => cellLog(scenarioLog()).map((event) => `${JSON.stringify(event)}\n`);

  it("gives back what was written, in order, each with a time", () => {
    const emit = eventLog(path, (error) => expect.fail(error.message));
    emit({ type: "note", text: "one\ntwo — ü" });
    emit({ type: "note", text: "three" });
    const events = readEventLog(path);
    expect(events.map((event) => (event.type === "note" ? event.text : ""))).to.deep.equal(["one\ntwo — ü", "three"]);
    expect(events[0]?.atMs).to.be.closeTo(Date.now(), 5000);
  });

  it("is nobody else's to read", () => {
    eventLog(path, () => undefined)({ type: "note", text: "x" });
    expect(statSync(path).mode & 0o777).to.equal(0o600);
  });

  it("appends to what is there", () => {
    eventLog(path, () => undefined)({ type: "note", text: "first" });
    eventLog(path, () => undefined)({ type: "note", text: "second" });
    expect(readFileSync(path, "utf8").split("\n")).to.have.length(3);
  });

  it("tells once that it cannot be written, and does not throw", () => {
    const told: string[] = [];
    const emit = eventLog(join(dir, "missing", "events.ndjson"), (error) => told.push(error.message));
    emit({ type: "note", text: "x" });
    emit({ type: "note", text: "y" });
    expect(told).to.have.length(1);
    expect(told[0]).to.match(/ENOENT/);
  });

  it("leaves out a torn last line, wherever it was torn", () => {
    const lines = written();
    const last = lines.at(-1) ?? "";
    for (const end of [0, 1, 10, last.length - 2]) {
      writeFileSync(path, lines.slice(0, -1).join("") + last.slice(0, end));
      expect(readEventLog(path)).to.have.length(lines.length - 1);
    }
  });

  it("takes a last line that is whole but for its newline", () => {
    writeFileSync(path, written().join("").trimEnd());
    expect(readEventLog(path)).to.have.length(written().length);
  });

  it("names file and line of a damaged line", () => {
    const lines = written();
    const damaged = lines.with(2, `${(lines[2] ?? "").slice(0, 20)}\n`);
    writeFileSync(path, damaged.join(""));
    expect(() => readEventLog(path)).to.throw(`${path}:3: expected one JSON object`);
  });

  it("is empty when the file is", () => {
    writeFileSync(path, "");
    expect(readEventLog(path)).to.deep.equal([]);
  });
});
