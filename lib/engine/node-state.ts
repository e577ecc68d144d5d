import type { Cluster } from "../cluster.ts";
import type { ScenarioEvent } from "../event.ts";
import { diffFingerprints, takeFingerprint, type Fingerprint } from "../fingerprint/fingerprint.ts";
import { sleep } from "./steady.ts";

const NODE_STATE_INTERVAL_MS = 500;

type NodeStateEvent = Omit<Extract<ScenarioEvent, { readonly type: "node-state" }>, "scenario">;

const NODES = ["A", "B"] as const;

/** The state of both nodes, taken side by side. */
export async function fingerprints(cluster: Cluster): Promise<ReadonlyMap<"A" | "B", Fingerprint>> {
  const taken = await Promise.all(
    NODES.map(async (node) => [node, await takeFingerprint(cluster.exec(node))] as const),
  );
  return new Map(taken);
}

/** Agents take their time to put back what they own (an endpoint that came back, say): what differs must go within the recovery budget. */
export async function compareNodeState(
  cluster: Cluster,
  before: ReadonlyMap<"A" | "B", Fingerprint>,
  withinMs: number,
  say: (event: NodeStateEvent) => void,
): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  for (;;) {
    const after = await fingerprints(cluster);
    const differences = NODES.map((node) => {
      const [was, is] = [before.get(node), after.get(node)];
      return { node, differences: was && is ? diffFingerprints(was, is) : ["not compared"] };
    });
    if (differences.every((one) => one.differences.length === 0) || performance.now() > deadlineMs) {
      for (const one of differences) say({ type: "node-state", ...one });
      return;
    }
    await sleep(NODE_STATE_INTERVAL_MS);
  }
}
