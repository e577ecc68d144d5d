import type { Cell } from "../../lib/model/cell.ts";
import type { Event } from "../../lib/events/event.ts";
import type { Mode } from "../../lib/model/mode.ts";
import type { NewEvent } from "../../lib/events/event-log.ts";
import type { Expectation } from "../../lib/model/expectation.ts";
import type { NodeFault } from "../../lib/faults/registry.ts";
import type { Observation, Seen } from "../../lib/probes/probe.ts";
import type { Symptom } from "../../lib/model/symptom.ts";

export const CELL: Cell = {
  cni: "flannel",
  cniVersion: "1.2.3",
  proxyMode: "iptables",
  kubernetesVersion: "1.34.4",
  ipFamily: "ipv4",
};
export const FORWARD_OFF: NodeFault = {
  node: "A",
  fault: { kind: "sysctl", key: "net.ipv4.ip_forward", value: "0" },
};
export const NOTHING: NodeFault = { node: "A", fault: { kind: "none" } };

export const BROKEN = "other → server by podIP";
export const CONTROL = "same → server by podIP";
export const EXPECT: Readonly<Record<string, Expectation>> = {
  [BROKEN]: { symptoms: ["connect-timeout"] },
  [CONTROL]: { symptoms: ["ok"] },
};

/** One flow on a path that showed `symptom`. */
export function observation(path: string, symptom: Symptom, seen: Seen = {}): Observation {
  return {
    id: `${path}#0`,
    path,
    tool: "curl",
    symptom,
    detail: `saw ${symptom}`,
    startedAtMs: 0,
    durationMs: 1,
    seen,
    raw: { exitCode: 0, stdout: "", stderr: "" },
  };
}

/** `count` flows on a path, all with one symptom. */
export function flows(path: string, symptom: Symptom, count: number, seen: Seen = {}): readonly Observation[] {
  return Array.from({ length: count }, () => observation(path, symptom, seen));
}

/** Addresses as a far end reports them when `claim` holds. */
export const SEEN = {
  untranslated: { client: "10.244.1.2", source: "10.244.1.2", remote: "10.244.1.3", local: "10.244.1.3" },
  dnat: { client: "10.244.1.2", source: "10.244.1.2", remote: "10.96.0.7", local: "10.244.1.3" },
  "this-pod": { client: "10.244.1.3", source: "10.244.1.3", remote: "10.244.1.3", local: "10.244.1.3" },
} as const;

/** Observations that show exactly what is expected: three flows a path, or as many as a share-claim names. */
export function asExpected(expect: Readonly<Record<string, Expectation>>): readonly Observation[] {
  return Object.entries(expect).flatMap(([path, { symptoms, addresses, share, mostly }]) => {
    const symptom = symptoms[0] ?? "unknown";
    if (share) {
      const hits = Math.round(share.of * share.part);
      const others = share.replica === "dnsB" ? "dnsA" : "dnsB";
      const [met, spared] = share.replica ? [{ replica: share.replica }, { replica: others }] : [{}, {}];
      return [...flows(path, symptom, hits, met), ...flows(path, "ok", share.of - hits, spared)];
    }
    if (mostly) return [...flows(path, symptom, 2), ...flows(path, "ok", 1)];
    return flows(path, symptom, 3, addresses ? SEEN[addresses] : {});
  });
}

/** The case where nothing is broken: every flow of every path is ok. */
export function allOk(expect: Readonly<Record<string, Expectation>>): readonly Observation[] {
  return Object.entries(expect).flatMap(([path, { addresses, share }]) =>
    flows(path, "ok", share?.of ?? 3, addresses ? SEEN[addresses] : {}),
  );
}

export interface SampleLog {
  readonly scenario?: string;
  readonly mode?: Mode;
  readonly faults?: readonly NodeFault[];
  readonly expect?: Readonly<Record<string, Expectation>>;
  /** What the last round under the fault showed. */
  readonly underFault?: readonly Observation[];
}

/** The events of a scenario that passes, as the engine logs them, a second apart. */
export function scenarioLog(sample: SampleLog = {}): readonly Event[] {
  const { scenario = "nodes/ip-forward", mode = "as-claimed", faults = [FORWARD_OFF], expect = EXPECT } = sample;
  const underFault = sample.underFault ?? asExpected(expect);
  const ok = allOk(expect).filter((one, index, all) => all.findIndex(({ path }) => path === one.path) === index);
  const started = { title: "a title", claim: "a claim", documented: ["document 003"], recoversWithinMs: 5000 };
  const ids = faults.map((fault, index) => ({ fault, faultId: `f${index}` }));
  const events: readonly NewEvent[] = [
    { type: "scenario-started", scenario, ...started, mode, faults, expect },
    ...[1, 2, 3].map((number) => ({ type: "round", scenario, phase: "steady", number, observations: ok }) as const),
    ...ids.flatMap(
      ({ fault, faultId }) =>
        [
          { type: "injected", scenario, faultId, fault, durationMs: 12 },
          { type: "read-back", scenario, faultId, when: "before", inForce: true, detail: "it is" },
        ] as const,
    ),
    { type: "round", scenario, phase: "fault", number: 1, observations: underFault },
    ...ids.map(
      ({ faultId }) =>
        ({ type: "read-back", scenario, faultId, when: "during", inForce: true, detail: "it is" }) as const,
    ),
    ...ids.map(
      ({ faultId }) =>
        ({ type: "read-back", scenario, faultId, when: "after", inForce: true, detail: "it is" }) as const,
    ),
    ...ids.map(({ faultId }) => ({ type: "healed", scenario, faultId, durationMs: 8, ok: true, detail: "" }) as const),
    ...[1, 2, 3].map((number) => ({ type: "round", scenario, phase: "recovery", number, observations: ok }) as const),
    { type: "recovered", scenario, afterMs: 240 },
    { type: "node-state", scenario, node: "A", differences: [] },
    { type: "node-state", scenario, node: "B", differences: [] },
    { type: "scenario-finished", scenario, durationMs: 9000 },
  ];
  return timed(events);
}

/** A cell's whole log around the scenarios' events. */
export function cellLog(...scenarios: readonly (readonly Event[])[]): readonly Event[] {
  const facts = { kernel: "6.18" };
  return timed([
    { type: "cell-started", runId: "20260101-000000-abcd", cell: CELL, facts },
    { type: "cluster-started", name: "faultline-x", reused: false },
    { type: "stage-started", stage: "suites", detail: "faultline-x" },
    ...scenarios.flat(),
    { type: "stage-done", stage: "suites", durationMs: 9000, detail: "faultline-x" },
    { type: "cell-finished", durationMs: 10_000 },
  ]);
}

/** The same events with one kind left out. */
export function without(events: readonly Event[], gone: (event: Event) => boolean): readonly Event[] {
  return events.filter((event) => !gone(event));
}

/** The same events, those of one type changed. */
export function changed<T extends Event["type"]>(
  events: readonly Event[],
  type: T,
  change: Partial<Extract<Event, { type: T }>>,
  only: (event: Extract<Event, { type: T }>) => boolean = () => true,
): readonly Event[] {
  return events.map((event) => {
    return event.type === type && only(event as Extract<Event, { type: T }>) ? { ...event, ...change } : event;
  });
}

/** The same events with one more before `scenario-finished`. */
export function withEvent(events: readonly Event[], event: NewEvent): readonly Event[] {
  return timed([...events.slice(0, -1), event, ...events.slice(-1)]);
}

function timed(events: readonly NewEvent[]): readonly Event[] {
  return events.map((event, index) => ({ ...event, atMs: 1_700_000_000_000 + index * 1000 }));
}
