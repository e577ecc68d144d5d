import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect } from "chai";
import { keptCluster } from "../../cli/kept.ts";
import { cellDir, cellDirs, findRunDir, newRunId, readRun, writeAtomically, writeHeader } from "../../cli/run-dir.ts";
import { UsageError } from "../../lib/errors.ts";
import { cellLog, scenarioLog } from "./sample-log.ts";

const HEADER = {
  runId: "20260101-000000-abcd",
  startedAt: "2023-11-14T22:13:20.000Z",
  command: ["./faultline", "run"],
  facts: { kernel: "6.18" },
  durationMs: null,
};

describe("newRunId", () => {
  it("sorts by time and is a legal part of names", () => {
    const ids = [0, 0.5, 0.999_999].map((random, index) =>
      newRunId(new Date(1_700_000_000_000 + index * 1000), random),
    );
    expect(ids).to.deep.equal(["20231114-221320-0000", "20231114-221321-i000", "20231114-221322-zzzy"]);
    expect([...ids].sort()).to.deep.equal(ids);
  });
});

describe("a run's directory", () => {
  let dir = "";
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "faultline-run-"))));
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const writeLog = (cell: string, text: string) => writeFileSync(join(cellDir(dir, cell), "events.ndjson"), text);
  const lines = cellLog(scenarioLog()).map((event) => JSON.stringify(event));

  it("has a folder for each cell, which is a plain name and private", () => {
    const cell = cellDir(dir, "flannel@1.2.3/iptables/../ipv4");
    expect(basename(cell)).to.equal("flannel@1.2.3_iptables_.._ipv4");
    expect(statSync(cell).mode & 0o777).to.equal(0o700);
    expect(cellDirs(dir)).to.deep.equal([cell]);
    expect(cellDirs(join(dir, "none"))).to.deep.equal([]);
  });

  it("is written whole or not at all, for the owner alone", () => {
    const path = join(dir, "report.json");
    writeAtomically(path, "one");
    writeAtomically(path, "two");
    expect(readFileSync(path, "utf8")).to.equal("two");
    expect(statSync(path).mode & 0o777).to.equal(0o600);
    expect(readdirSync(dir)).to.deep.equal(["report.json"]);
  });

  it("is read back, every cell's log among it, in a fixed order", () => {
    writeHeader(dir, { ...HEADER, durationMs: 7 });
    writeLog("b", lines.join("\n"));
    writeLog("a", lines.slice(0, 1).join("\n"));
    const run = readRun(dir);
    expect(run).to.include({ runId: HEADER.runId, startedAt: HEADER.startedAt, durationMs: 7 });
    expect(run.logs.map((log) => log.length)).to.deep.equal([1, lines.length]);
  });

  it("of a run that was killed lasted until its last event", () => {
    writeHeader(dir, HEADER);
    writeLog("a", lines.join("\n"));
    expect(readRun(dir).durationMs).to.equal((lines.length - 1) * 1000);
    rmSync(join(dir, "cells"), { recursive: true });
    expect(readRun(dir).durationMs).to.equal(0);
  });

  it("is found by its path, and an unknown one is refused", () => {
    writeHeader(dir, HEADER);
    expect(findRunDir(dir)).to.equal(dir);
    expect(() => findRunDir(join(dir, "none"))).to.throw(UsageError, "is not known");
    expect(existsSync(join(dir, "none"))).to.equal(false);
  });
});

describe("keptCluster", () => {
  it("refuses a name that no run here made", () => {
    expect(() => keptCluster("no-such-cluster")).to.throw(UsageError, '"no-such-cluster"');
  });
});
