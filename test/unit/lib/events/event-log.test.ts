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

  it("returns the written events in order, each with a time", () => {
    const emit = eventLog(path, (error) => expect.fail(error.message));
    emit({ type: "note", text: "one\ntwo — ü" });
    emit({ type: "note", text: "three" });
    const events = readEventLog(path);
    expect(events.map((event) => (event.type === "note" ? event.text : ""))).to.deep.equal(["one\ntwo — ü", "three"]);
    expect(events[0]?.atMs).to.be.closeTo(Date.now(), 5000);
  });

  it("has mode 0600", () => {
    eventLog(path, () => undefined)({ type: "note", text: "x" });
    expect(statSync(path).mode & 0o777).to.equal(0o600);
  });

  it("appends to an existing log", () => {
    eventLog(path, () => undefined)({ type: "note", text: "first" });
    eventLog(path, () => undefined)({ type: "note", text: "second" });
    expect(readFileSync(path, "utf8").split("\n")).to.have.length(3);
  });

  it("reports an unwritable log once and does not throw", () => {
    const errors: string[] = [];
    const emit = eventLog(join(dir, "missing", "events.ndjson"), (error) => errors.push(error.message));
    emit({ type: "note", text: "x" });
    emit({ type: "note", text: "y" });
    expect(errors).to.have.length(1);
    expect(errors[0]).to.match(/ENOENT/);
  });

  it("leaves out a torn last line, wherever the tear is", () => {
    const lines = written();
    const last = lines.at(-1) ?? "";
    for (const end of [0, 1, 10, last.length - 2]) {
      writeFileSync(path, lines.slice(0, -1).join("") + last.slice(0, end));
      expect(readEventLog(path)).to.have.length(lines.length - 1);
    }
  });

  it("reads a last line that lacks only its newline", () => {
    writeFileSync(path, written().join("").trimEnd());
    expect(readEventLog(path)).to.have.length(written().length);
  });

  it("throws naming file and line of a damaged line", () => {
    const lines = written();
    const damaged = lines.with(2, `${(lines[2] ?? "").slice(0, 20)}\n`);
    writeFileSync(path, damaged.join(""));
    expect(() => readEventLog(path)).to.throw(`${path}:3: expected one JSON object`);
  });

  it("returns no events for an empty file", () => {
    writeFileSync(path, "");
    expect(readEventLog(path)).to.deep.equal([]);
  });
});
