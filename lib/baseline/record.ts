import { randomBytes } from "node:crypto";
import type { Cluster, Whereabouts } from "../model/cluster.ts";
import { fingerprints } from "../engine/node-state.ts";
import { measure } from "../engine/measure.ts";
import { sleep } from "../engine/steady.ts";
import { UndecidedError } from "../host/errors.ts";
import { flowsOf } from "../evidence/flows.ts";
import { podPidsOn } from "../evidence/places.ts";
import { readState } from "../evidence/state.ts";
import { diffFingerprints, type Fingerprint } from "../fingerprint/fingerprint.ts";
import { nodesOf, ofNode, type NodeName, type OfNodes } from "../model/nodes.ts";
import type { Observation } from "../probes/probe.ts";
import { watchPlan } from "./paths.ts";
import { recordedPaths, type Baseline } from "./baseline.ts";

/** Agents may still be configuring a new node, so recording is tried several times. */
const ATTEMPTS = 5;
const PAUSE_MS = 1000;

/** The output of each tool by node and file name. */
export type NodeTexts = ReadonlyMap<NodeName, ReadonlyMap<string, string>>;

export type BaselineLabel = Pick<Baseline, "runId" | "recordedAt">;

/** A baseline with the output of tools on its nodes. */
export interface BaselineRecording {
  readonly baseline: Baseline;
  readonly texts: NodeTexts;
}

/**
 * Records every path and the nodes of a healthy cluster. The nodes must be equal before and after the measurement.
 * Throws UndecidedError naming a path that is not ok or a node that keeps changing, because a broken cluster is not a
 * baseline.
 */
export async function recordBaseline(
  cluster: Cluster,
  paths: readonly string[],
  label: BaselineLabel,
  signal?: AbortSignal,
): Promise<BaselineRecording> {
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    const measured = await measureOnce(cluster, paths, signal);
    if (measured.trouble === null) return recordingOf(cluster, label, measured);
    if (attempt === ATTEMPTS)
      throw new UndecidedError(`no baseline of ${cluster.record.name}: ${measured.trouble}`, "fix that first");
    await sleep(PAUSE_MS);
  }
}

interface HealthMeasurement {
  readonly where: Whereabouts;
  readonly observations: readonly Observation[];
  readonly nodes: OfNodes<Fingerprint>;
  readonly trouble: string | null;
}

async function measureOnce(
  cluster: Cluster,
  paths: readonly string[],
  signal?: AbortSignal,
): Promise<HealthMeasurement> {
  const before = await fingerprints(cluster);
  const where = await cluster.locate();
  const observations = await measure(cluster, where, watchPlan(paths), signal);
  const nodes = await fingerprints(cluster);
  const bad = observations.find(({ symptom }) => symptom !== "ok");
  if (bad) return { where, observations, nodes, trouble: `${bad.path} is ${bad.symptom} (${bad.detail})` };
  const changed = nodesOf(nodes).flatMap((node) => {
    const [was, now] = [ofNode(before, node), ofNode(nodes, node)];
    return diffFingerprints(was, now).map((line) => `node ${node} is changing: ${line}`);
  });
  return { where, observations, nodes, trouble: changed[0] ?? null };
}

async function recordingOf(
  cluster: Cluster,
  label: BaselineLabel,
  { where, observations, nodes }: HealthMeasurement,
): Promise<BaselineRecording> {
  const states = await Promise.all(
    nodesOf(nodes).map(async (node) => ({ node, ...(await stateOf(cluster, where, node)) })),
  );
  return {
    baseline: {
      schemaVersion: 1,
      cluster: cluster.record.name,
      ...label,
      paths: recordedPaths(observations),
      fingerprints: nodes,
      states: states.map(({ node, texts, missing }) => ({
        node,
        missing,
        empty: [...texts].filter(([, text]) => text === "").map(([name]) => name),
      })),
    },
    texts: new Map(states.map(({ node, texts }) => [node, texts])),
  };
}

/** A start in the far future, so that no log line is recorded: logs belong to their moment. */
const NO_LOGS = { time: "9999", uptimeS: "1e12" } as const;

async function stateOf(cluster: Cluster, where: Whereabouts, node: NodeName) {
  const { cni } = cluster.record.cell;
  const order = {
    mark: randomBytes(6).toString("hex"),
    since: NO_LOGS,
    cni,
    flows: flowsOf(where),
    pods: podPidsOn(where, node),
  };
  return await readState(cluster.exec(node), order);
}
