import { expect } from "chai";
import { isCaught } from "../../../../lib/verdict/mutants.ts";
import { exitCodeOf } from "../../../../cli/commands/run.ts";
import type { Event } from "../../../../lib/events/event.ts";
import type { Run, ScenarioResult } from "../../../../lib/verdict/result.ts";
import { judgeRun } from "../../../../lib/verdict/run.ts";
import { BROKEN, cellLog, changed, CONTROL, flows, scenarioLog, without, withEvent } from "../../sample-log.ts";

const ok = scenarioLog();
const nothingBroke = [...flows(BROKEN, "ok", 3), ...flows(CONTROL, "ok", 3)];
const failing = scenarioLog({ scenario: "b/fails", underFault: nothingBroke });
const undecided = without(scenarioLog({ scenario: "c/cut" }), ({ type }) => type === "scenario-finished");
const skipped = withEvent(ok.slice(0, 2), { type: "skipped", scenario: "nodes/ip-forward", reason: "no overlay" });
const stageFailed = { atMs: 0, type: "stage-failed", stage: "cni", durationMs: 1, message: "x", exitCode: 2 } as const;

function judged(...logs: readonly (readonly Event[])[]): Run {
  return judgeRun({ runId: "r", startedAt: "2026-01-01T00:00:00.000Z", durationMs: 1, command: [], facts: {}, logs });
}

describe("exitCodeOf", () => {
  const neverReady = [...cellLog().slice(0, 1), stageFailed];
  const stopped = [...cellLog().slice(0, 1), { atMs: 0, type: "note", text: "stopped: kind is gone" } as const];
  const stuck = changed(ok, "healed", { ok: false, detail: "busy" });
  const dirty = changed(ok, "node-state", { differences: ["route new: blackhole 198.51.100.0/24"] });
  const dirtyMutant = changed(scenarioLog({ mode: "swapped" }), "node-state", { differences: ["rule gone"] });
  const scenario = "dns/coredns-loop";
  const neverStated = [
    { atMs: 0, type: "error", scenario, message: "API is gone" },
    { atMs: 1, type: "scenario-finished", scenario, durationMs: 1 },
  ] as const;
  const one = { id: "d/never", title: "t", claim: "c", documented: [] };
  const planned = { atMs: 0, type: "planned", mode: "as-claimed", scenarios: [one] } as const;
  const test = { suite: "e/by-hand", title: "e works", mode: "as-claimed" } as const;
  const handWritten = { atMs: 0, type: "test", ...test, passed: false, message: "it does not" } as const;
  const table: readonly (readonly [string, Run, number, number])[] = [
    ["all pass", judged(cellLog(ok)), 0, 0],
    ["a skip beside a pass", judged(cellLog(ok, skipped)), 0, 0],
    ["one fails", judged(cellLog(ok, failing)), 0, 1],
    ["one is undecided", judged(cellLog(ok, undecided)), 0, 2],
    ["a fail outranks what is undecided", judged(cellLog(undecided, failing)), 0, 1],
    ["a cell never got to its suites", judged(cellLog(ok), neverReady), 0, 2],
    ["a fail outranks a cell that never got there", judged(neverReady, cellLog(failing)), 0, 1],
    ["a cell stopped outside of a stage", judged(cellLog(ok), stopped), 0, 2],
    ["a cell's log ends between two scenarios", judged(cellLog(ok).slice(0, 2 + ok.length)), 0, 2],
    ["a scenario ended before it was stated", judged(cellLog(ok, neverStated)), 0, 2],
    ["a scenario was planned and never began", judged(cellLog([planned], ok)), 0, 2],
    ["a hand-written test fails", judged(cellLog(ok, [handWritten])), 0, 1],
    ["nothing was run", judged(cellLog()), 0, 2],
    ["there is no cell", judged(), 0, 2],
    ["a fault not undone outranks all", judged(cellLog(ok, failing)), 1, 5],
    ["a fault not undone, though all pass", judged(cellLog(ok)), 1, 5],
    ["an undo that failed, though a later one did not", judged(cellLog(ok, stuck), neverReady), 0, 5],
    ["a node whose state differs from before", judged(cellLog(dirty)), 0, 5],
    ["a node tainted in one cell of two, in a selfcheck", judged(cellLog(ok), cellLog(dirtyMutant)), 0, 5],
  ];
  for (const [name, run, notUndone, code] of table) {
    it(`${name}: ${code}`, () => {
      expect(exitCodeOf(run, notUndone)).to.equal(code);
    });
  }
});

describe("isCaught", () => {
  const result = (log: readonly Event[]): ScenarioResult => {
    const [one] = judged(cellLog(log)).results;
    if (!one) throw new Error("nothing judged");
    return one;
  };
  const swap = {
    [BROKEN]: { symptoms: ["connection-refused"] },
    [CONTROL]: { symptoms: ["connect-timeout"] },
  } as const;
  const claimed = [...flows(BROKEN, "connect-timeout", 3), ...flows(CONTROL, "ok", 3)];
  const oneAccepted = [...flows(BROKEN, "connection-refused", 3), ...flows(CONTROL, "ok", 3)];
  const swapped = { mode: "swapped", expect: swap } as const;
  const controlToo = [...flows(BROKEN, "ok", 3), ...flows(CONTROL, "connect-timeout", 3)];
  const notUndone = changed(scenarioLog({ mode: "no-fault" }), "healed", { ok: false });
  const table: readonly (readonly [string, readonly Event[], boolean])[] = [
    ["no fault, and it fails", scenarioLog({ mode: "no-fault", underFault: nothingBroke }), true],
    ["no fault, and it passes all the same", scenarioLog({ mode: "no-fault" }), false],
    [
      "no fault, and it cannot be told",
      scenarioLog({ mode: "no-fault", underFault: flows(BROKEN, "unknown", 3) }),
      false,
    ],
    ["swapped, and every path fails", scenarioLog({ ...swapped, underFault: claimed }), true],
    ["swapped, and one path passes", scenarioLog({ ...swapped, underFault: oneAccepted }), false],
    ["swapped, and it passes", scenarioLog({ ...swapped }), false],
    ["swapped, and nothing could be told", scenarioLog({ ...swapped, underFault: flows(BROKEN, "unknown", 3) }), false],
    ["no fault, and a control fails too", scenarioLog({ mode: "no-fault", underFault: controlToo }), false],
    ["no fault, and it fails for another reason", notUndone, false],
    ["skipped, which is no mutant", skipped, false],
    [
      "no fault, of a suite that breaks nothing (the engine skips it)",
      scenarioLog({ mode: "no-fault", expect: { [CONTROL]: { symptoms: ["ok"] } } }),
      false,
    ],
  ];
  for (const [name, log, caught] of table) {
    it(`${name}: ${caught ? "caught" : "not caught"}`, () => {
      expect(isCaught(result(log))).to.equal(caught);
    });
  }
});
