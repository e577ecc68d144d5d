import type { Fingerprint } from "../fingerprint/fingerprint.ts";
import type { NodeName, OfNodes } from "../model/nodes.ts";
import type { Observation } from "../probes/probe.ts";
import { recordedOf, type RecordedPath } from "./seen.ts";

/**
 * The state of a healthy cluster: the content of `baseline.json` beside its record. The output of tools on its nodes
 * is beside it in `baseline/NODE/NAME.txt`.
 */
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
  /** Names of tools whose output was empty. */
  readonly empty: readonly string[];
  /** Names of tools without output. */
  readonly missing: readonly string[];
}

/** Returns what the flows of each path showed. Pure. */
export function recordedPaths(observations: readonly Observation[]): Readonly<Record<string, RecordedPath>> {
  const byPath = Map.groupBy(observations, ({ path }) => path);
  return Object.fromEntries([...byPath].map(([path, flows]) => [path, recordedOf(flows)]));
}
