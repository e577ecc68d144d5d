import { expect } from "chai";
import type { Event } from "../../../../lib/events/event.ts";
import type { NodeFault } from "../../../../lib/faults/registry.ts";
import type { SelfHealing } from "../../../../lib/scenario/spec.ts";
import { judgeScenario } from "../../../../lib/verdict/scenario.ts";
import { BROKEN, changed, CONTROL, flows, FORWARD_OFF, scenarioLog, without } from "../../sample-log.ts";

const scenario = "nodes/ip-forward";
const judge = (events: readonly Event[]) => judgeScenario("cell", events);

/** Returns the log as the engine writes it if a reading during the probes finds the fault gone. */
function drifted(events: readonly Event[], afterMs = 900, faultId = "f0", fault: NodeFault = FORWARD_OFF) {
  const detail = "net.ipv4.ip_forward = 1";
  const agents = ["kube-flannel-ds-x: I1121 iptables.go:508] Some iptables rules are missing"];
  const drift = { type: "drifted", scenario, faultId, fault, afterMs, detail, agents, atMs: 0 } as const;
  const isAfter = (event: Event) => event.type === "read-back" && event.when === "after" && event.faultId === faultId;
  const read = changed(without(events, isAfter), "read-back", { inForce: false, detail }, (event) => {
    return event.when === "during" && event.faultId === faultId;
  });
  const at = read.findIndex((event) => event.type === "round" && event.phase === "fault");
  return [...read.slice(0, at), drift, ...read.slice(at)];
}

describe("judgeScenario with a fault that did not stay", () => {
  const asClaimed = scenarioLog();
  const wrong = scenarioLog({ underFault: [...flows(BROKEN, "ok", 3), ...flows(CONTROL, "ok", 3)] });

  for (const [name, events] of [
    ["as claimed", asClaimed],
    ["not as claimed", wrong],
  ] as const) {
    it(`is unknown even if the paths were ${name}`, () => {
      const { verdict, reason } = judge(drifted(events));
      expect(verdict).to.equal("unknown");
      expect(reason).to.equal(
        "sysctl net.ipv4.ip_forward=0 on A was no longer in force 900 ms after injection: net.ipv4.ip_forward = 1; " +
          "meanwhile kube-flannel-ds-x: I1121 iptables.go:508] Some iptables rules are missing",
      );
    });
  }

  it("is unknown after a single reading that found the fault gone", () => {
    for (const when of ["before", "during", "after"] as const) {
      const events = changed(asClaimed, "read-back", { inForce: false }, (one) => one.when === when);
      expect(judge(events)).to.deep.include({
        verdict: "unknown",
        reason: `fault not in force ${when} the probes: it is`,
      });
    }
  });

  it("is unknown if the log lacks a reading during the probes", () => {
    const events = without(asClaimed, (event) => event.type === "read-back" && event.when === "during");
    expect(judge(events).verdict).to.equal("unknown");
  });

  it("fails for a node that did not come back, even though the fault drifted", () => {
    const events = changed(
      drifted(asClaimed),
      "node-state",
      { differences: ["route new"] },
      ({ node }) => node === "A",
    );
    expect(judge(events).verdict).to.equal("fail");
  });
});

describe("judgeScenario with an agent that is claimed to undo the fault", () => {
  const healsItself: SelfHealing = {
    by: "flannel",
    kind: "sysctl",
    withinMs: 5000,
    meanwhile: { [BROKEN]: ["connect-timeout", "slow"] },
  };
  const expectOk = { [BROKEN]: { symptoms: ["ok"] }, [CONTROL]: { symptoms: ["ok"] } } as const;

  /** Returns a log in which the first round shows `before` and the second, after the repair, is ok. */
  function healed(before: readonly ReturnType<typeof flows>[number][], afterMs = 900): readonly Event[] {
    const log = changed(scenarioLog({ expect: expectOk }), "scenario-started", { healsItself });
    const at = log.findIndex((event) => event.type === "round" && event.phase === "fault");
    const first = { ...log[at], observations: [...before, ...flows(CONTROL, "ok", 3)] } as Event;
    return drifted([...log.slice(0, at), first, ...log.slice(at)], afterMs);
  }

  const table = [
    ["undone in time after all flows showed it", healed(flows(BROKEN, "connect-timeout", 3)), "pass"],
    [
      "undone in time after one flow showed it",
      healed([...flows(BROKEN, "slow", 1), ...flows(BROKEN, "ok", 2)]),
      "pass",
    ],
    ["undone in time, but no flow ever showed it", healed(flows(BROKEN, "ok", 3), 1500), "fail"],
    ["undone before a probe could meet it", healed(flows(BROKEN, "ok", 3), 1499), "unknown"],
    [
      "undone in time, but the only affected flow is undecided",
      healed([...flows(BROKEN, "unknown", 1), ...flows(BROKEN, "ok", 2)], 3000),
      "unknown",
    ],
    ["undone in time after another symptom", healed(flows(BROKEN, "connection-refused", 3), 2000), "fail"],
    ["undone too late", healed(flows(BROKEN, "connect-timeout", 3), 5001), "fail"],
  ] as const;
  for (const [name, events, verdict] of table) {
    it(`judges a fault as ${verdict} that was ${name}`, () => expect(judge(events).verdict).to.equal(verdict));
  }

  /**
   * Returns a log with an injection at 10 s by the wall clock. The fault is last seen in force `seenMs` later and
   * logged as gone another 900 ms later. The first probe begins `probeMs` after injection.
   */
  function undone(seenMs: number, probeMs: number, shown: "ok" | "slow" = "ok"): readonly Event[] {
    const start = (one: ReturnType<typeof flows>[number]) => ({ ...one, startedAtMs: 10_000 + probeMs });
    const log = healed(flows(BROKEN, shown, 3).map(start), seenMs + 300);
    return log.map((event) => {
      if (event.type === "injected") return { ...event, atMs: 10_000, upMs: 500 };
      if (event.type !== "drifted") return event;
      return { ...event, lastSeenMs: seenMs, atMs: 10_900 + seenMs, upMs: 1400 + seenMs };
    });
  }

  const early = [
    [undone(2900, 5800), "unknown", /not once .*: it was last seen in force 2900 ms before the first probe began$/],
    [
      undone(4700, 3700),
      "unknown",
      /: it was last seen in force 1000 ms after the first probe began, too soon to meet a probe$/,
    ],
    [undone(4700, 3201), "unknown", /in force 1499 ms after/],
    [undone(4700, 3200), "fail", /not once connect-timeout or slow until flannel had undone it$/],
    [undone(4700, 200), "fail", /not once/],
    [undone(2900, 5800, "slow"), "pass", /.*/],
  ] as const;
  for (const [index, [events, verdict, reason]] of early.entries()) {
    it(`is unknown only if the probes had less than 1500 ms to meet the fault, case ${index}`, () => {
      const result = judge(events);
      expect(result.verdict).to.equal(verdict);
      expect(result.paths.find((one) => one.path === BROKEN)?.reason).to.match(reason);
    });
  }

  it("judges a log without lastSeenMs by the time until the fault was found gone", () => {
    const old = (seenMs: number, probeMs: number) =>
      undone(seenMs, probeMs).map((event) => {
        if (event.type !== "drifted") return event;
        return Object.fromEntries(Object.entries(event).filter(([key]) => key !== "lastSeenMs")) as unknown as Event;
      });
    // The fault was found gone 300 ms after `seenMs`, whether the first probe began later or earlier.
    expect(judge(old(1200, 5800)).verdict).to.equal("fail");
    expect(judge(old(2900, 5800)).verdict).to.equal("fail");
    expect(judge(old(1199, 200)).verdict).to.equal("unknown");
    expect(judge(old(1199, 200)).paths.find((one) => one.path === BROKEN)?.reason).to.match(
      /undone it: it was found gone 1499 ms after injection$/,
    );
  });

  it("is not misled by a wall clock that was set between the fault and the first probe", () => {
    const later = (events: readonly Event[]) =>
      events.map((event) => {
        if (event.type === "drifted") return { ...event, atMs: event.atMs + 3_600_000 };
        if (event.type !== "round") return event;
        const set = event.observations.map((one) => ({
          ...one,
          startedAtMs: one.startedAtMs && one.startedAtMs + 3_600_000,
        }));
        return { ...event, observations: set };
      });
    expect(judge(later(undone(2900, 5800))).verdict).to.equal("unknown");
    expect(judge(later(undone(4700, 200))).verdict).to.equal("fail");
  });

  it("fails if the agent did not undo the watched fault in time, and is unknown if it was watched for less", () => {
    // In the sample log the reading after the probes comes four seconds after the injection.
    const within = (withinMs: number) =>
      judge(
        changed(scenarioLog({ expect: expectOk }), "scenario-started", {
          healsItself: { ...healsItself, withinMs, meanwhile: {} },
        }),
      );
    expect(within(4000)).to.deep.include({ verdict: "fail", reason: "flannel did not undo it within 4000 ms" });
    expect(within(4001)).to.deep.include({
      verdict: "unknown",
      reason: "the fault was not watched for the 4001 ms that flannel has",
    });
  });

  it("does not count a symptom that shows only after the repair", () => {
    const log = healed(flows(BROKEN, "ok", 3), 3000);
    const at = log.findLastIndex((event) => event.type === "round" && event.phase === "fault");
    const late = { ...log[at], observations: [...flows(BROKEN, "slow", 3), ...flows(CONTROL, "ok", 3)] } as Event;
    const last = log[at];
    if (!last) throw new Error("the sample log has a round under the fault");
    expect(judge([...log.slice(0, at + 1), late, last, ...log.slice(at + 1)]).verdict).to.equal("fail");
  });

  it("is unknown if a path that must break is not probed", () => {
    const log = changed(healed(flows(BROKEN, "slow", 3)), "scenario-started", {
      healsItself: { ...healsItself, meanwhile: { [BROKEN]: ["slow"], "other → server by podip": ["slow"] } },
    });
    expect(judge(log)).to.deep.include({
      verdict: "unknown",
      reason: "the log has no trace of probes on other → server by podip",
    });
  });

  it("is unknown if the fault that is gone is not the claimed one", () => {
    const log = changed(healed(flows(BROKEN, "slow", 3)), "scenario-started", {
      healsItself: { ...healsItself, kind: "route" },
    });
    expect(judge(log).verdict).to.equal("unknown");
  });
});
