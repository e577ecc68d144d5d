import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { readEventLog } from "../../../../lib/events/event-log.ts";
import { clusterNameIn } from "../../../../lib/verdict/cluster-logs.ts";
import type { Run } from "../../../../lib/verdict/result.ts";
import { judgeRun } from "../../../../lib/verdict/run.ts";
import { judgeScenario } from "../../../../lib/verdict/scenario.ts";
import { scenarioLog, withEvent } from "../../sample-log.ts";

const recorded = (name: string) =>
  fileURLToPath(new URL(`../../../fixtures/verdict/run-44bf7fb/${name}`, import.meta.url));
const log = readEventLog(recorded("events.ndjson"));
const report = JSON.parse(readFileSync(recorded("report.json"), "utf8")) as Run;

/** Fields that reports gained since commit 44bf7fb. */
const NEW_FIELDS: ReadonlySet<string> = new Set(["control", "skipCode"]);

/** Returns the value as JSON has it, without the fields that an older report lacks. */
function asOlder(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, each: unknown) => (NEW_FIELDS.has(key) ? undefined : each)));
}

describe("a log of commit 44bf7fb, judged again", () => {
  const { runId, startedAt, durationMs, command, facts } = report;
  const again = judgeRun({ runId, startedAt, durationMs, command, facts, logs: [log] });

  it("gives the report that commit wrote, but for the new fields", () => {
    expect(asOlder(again)).to.deep.equal(report);
  });

  it("names the cluster by the detail of its stage, because the log has no cluster-started event", () => {
    expect(log.some(({ type }) => type === "cluster-started")).to.equal(false);
    expect(again.results[0]?.cluster).to.equal("faultline-031751og990");
    expect(clusterNameIn(log.filter((event) => event.type !== "stage-started"))).to.equal(null);
  });

  it("marks as controls exactly the paths whose expectation reads ok", () => {
    const paths = again.results.flatMap((result) => result.paths);
    expect(paths.map(({ control }) => control)).to.include.members([true, false]);
    for (const { control, expected } of paths) expect(control).to.equal(/^ok(, |$)/.test(expected));
  });

  it("skips without a code if the skipped event has none", () => {
    const skipped = withEvent(scenarioLog(), { type: "skipped", scenario: "nodes/ip-forward", reason: "no overlay" });
    expect(judgeScenario("cell", skipped)).to.include({ verdict: "skip", reason: "no overlay", skipCode: null });
  });
});

describe("clusterNameIn", () => {
  it("prefers the cluster-started event to the detail of a stage", () => {
    const started = { type: "cluster-started", name: "faultline-y", reused: true, atMs: 0 } as const;
    const stage = { type: "stage-started", stage: "ready", detail: "faultline-z", atMs: 0 } as const;
    expect(clusterNameIn([stage, started])).to.equal("faultline-y");
    expect(clusterNameIn([stage])).to.equal("faultline-z");
  });
});
