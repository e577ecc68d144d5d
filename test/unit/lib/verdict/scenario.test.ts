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
const UNDECIDED = showing("unknown");

describe("judgeScenario", () => {
  it("passes a scenario that shows its claim, stays in force, heals, recovers and leaves no trace", () => {
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
    ["a missing symptom", SYMPTOM_MISSING, "fail", /expected connect-timeout, observed ok ×3/],
    ["another symptom", showing("connection-refused"), "fail", /observed connection-refused/],
    ["a broken control", showing("connect-timeout", "connect-timeout"), "fail", /^same → server/],
    ["an undecided path", UNDECIDED, "unknown", /observed unknown ×3/],
    ["an undecided control", showing("connect-timeout", "unknown"), "unknown", /^same → server/],
    [
      "a fault that is gone before the probes",
      read("before"),
      "unknown",
      /not in force before the probes: ip_forward = 1/,
    ],
    [
      "a fault that is gone after the probes",
      read("after"),
      "unknown",
      /not in force after the probes: ip_forward = 1/,
    ],
    ["a fault that could not be undone", failedHeal, "fail", /could not be undone: busy/],
    ["a path that does not recover", withEvent(passing, late), "fail", /not recovered 6200 ms/],
    ["a changed node", dirty, "fail", /B: route gone \(and 1 more\)/],
    ["an error", withEvent(passing, error), "unknown", /docker does not answer/],
    ["no round under the fault", noRound, "unknown", /other → server .* observed not measured/],
    ["a log that ends too early", noEnd, "unknown", /no trace of the end of the scenario/],
  ];
  for (const [name, events, verdict, reason] of table) {
    it(`judges ${name} as ${verdict}`, () => {
      const result = judge(events);
      expect(result.verdict).to.equal(verdict);
      expect(result.reason).to.match(reason).and.not.include("\n");
    });
  }

  for (const type of ["injected", "read-back", "healed", "recovered", "node-state"] as const) {
    it(`is unknown if the log lacks the ${type} events`, () => {
      const { verdict, reason } = judge(without(passing, (event) => event.type === type));
      expect(verdict).to.equal("unknown");
      expect(reason).to.match(/^the log has no trace of /);
    });
  }

  it("is unknown unless both of two faults are injected, read back and healed", () => {
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
    it(`judges a recovery after ${afterMs} ms of 5000 ms as ${verdict}`, () => {
      expect(judge(changed(passing, "recovered", { afterMs })).verdict).to.equal(verdict);
    });
  }

  it("says so if it recovered too late", () => {
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
    ["a changed node", dirty],
  ];
  for (const [failName, failing] of fails) {
    for (const [unknownName, spoil] of unknowns) {
      it(`fails for ${failName} even with ${unknownName}`, () => {
        expect(judge(spoil(failing)).verdict).to.equal("fail");
      });
    }
  }

  it("skips with its code and reason, whatever else is logged", () => {
    const events = withEvent(SYMPTOM_MISSING, { type: "skipped", scenario, code: "cell", reason: "no overlay" });
    expect(judge(events)).to.include({ verdict: "skip", skipCode: "cell", reason: "no overlay" });
  });

  it("judges the last round if the symptom needed time to show", () => {
    const early = { type: "round", scenario, phase: "fault", number: 0 } as const;
    const at = passing.findIndex((event) => event.type === "round" && event.phase === "fault");
    const before = { ...early, atMs: 0, observations: [...flows(BROKEN, "ok", 3), ...flows(CONTROL, "ok", 3)] };
    expect(judge([...passing.slice(0, at), before, ...passing.slice(at)]).verdict).to.equal("pass");
    expect(judge([...passing.slice(0, at + 1), before, ...passing.slice(at + 1)]).verdict).to.equal("fail");
  });

  it("is unknown if the round under the fault lacks a path", () => {
    const { verdict, reason } = judge(scenarioLog({ underFault: flows(BROKEN, "connect-timeout", 3) }));
    expect({ verdict, reason }).to.deep.equal({
      verdict: "unknown",
      reason: `${CONTROL}: expected ok, observed not measured (not measured)`,
    });
  });

  it("does not count a steady or recovery round as one under the fault", () => {
    expect(judge(without(passing, (event) => event.type === "round" && event.phase === "fault")).paths).to.deep.equal([
      ...Object.entries(EXPECT).map(([path, { symptoms }]) => ({
        path,
        control: path === CONTROL,
        expected: symptoms.join(),
        observed: "not measured",
        verdict: "unknown",
        reason: "not measured",
        symptoms: {},
        replicas: [],
      })),
    ]);
  });

  it("is unknown wherever the log was cut", () => {
    const logs = fc.constantFrom(passing, scenarioLog({ mode: "swapped" }), scenarioLog({ faults: [NOTHING] }));
    const cut = logs.chain((log) => fc.tuple(fc.constant(log), fc.integer({ min: 1, max: log.length - 1 })));
    fc.assert(
      fc.property(cut, ([log, end]) => {
        expect(judge(log.slice(0, end)).verdict).to.equal("unknown");
      }),
    );
  });

  it("throws if the events do not begin with scenario-started", () => {
    expect(() => judge(passing.slice(1))).to.throw("begin with scenario-started");
    expect(() => judge([])).to.throw("begin with scenario-started");
  });

  it("returns the duration of each part, null for a part that did not happen", () => {
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

  it("ends a scenario before the evidence that is written while the next one runs", () => {
    const last = passing.at(-1)?.atMs ?? 0;
    const evidence = { type: "evidence", scenario, dir: null, kept: "none", files: 0, bytes: 0, trouble: [] } as const;
    const late = { ...evidence, atMs: last + 9000 };
    expect(judge([...passing, { ...late, deferred: true }]).times.totalMs).to.equal(16_000);
    expect(judge([...passing, late]).times.totalMs, "in a log of 44bf7fb").to.equal(25_000);
  });

  it("decides nothing by a comparison of nodes that a stop ended", () => {
    const [A] = passing.filter((event) => event.type === "node-state");
    const stopped = [
      ...without(passing, ({ type }) => type === "node-state" || type === "scenario-finished"),
      ...(A ? [{ ...A, differences: ["route gone"], undecided: true as const }] : []),
    ];
    expect(judge(withEvent(stopped, error))).to.include({ verdict: "unknown" });
    expect(judge(withEvent(stopped, error)).nodeStateDifferences).to.deep.equal([]);
  });

  it("names the fault and the command that runs the scenario again", () => {
    const { faults, reproduce } = judge(passing);
    expect(faults).to.deep.equal(["sysctl net.ipv4.ip_forward=0 on A"]);
    expect(reproduce).to.equal("./faultline run nodes/ip-forward --cell a/cell");
  });
});
