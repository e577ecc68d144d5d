import { expect } from "chai";
import type { Event } from "../../../../lib/events/event.ts";
import type { NodeFault } from "../../../../lib/faults/contract/fault.ts";
import type { SelfHealing } from "../../../../lib/scenario/spec.ts";
import { judgeScenario } from "../../../../lib/verdict/scenario.ts";
import { BROKEN, changed, CONTROL, flows, FORWARD_OFF, scenarioLog, without } from "../../sample-log.ts";

const scenario = "nodes/ip-forward";
const judge = (events: readonly Event[]) => judgeScenario("cell", events);

/** As the engine logs a fault that a reading during the probes found gone. */
function drifted(events: readonly Event[], afterMs = 900, faultId = "f0", fault: NodeFault = FORWARD_OFF) {
  const detail = "net.ipv4.ip_forward = 1";
  const agents = ["kube-flannel-ds-x: I1121 iptables.go:508] Some iptables rules are missing"];
  const told = { type: "drifted", scenario, faultId, fault, afterMs, detail, agents, atMs: 0 } as const;
  const isAfter = (event: Event) => event.type === "read-back" && event.when === "after" && event.faultId === faultId;
  const read = changed(without(events, isAfter), "read-back", { inForce: false, detail }, (event) => {
    return event.when === "during" && event.faultId === faultId;
  });
  const at = read.findIndex((event) => event.type === "round" && event.phase === "fault");
  return [...read.slice(0, at), told, ...read.slice(at)];
}

describe("judgeScenario: a fault that did not stay", () => {
  const asClaimed = scenarioLog();
  const wrong = scenarioLog({ underFault: [...flows(BROKEN, "ok", 3), ...flows(CONTROL, "ok", 3)] });

  for (const [name, events] of [
    ["as claimed", asClaimed],
    ["not as claimed", wrong],
  ] as const) {
    it(`says nothing of the claim, though the paths were ${name}`, () => {
      const { verdict, reason } = judge(drifted(events));
      expect(verdict).to.equal("unknown");
      expect(reason).to.equal(
        "sysctl net.ipv4.ip_forward=0 on A was in force no more 900 ms after it was put in force: net.ipv4.ip_forward = 1; " +
          "meanwhile kube-flannel-ds-x: I1121 iptables.go:508] Some iptables rules are missing",
      );
    });
  }

  it("needs no more than one reading that found it gone", () => {
    for (const when of ["before", "during", "after"] as const) {
      const events = changed(asClaimed, "read-back", { inForce: false }, (one) => one.when === when);
      expect(judge(events)).to.deep.include({
        verdict: "unknown",
        reason: `fault not in force ${when} the probes: it is`,
      });
    }
  });

  it("cannot tell from a log without a reading during the probes", () => {
    const events = without(asClaimed, (event) => event.type === "read-back" && event.when === "during");
    expect(judge(events).verdict).to.equal("unknown");
  });

  it("still fails for a node that did not come back", () => {
    const events = changed(
      drifted(asClaimed),
      "node-state",
      { differences: ["route new"] },
      ({ node }) => node === "A",
    );
    expect(judge(events).verdict).to.equal("fail");
  });
});

describe("judgeScenario: a fault that somebody is claimed to undo", () => {
  const healsItself: SelfHealing = {
    by: "flannel",
    kind: "sysctl",
    withinMs: 5000,
    meanwhile: { [BROKEN]: ["connect-timeout", "slow"] },
  };
  const expectOk = { [BROKEN]: { symptoms: ["ok"] }, [CONTROL]: { symptoms: ["ok"] } } as const;

  /** Broken in the first round, ok in the second; `before` is what the first showed. */
  function healed(before: readonly ReturnType<typeof flows>[number][], afterMs = 900): readonly Event[] {
    const log = changed(scenarioLog({ expect: expectOk }), "scenario-started", { healsItself });
    const at = log.findIndex((event) => event.type === "round" && event.phase === "fault");
    const first = { ...log[at], observations: [...before, ...flows(CONTROL, "ok", 3)] } as Event;
    return drifted([...log.slice(0, at), first, ...log.slice(at)], afterMs);
  }

  const table = [
    ["undone in time, broken until then", healed(flows(BROKEN, "connect-timeout", 3)), "pass"],
    ["one flow alone was hit", healed([...flows(BROKEN, "slow", 1), ...flows(BROKEN, "ok", 2)]), "pass"],
    ["nothing was ever broken", healed(flows(BROKEN, "ok", 3), 1500), "fail"],
    ["undone before a probe could meet it", healed(flows(BROKEN, "ok", 3), 1499), "unknown"],
    [
      "what was broken could not be told",
      healed([...flows(BROKEN, "unknown", 1), ...flows(BROKEN, "ok", 2)], 3000),
      "unknown",
    ],
    ["broken in another way", healed(flows(BROKEN, "connection-refused", 3), 2000), "fail"],
    ["undone too late", healed(flows(BROKEN, "connect-timeout", 3), 5001), "fail"],
  ] as const;
  for (const [name, events, verdict] of table) {
    it(`${name}: ${verdict}`, () => expect(judge(events).verdict).to.equal(verdict));
  }

  /** The fault put in force at 10 s by the wall clock, last seen so `seenMs` later, gone and told of another 900 ms later; the first probe began `probeMs` after the fault. */
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
      /: it was last seen in force 1000 ms after the first probe began, too soon to be met$/,
    ],
    [undone(4700, 3201), "unknown", /in force 1499 ms after/],
    [undone(4700, 3200), "fail", /not once connect-timeout or slow until flannel had undone it$/],
    [undone(4700, 200), "fail", /not once/],
    [undone(2900, 5800, "slow"), "pass", /.*/],
  ] as const;
  for (const [index, [events, verdict, reason]] of early.entries()) {
    it(`what was undone before it was probed was too quick to be seen, what was probed for long was not (${index})`, () => {
      const result = judge(events);
      expect(result.verdict).to.equal(verdict);
      expect(result.paths.find((one) => one.path === BROKEN)?.reason).to.match(reason);
    });
  }

  it("judges a log of before it was written down when a fault was last seen as it was judged then, though it says when probes began", () => {
    const old = (seenMs: number, probeMs: number) =>
      undone(seenMs, probeMs).map((event) => {
        if (event.type !== "drifted") return event;
        return Object.fromEntries(Object.entries(event).filter(([key]) => key !== "lastSeenMs")) as unknown as Event;
      });
    // Found gone 300 ms after `seenMs`; the first probe began long after that, and before it.
    expect(judge(old(1200, 5800)).verdict).to.equal("fail");
    expect(judge(old(2900, 5800)).verdict).to.equal("fail");
    expect(judge(old(1199, 200)).verdict).to.equal("unknown");
    expect(judge(old(1199, 200)).paths.find((one) => one.path === BROKEN)?.reason).to.match(
      /undone it: it was found gone 1499 ms after it was put in force$/,
    );
  });

  it("counts by its own clock: the wall clock may have been set between the fault and the first probe", () => {
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

  it("fails when nobody undid it in the time that it was watched for, and cannot tell after less", () => {
    // In the sample log four seconds lie between the fault and the reading after the probes.
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

  it("does not take what broke after the repair for what the fault broke", () => {
    const log = healed(flows(BROKEN, "ok", 3), 3000);
    const at = log.findLastIndex((event) => event.type === "round" && event.phase === "fault");
    const late = { ...log[at], observations: [...flows(BROKEN, "slow", 3), ...flows(CONTROL, "ok", 3)] } as Event;
    const last = log[at];
    if (!last) throw new Error("the sample log has a round under the fault");
    expect(judge([...log.slice(0, at + 1), late, last, ...log.slice(at + 1)]).verdict).to.equal("fail");
  });

  it("cannot tell of a path that is to be broken and is not probed", () => {
    const log = changed(healed(flows(BROKEN, "slow", 3)), "scenario-started", {
      healsItself: { ...healsItself, meanwhile: { [BROKEN]: ["slow"], "other → server by podip": ["slow"] } },
    });
    expect(judge(log)).to.deep.include({
      verdict: "unknown",
      reason: "the log has no trace of probes on other → server by podip",
    });
  });

  it("cannot tell when another fault than the claimed one is gone", () => {
    const log = changed(healed(flows(BROKEN, "slow", 3)), "scenario-started", {
      healsItself: { ...healsItself, kind: "route" },
    });
    expect(judge(log).verdict).to.equal("unknown");
  });
});
