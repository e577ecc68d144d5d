import { expect } from "chai";
import fc from "fast-check";
import type { Event } from "../../../../lib/events/event.ts";
import type { Verdict } from "../../../../lib/model/verdict.ts";
import { judgeScenario } from "../../../../lib/verdict/scenario.ts";
import { BROKEN, changed, CONTROL, EXPECT, flows, FORWARD_OFF } from "../../sample-log.ts";
import { NOTHING, scenarioLog, withEvent, without } from "../../sample-log.ts";

const passing = scenarioLog();
const scenario = "nodes/ip-forward";

function judge(events: readonly Event[]) {
  return judgeScenario("a/cell", events);
}

function showing(broken: Parameters<typeof flows>[1], control: Parameters<typeof flows>[1] = "ok"): readonly Event[] {
  return scenarioLog({ underFault: [...flows(BROKEN, broken, 3), ...flows(CONTROL, control, 3)] });
}

const SYMPTOM_MISSING = showing("ok");
const NOT_TOLD = showing("unknown");

describe("judgeScenario", () => {
  it("passes what shows the claim, was in force, healed, recovered and left nothing", () => {
    expect(judge(passing)).to.include({ verdict: "pass", scenario, cell: "a/cell", mode: "as-claimed" });
  });

  const read = (when: "before" | "after") =>
    changed(passing, "read-back", { inForce: false, detail: "ip_forward = 1" }, (event) => event.when === when);
  const failedHeal = changed(passing, "healed", { ok: false, detail: "busy" });
  const error = { type: "error", scenario, message: "docker does not answer" } as const;
  const late = { type: "not-recovered", scenario, afterMs: 6200 } as const;
  const dirty = changed(
    passing,
    "node-state",
    { differences: ["route gone", "rule gone"] },
    ({ node }) => node === "B",
  );
  const noRound = without(passing, (event) => event.type === "round" && event.phase === "fault");
  const noEnd = without(passing, ({ type }) => type === "scenario-finished");
  const table: readonly (readonly [string, readonly Event[], Verdict, RegExp])[] = [
    ["the symptom does not show", SYMPTOM_MISSING, "fail", /expected connect-timeout, observed ok ×3/],
    ["another symptom shows", showing("connection-refused"), "fail", /observed connection-refused/],
    ["a control breaks", showing("connect-timeout", "connect-timeout"), "fail", /^same → server/],
    ["a path cannot be told", NOT_TOLD, "unknown", /observed unknown ×3/],
    ["a control cannot be told", showing("connect-timeout", "unknown"), "unknown", /^same → server/],
    ["not in force before the probes", read("before"), "unknown", /not in force before the probes: ip_forward = 1/],
    ["not in force after the probes", read("after"), "unknown", /not in force after the probes: ip_forward = 1/],
    ["could not be undone", failedHeal, "fail", /could not be undone: busy/],
    ["not recovered", withEvent(passing, late), "fail", /not recovered 6200 ms/],
    ["node state differs", dirty, "fail", /B: route gone \(and 1 more\)/],
    ["an error", withEvent(passing, error), "unknown", /docker does not answer/],
    ["nothing measured under the fault", noRound, "unknown", /other → server .* observed not measured/],
    ["the log ends too early", noEnd, "unknown", /no trace of the end of the scenario/],
  ];
  for (const [name, events, verdict, reason] of table) {
    it(`${name}: ${verdict}`, () => {
      const result = judge(events);
      expect(result.verdict).to.equal(verdict);
      expect(result.reason).to.match(reason).and.not.include("\n");
    });
  }

  for (const type of ["injected", "read-back", "healed", "recovered", "node-state"] as const) {
    it(`cannot tell from a log without ${type}`, () => {
      const { verdict, reason } = judge(without(passing, (event) => event.type === type));
      expect(verdict).to.equal("unknown");
      expect(reason).to.match(/^the log has no trace of /);
    });
  }

  it("has two faults injected, read back and healed, or cannot tell", () => {
    const two = scenarioLog({ faults: [FORWARD_OFF, NOTHING] });
    expect(judge(two).verdict).to.equal("pass");
    for (const type of ["injected", "read-back", "healed"] as const) {
      const second = (event: Event) => event.type === type && event.faultId === "f1";
      expect(judge(without(two, second)).verdict, type).to.equal("unknown");
    }
  });

  for (const [afterMs, verdict] of [
    [4999, "pass"],
    [5000, "pass"],
    [5001, "fail"],
  ] as const) {
    it(`recovered after ${afterMs} ms of 5000: ${verdict}`, () => {
      expect(judge(changed(passing, "recovered", { afterMs })).verdict).to.equal(verdict);
    });
  }

  it("says that it recovered, but too late", () => {
    const { reason } = judge(changed(passing, "recovered", { afterMs: 5001 }));
    expect(reason).to.equal("recovered only 5001 ms after the fault was undone");
  });

  const unknowns: readonly (readonly [string, (events: readonly Event[]) => readonly Event[]])[] = [
    ["an error", (events) => withEvent(events, error)],
    ["a cut log", (events) => without(events, ({ type }) => type === "scenario-finished")],
  ];
  const fails: readonly (readonly [string, readonly Event[]])[] = [
    ["a wrong symptom", SYMPTOM_MISSING],
    ["a failed undo", failedHeal],
    ["no recovery", withEvent(passing, late)],
    ["node state", dirty],
  ];
  for (const [failName, failing] of fails) {
    for (const [unknownName, spoil] of unknowns) {
      it(`${failName} outranks ${unknownName}`, () => {
        expect(judge(spoil(failing)).verdict).to.equal("fail");
      });
    }
  }

  it("skips with its reason, whatever else is logged", () => {
    const events = withEvent(SYMPTOM_MISSING, { type: "skipped", scenario, reason: "no overlay" });
    expect(judge(events)).to.include({ verdict: "skip", reason: "no overlay" });
  });

  it("judges the last round under the fault, where a symptom took its time to show", () => {
    const early = { type: "round", scenario, phase: "fault", number: 0 } as const;
    const at = passing.findIndex((event) => event.type === "round" && event.phase === "fault");
    const before = { ...early, atMs: 0, observations: [...flows(BROKEN, "ok", 3), ...flows(CONTROL, "ok", 3)] };
    expect(judge([...passing.slice(0, at), before, ...passing.slice(at)]).verdict).to.equal("pass");
    expect(judge([...passing.slice(0, at + 1), before, ...passing.slice(at + 1)]).verdict).to.equal("fail");
  });

  it("cannot tell of a path that the round under the fault does not have", () => {
    const { verdict, reason } = judge(scenarioLog({ underFault: flows(BROKEN, "connect-timeout", 3) }));
    expect({ verdict, reason }).to.deep.equal({
      verdict: "unknown",
      reason: `${CONTROL}: expected ok, observed not measured (not measured)`,
    });
  });

  it("does not take a steady or recovery round for one under the fault", () => {
    expect(judge(without(passing, (event) => event.type === "round" && event.phase === "fault")).paths).to.deep.equal([
      ...Object.entries(EXPECT).map(([path, { symptoms }]) => ({
        path,
        expected: symptoms.join(),
        observed: "not measured",
        verdict: "unknown",
        reason: "not measured",
        symptoms: {},
        replicas: [],
      })),
    ]);
  });

  it("never passes a log that ends early, wherever it was cut", () => {
    const logs = fc.constantFrom(passing, scenarioLog({ mode: "swapped" }), scenarioLog({ faults: [NOTHING] }));
    const cut = logs.chain((log) => fc.tuple(fc.constant(log), fc.integer({ min: 1, max: log.length - 1 })));
    fc.assert(
      fc.property(cut, ([log, end]) => {
        expect(judge(log.slice(0, end)).verdict).to.equal("unknown");
      }),
    );
  });

  it("refuses events that do not begin with scenario-started", () => {
    expect(() => judge(passing.slice(1))).to.throw("begin with scenario-started");
    expect(() => judge([])).to.throw("begin with scenario-started");
  });

  it("tells the times of each part, null where it did not happen", () => {
    expect(judge(passing).times).to.deep.equal({
      steadyMs: 3000,
      injectMs: 12,
      proveMs: 2000,
      healMs: 8,
      recoveryMs: 240,
      totalMs: 16_000,
    });
    const nothing = { steadyMs: null, injectMs: null, proveMs: null, healMs: null, recoveryMs: null, totalMs: 0 };
    expect(judge(passing.slice(0, 1)).times).to.deep.equal(nothing);
  });

  it("says what was broken and how to run it again", () => {
    const { faults, reproduce } = judge(passing);
    expect(faults).to.deep.equal(["sysctl net.ipv4.ip_forward=0 on A"]);
    expect(reproduce).to.equal("./faultline run nodes/ip-forward --cell a/cell");
  });
});
