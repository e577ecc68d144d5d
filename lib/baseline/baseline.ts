import type { Fingerprint } from "../fingerprint/fingerprint.ts";
import type { NodeName, OfNodes } from "../model/nodes.ts";
import type { Observation } from "../probes/probe.ts";
import { recordedOf, type RecordedPath } from "./seen.ts";

/** A healthy cluster as it was: what `baseline.json` beside its record holds. What tools said of its nodes is beside it, `baseline/NODE/NAME.txt`. */
export interface Baseline {
  readonly schemaVersion: 1;
  readonly cluster: string;
  /** The run that recorded it. */
  readonly runId: string;
  /** RFC 3339. */
  readonly recordedAt: string;
  readonly paths: Readonly<Record<string, RecordedPath>>;
  readonly fingerprints: OfNodes<Fingerprint>;
  readonly states: readonly RecordedState[];
}

export interface RecordedState {
  readonly node: NodeName;
  /** What was asked and had nothing to say. */
  readonly empty: readonly string[];
  readonly missing: readonly string[];
}

/** What the flows of each path showed. Pure. */
export function recordedPaths(observations: readonly Observation[]): Readonly<Record<string, RecordedPath>> {
  const byPath = Map.groupBy(observations, ({ path }) => path);
  return Object.fromEntries([...byPath].map(([path, flows]) => [path, recordedOf(flows)]));
}
