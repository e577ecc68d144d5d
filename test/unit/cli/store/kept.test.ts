import { expect } from "chai";
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keptCluster, mustBeAsNew, taintOf } from "../../../../cli/store/kept.ts";
import { cellDir, writeHeader } from "../../../../cli/store/run-dir.ts";
import { markTainted } from "../../../../cli/store/taint-mark.ts";
import type { ClusterRecord } from "../../../../lib/model/cluster.ts";
import { FaultlineError, UsageError } from "../../../../lib/host/errors.ts";
import type { Event } from "../../../../lib/events/event.ts";
import type { NewEvent } from "../../../../lib/events/event-log.ts";
import type { NewEntry } from "../../../../lib/faults/run/journal.ts";
import { openJournal } from "../../../../lib/journal/journal.ts";
import { containerIdentity, sysctlOnA } from "../../../fixtures/faults/fake-node.ts";
import { RECORD } from "../../sample-cluster.ts";
import { CELL, cellLog, changed, scenarioLog } from "../../sample-log.ts";

const MADE = "20260101-000000-made";
const USED = "20260102-000000-used";
const clean = cellLog(scenarioLog());
const differences = ["route new: blackhole 198.51.100.0/24"];
const tainting = cellLog(changed(scenarioLog(), "node-state", { differences }, ({ node }) => node === "A"));
const intent: NewEntry = {
  faultId: "f000",
  state: "intent",
  nodeFault: sysctlOnA("net.ipv4.ip_forward", "0"),
  prior: { value: "1", alongside: [] },
  target: containerIdentity("x-worker"),
};

describe("a kept cluster", () => {
  let runs = "";
  beforeEach(() => (runs = mkdtempSync(join(tmpdir(), "faultline-kept-"))));
  afterEach(() => rmSync(runs, { recursive: true, force: true }));

  /** A run of the given name that used the cluster, which the run MADE made, and logged these events. */
  function used(runId: string, events: readonly Event[], name = "faultline-x"): string {
    const run = join(runs, runId);
    mkdirSync(run, { recursive: true });
    const header = { runId, startedAt: "", command: [], facts: {}, cells: [CELL], owner: "", durationMs: null };
    writeHeader(run, header);
    const dir = cellDir(run, "cell");
    const record: ClusterRecord = { ...RECORD, name, kubeconfig: join(runs, MADE, "cells", "cell", "kubeconfig") };
    writeFileSync(join(dir, "cluster.json"), JSON.stringify(record));
    if (events.length > 0)
      writeFileSync(join(dir, "events.ndjson"), events.map((event) => JSON.stringify(event)).join("\n"));
    return dir;
  }

  function journal(dir: string, ...entries: readonly NewEntry[]): void {
    using open = openJournal(join(dir, "journal.ndjson"));
    for (const entry of entries) open.append(entry);
  }

  function refusal(): FaultlineError {
    try {
      mustBeAsNew("faultline-x", runs);
    } catch (error) {
      if (error instanceof UsageError) return error;
      throw error;
    }
    throw new Error("it was not refused");
  }

  const notes: NewEvent[] = [];
  const mark = (dir: string) => markTainted(dir, (event) => notes.push(event));
  beforeEach(() => notes.splice(0));

  it("is used again when every run left it as it was", () => {
    journal(used(MADE, clean), intent, { faultId: "f000", state: "undo-verified", detail: "" });
    journal(used(USED, clean), intent, { faultId: "f000", state: "gone", detail: "" });
    used("20260103-000000-none", []);
    mustBeAsNew("faultline-x", runs);
    expect(taintOf("faultline-x", runs)).to.equal(null);
    expect(keptCluster("faultline-x", runs).name).to.equal("faultline-x");
  });

  it("is not used again once tainted, by the run that made it or another: the node, who, why and what next", () => {
    for (const [made, after] of [
      [tainting, clean],
      [clean, tainting],
    ] as const) {
      used(MADE, made);
      used(USED, after);
      const who = made === tainting ? MADE : USED;
      const { message, nextStep, exitCode } = refusal();
      expect(message).to.equal(
        `cluster "faultline-x" is not used again: node A was tainted by nodes/ip-forward in run ${who}: ${differences[0]}`,
      );
      expect(nextStep).to.match(/\.\/faultline gc/);
      expect(exitCode).to.equal(3);
    }
  });

  it("is told from other clusters of the same directory", () => {
    used(MADE, clean);
    used(USED, tainting, "faultline-y");
    mustBeAsNew("faultline-x", runs);
    expect(taintOf("faultline-y", runs)).to.match(/^node A was tainted/);
  });

  it("stays marked when the run that tainted it is deleted, or its log lost", () => {
    used(MADE, clean);
    const dir = used(USED, tainting);
    expect(mark(dir).map(({ node }) => node)).to.deep.equal(["A"]);
    expect(statSync(join(runs, MADE, "cells", "cell", "tainted.json")).mode & 0o777).to.equal(0o600);
    rmSync(join(runs, USED), { recursive: true });
    expect(refusal().message).to.contain(`tainted by nodes/ip-forward in run ${USED}: ${differences[0]}`);
  });

  it("is marked by nothing but a taint, and what hinders the mark is told", () => {
    expect(mark(used(MADE, clean))).to.deep.equal([]);
    expect(existsSync(join(runs, MADE, "cells", "cell", "tainted.json"))).to.equal(false);
    const dir = used(USED, tainting);
    rmSync(join(runs, MADE), { recursive: true });
    expect(mark(dir).map(({ node }) => node)).to.deep.equal(["A"]);
    expect(JSON.stringify(notes)).to.match(/no mark of what is tainted: .*tainted\.json could not be written/);
  });

  it("is not used again when its mark or a log cannot be read", () => {
    const dir = used(MADE, clean);
    writeFileSync(join(dir, "tainted.json"), "{");
    expect(refusal().message).to.match(/tainted; by what cannot be told: .*tainted\.json/);
    rmSync(join(dir, "tainted.json"));
    writeFileSync(join(dir, "events.ndjson"), `{"atMs":\n${JSON.stringify(clean[0])}\n`);
    expect(refusal().message).to.match(/what run \S+-made did to it cannot be told: .*events\.ndjson:1/);
  });

  it("is used again only after heal where a run was killed with a fault in force", () => {
    used(MADE, clean);
    const dir = used(USED, clean.slice(0, 8));
    journal(dir, intent, { faultId: "f000", state: "verified", detail: "" });
    const { message, nextStep } = refusal();
    expect(message).to.contain(`may have a fault in force: run ${USED} left sysctl net.ipv4.ip_forward=0 on A`);
    expect(nextStep).to.match(/\.\/faultline heal/);
    journal(dir, { faultId: "f000", state: "undo-verified", detail: "" });
    mustBeAsNew("faultline-x", runs);
  });

  it("stays out of use after a heal that succeeded where the scenario's own undo had failed", () => {
    const dir = used(MADE, cellLog(changed(scenarioLog(), "healed", { ok: false, detail: "busy" })));
    journal(dir, intent, { faultId: "f000", state: "undo-verified", detail: "" });
    expect(refusal().message).to.match(/net\.ipv4\.ip_forward=0 on A could not be undone: busy/);
  });

  it("is not used again where a damaged journal may hide a fault", () => {
    const dir = used(MADE, clean);
    journal(dir, intent, { faultId: "f000", state: "undo-verified", detail: "" });
    appendFileSync(join(dir, "journal.ndjson"), '{"v":1,"crc":"00000000"}\n');
    const { message, nextStep } = refusal();
    expect(message).to.match(/may have a fault in force: .*journal\.ndjson: journal line 3 is damaged/);
    expect(nextStep).to.match(/\.\/faultline gc/);
  });
});
