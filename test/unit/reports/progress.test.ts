import { expect } from "chai";
import fc from "fast-check";
import type { Event } from "../../../lib/events/event.ts";
import { describeFault } from "../../../lib/faults/registry.ts";
import type { Observation } from "../../../lib/probes/probe.ts";
import { advance, liveProgress, type Running, runningLines, stays } from "../../../reports/live.ts";
import { plainLines } from "../../../reports/progress.ts";
import { hostileText } from "./sample.ts";

const CELL = "flannel@0.28.4/iptables/1.34.4/ipv4";
const SCENARIO = "nodes/ip-forward";
const fault = { node: "A", fault: { kind: "sysctl", key: "net.ipv4.ip_forward", value: "0" } } as const;

function observation(symptom: Observation["symptom"]): Observation {
  const raw = { exitCode: 0, stdout: "", stderr: "" };
  const where = { id: "1", path: "same → server by podIP", tool: "curl" } as const;
  return { ...where, symptom, detail: "", startedAtMs: 0, durationMs: 1, seen: {}, raw };
}

const round = [observation("connect-timeout"), observation("ok"), observation("ok")];
const events: readonly Event[] = [
  { atMs: 0, type: "cluster-started", name: "faultline-x", reused: false },
  { atMs: 0, type: "stage-started", stage: "cni", detail: "flannel 0.28.4" },
  { atMs: 9_870, type: "stage-done", stage: "cni", durationMs: 9_870, detail: "" },
  { atMs: 10_000, type: "stage-started", stage: "suites", detail: "" },
  {
    atMs: 10_000,
    type: "scenario-started",
    scenario: SCENARIO,
    title: "ip_forward off",
    claim: "no routing",
    documented: [],
    mode: "as-claimed",
    faults: [fault],
    expect: {},
    recoversWithinMs: 5_000,
  },
  { atMs: 10_100, type: "injected", scenario: SCENARIO, faultId: "f1", fault, durationMs: 12 },
  { atMs: 10_200, type: "read-back", scenario: SCENARIO, faultId: "f1", when: "before", inForce: true, detail: "0" },
  { atMs: 12_800, type: "round", scenario: SCENARIO, phase: "fault", number: 1, observations: round },
  { atMs: 12_900, type: "healed", scenario: SCENARIO, faultId: "f1", durationMs: 11, ok: false, detail: "still 0" },
  { atMs: 13_000, type: "not-recovered", scenario: SCENARIO, afterMs: 5_000 },
  {
    atMs: 13_100,
    type: "node-state",
    scenario: SCENARIO,
    node: "A",
    differences: ["ip_forward: 1 → 0", "route: gone"],
  },
  { atMs: 13_200, type: "scenario-finished", scenario: SCENARIO, durationMs: 3_200 },
  { atMs: 13_300, type: "cluster-kept", name: "faultline-x", detail: "delete it with ./faultline gc" },
];

describe("plain progress", () => {
  it("writes a line an event, with time and cell", () => {
    const lines = events.flatMap((event) => plainLines(CELL, event, describeFault));
    expect(lines.map((line) => line.replace(`1970-01-01T00:00:`, "").replace(CELL, "C"))).to.deep.equal([
      "00.000Z C makes cluster faultline-x",
      "00.000Z C cni: flannel 0.28.4",
      "09.870Z C cni done in 9.9 s",
      "10.000Z C suites",
      `10.000Z C ${SCENARIO}: started: sysctl net.ipv4.ip_forward=0 on A; claim: no routing`,
      `10.100Z C ${SCENARIO}: injected sysctl net.ipv4.ip_forward=0 on A in 12 ms`,
      `10.200Z C ${SCENARIO}: before the probes the fault is in force: 0`,
      `12.800Z C ${SCENARIO}: fault round 1: 2 ok, 1 connect-timeout`,
      `12.900Z C ${SCENARIO}: NOT healed in 11 ms: still 0`,
      `13.000Z C ${SCENARIO}: NOT recovered after 5.0 s`,
      `13.100Z C ${SCENARIO}: node A DIFFERS: ip_forward: 1 → 0`,
      "13.100Z C route: gone",
      `13.200Z C ${SCENARIO}: finished in 3.2 s`,
      "13.300Z C cluster faultline-x kept; delete it with ./faultline gc",
    ]);
  });

  it("writes no control code and no newline of a message", () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const failed = {
          atMs: 0,
          type: "stage-failed",
          stage: "cni",
          durationMs: 1,
          message: text,
          exitCode: 2,
        } as const;
        for (const line of plainLines(text, failed, describeFault)) expect(line).not.to.match(/[\p{Cc}\p{Cf}\u2028]/u);
      }),
    );
  });
});

describe("live progress", () => {
  it("knows the running work and since when it runs", () => {
    let running: Running = new Map();
    const shown = events.map((event) => {
      running = advance(running, "C", event);
      return runningLines(running, event.atMs + 500)[0];
    });
    expect(shown[1]).to.equal("500 ms C cni: flannel 0.28.4");
    expect(shown[7]).to.equal(`3.3 s C ${SCENARIO}, fault round 1`);
    expect(shown.at(-1)).to.equal("3.8 s C suites");
    running = advance(running, "C", { atMs: 14_000, type: "cell-finished", durationMs: 14_000 });
    expect(runningLines(running, 14_000)).to.deep.equal([]);
  });

  it("keeps lines for results and errors only", () => {
    const kept = events.filter(stays).map((event) => event.type);
    expect(kept).to.deep.equal([
      "stage-done",
      "healed",
      "not-recovered",
      "node-state",
      "scenario-finished",
      "cluster-kept",
    ]);
  });

  it("draws one line that ends before the terminal's edge, and removes it", () => {
    const written: string[] = [];
    const stream = { columns: 40, write: (text: string) => written.push(text) };
    const live = liveProgress({ stream, describe: describeFault, nowMs: () => 20_000, ascii: true });
    for (const event of events.slice(0, 4)) live.event(CELL, event);
    live.event("other", { atMs: 0, type: "stage-started", stage: "cluster", detail: "\u001b[2Jpods …" });
    live.tick();
    live.line("built the image");
    live.clear();
    const frames = written.flatMap((text) => text.split("\r\u001b[2K")).filter((text) => text !== "");
    for (const frame of frames) expect((frame.split("\n").at(-1) ?? "").length).to.be.lessThan(40);
    expect(frames.at(-1)).to.equal("built the image\n/ 20.0 s other cluster: po... (+1 more)");
    expect(written.at(-1)).to.equal("\r\u001b[2K");
    expect(live.standing()).to.have.length(2);
  });
});
