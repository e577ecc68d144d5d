import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect } from "chai";
import { keptCluster } from "../../../../cli/store/kept.ts";
import {
  cellDir,
  cellDirs,
  cellPath,
  findRunDir,
  newRunId,
  readRun,
  writeAtomically,
  writeHeader,
} from "../../../../cli/store/run-dir.ts";
import { exitCodeOf } from "../../../../cli/commands/run.ts";
import { cellId, type Cell } from "../../../../lib/model/cell.ts";
import { UsageError } from "../../../../lib/host/errors.ts";
import type { Event } from "../../../../lib/events/event.ts";
import { judgeRun } from "../../../../lib/verdict/run.ts";
import { BROKEN, CELL, cellLog, flows, scenarioLog } from "../../sample-log.ts";

const IPVS: Cell = { ...CELL, proxyMode: "ipvs" };

const HEADER = {
  runId: "20260101-000000-abcd",
  startedAt: "2023-11-14T22:13:20.000Z",
  command: ["./faultline", "run"],
  facts: { kernel: "6.18" },
  cells: [CELL],
  owner: "",
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
  const CELL_ID = cellId(CELL);
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

  it("is read back, every cell's log among it, in the order that was planned", () => {
    writeHeader(dir, { ...HEADER, cells: [IPVS, CELL], owner: "", durationMs: 7 });
    writeLog(CELL_ID, lines.join("\n"));
    writeLog(cellId(IPVS), lines.slice(0, 1).join("\n"));
    writeLog("a cell that nobody planned", lines.join("\n"));
    const run = readRun(dir);
    expect(run).to.include({ runId: HEADER.runId, startedAt: HEADER.startedAt, durationMs: 7 });
    expect(run.logs.map((log) => log.length)).to.deep.equal([1, lines.length]);
  });

  it("has a folder more for each cluster that replaced another, and their logs are the cell's", () => {
    writeHeader(dir, { ...HEADER, cells: [CELL], owner: "", durationMs: 7 });
    writeLog(CELL_ID, lines.join("\n"));
    const evidence: Event = {
      atMs: 0,
      type: "evidence",
      scenario: "a/b",
      dir: "evidence/a-b",
      kept: "full",
      files: 1,
      bytes: 1,
      trouble: [],
    };
    const second = [...lines, JSON.stringify(evidence)].join("\n");
    writeFileSync(join(cellDir(dir, CELL_ID, 2), "events.ndjson"), second);
    const [log = []] = readRun(dir).logs;
    expect(log).to.have.lengthOf(2 * lines.length + 1);
    const told = log.at(-1);
    const folder = told?.type === "evidence" ? told.dir : null;
    expect(join(cellPath(dir, CELL_ID), folder ?? "")).to.equal(join(cellPath(dir, CELL_ID, 2), "evidence/a-b"));
    expect(cellDirs(dir)).to.have.lengthOf(2);
  });

  const damages: readonly (readonly [name: string, text: string | null, says: RegExp])[] = [
    ["missing", null, /never began/],
    ["empty", "", /lacks its beginning/],
    ["cut off at the start", lines.slice(1).join("\n"), /lacks its beginning/],
    ["damaged in its first line", `{"atMs":1,"ty\n${lines.join("\n")}`, /events\.ndjson:1: expected one JSON object/],
    ["damaged further down", lines.with(4, "\0\0\0").join("\n"), /events\.ndjson:5: expected one JSON object/],
    ["torn after its first line", `${lines[0]}\n{"atMs":`, /ends before the suites do/],
  ];
  for (const [name, text, says] of damages) {
    it(`of two cells, the log of one ${name}: the other's results stand, the run is undecided`, () => {
      writeHeader(dir, { ...HEADER, cells: [CELL, IPVS], owner: "" });
      writeLog(CELL_ID, lines.join("\n"));
      const alone = judgeRun({ ...readRun(dir), logs: readRun(dir).logs.slice(0, 1) });
      if (text !== null) writeLog(cellId(IPVS), text.replaceAll('"proxyMode":"iptables"', '"proxyMode":"ipvs"'));
      const { cells, results, ...run } = judgeRun(readRun(dir));
      expect(results.filter((one) => one.cell === CELL_ID)).to.deep.equal(alone.results);
      expect(alone.results.map(({ verdict }) => verdict)).to.deep.equal(["pass"]);
      expect(cells.map(({ cell }) => cell)).to.deep.equal([CELL_ID, cellId(IPVS)]);
      expect(cells[0]?.failure).to.equal(null);
      expect(cells[1]?.failure?.message).to.match(says);
      expect(exitCodeOf(alone, 0)).to.equal(0);
      expect(exitCodeOf({ ...run, cells, results }, 0)).to.equal(2);
    });
  }

  it("takes the fails that a damaged beginning left, and cannot be green by them", () => {
    writeHeader(dir, HEADER);
    const failing = cellLog(scenarioLog({ underFault: flows(BROKEN, "ok", 3) })).map((event) => JSON.stringify(event));
    writeLog(CELL_ID, failing.slice(1).join("\n"));
    expect(exitCodeOf(judgeRun(readRun(dir)), 0)).to.equal(1);
  });

  it("of a run that was killed lasted until its last event", () => {
    writeHeader(dir, HEADER);
    writeLog(CELL_ID, lines.join("\n"));
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
