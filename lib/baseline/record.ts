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

/** Agents may still be at work on a node just made. */
const ATTEMPTS = 5;
const PAUSE_MS = 1000;

/** What each tool said of a node, by the name of its file. */
export type Texts = ReadonlyMap<NodeName, ReadonlyMap<string, string>>;

export type BaselineLabel = Pick<Baseline, "runId" | "recordedAt">;

export interface Recorded {
  readonly baseline: Baseline;
  readonly texts: Texts;
}

/**
 * Records a cluster as it is: every path, and its nodes, which must be the same before and after. Throws UndecidedError naming what is not ok, or does not
 * come to rest: what is broken is no baseline.
 */
export async function recordBaseline(
  cluster: Cluster,
  paths: readonly string[],
  label: BaselineLabel,
  signal?: AbortSignal,
): Promise<Recorded> {
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    const taken = await takeOnce(cluster, paths, signal);
    if (taken.trouble === null) return recorded(cluster, label, taken);
    if (attempt === ATTEMPTS)
      throw new UndecidedError(`no baseline of ${cluster.record.name}: ${taken.trouble}`, "mend that first");
    await sleep(PAUSE_MS);
  }
}

interface Taken {
  readonly where: Whereabouts;
  readonly observations: readonly Observation[];
  readonly nodes: OfNodes<Fingerprint>;
  readonly trouble: string | null;
}

async function takeOnce(cluster: Cluster, paths: readonly string[], signal?: AbortSignal): Promise<Taken> {
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

async function recorded(
  cluster: Cluster,
  label: BaselineLabel,
  { where, observations, nodes }: Taken,
): Promise<Recorded> {
  const states = await Promise.all(
    nodesOf(nodes).map(async (node) => ({ node, ...(await stateOf(cluster, where, node)) })),
  );
  return {
    baseline: {
      ...{ schemaVersion: 1, cluster: cluster.record.name, ...label },
      paths: recordedPaths(observations),
      fingerprints: nodes,
      states: states.map(({ node, texts, missing }) => ({
        ...{ node, missing },
        empty: [...texts].filter(([, text]) => text === "").map(([name]) => name),
      })),
    },
    texts: new Map(states.map(({ node, texts }) => [node, texts])),
  };
}

/** Logs are of their moment: none is after the end of time. */
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
