import type { Cluster } from "../model/cluster.ts";
import type { ScenarioEvent } from "../events/event.ts";
import { diffFingerprints, takeFingerprint, type Fingerprint } from "../fingerprint/fingerprint.ts";
import { nodesOf, ofEach, type OfNodes } from "../model/nodes.ts";
import { sleep } from "./steady.ts";

const NODE_STATE_INTERVAL_MS = 500;

type NodeStateEvent = Omit<Extract<ScenarioEvent, { readonly type: "node-state" }>, "scenario">;

/** The state of all nodes, taken side by side. */
export async function fingerprints({ record, exec }: Cluster): Promise<OfNodes<Fingerprint>> {
  return await ofEach(nodesOf(record.containers), (node) => takeFingerprint(exec(node)));
}

/** Agents take their time to put back what they own (an endpoint that came back, say): what differs must go within the recovery budget. */
export async function compareNodeState(
  cluster: Cluster,
  before: OfNodes<Fingerprint>,
  withinMs: number,
  say: (event: NodeStateEvent) => void,
): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  for (;;) {
    const after = await fingerprints(cluster);
    const differences = nodesOf(cluster.record.containers).map((node) => {
      const [was, is] = [before[node], after[node]];
      return { node, differences: was && is ? diffFingerprints(was, is) : ["not compared"] };
    });
    if (differences.every((one) => one.differences.length === 0) || performance.now() > deadlineMs) {
      for (const one of differences) say({ type: "node-state", ...one });
      return;
    }
    await sleep(NODE_STATE_INTERVAL_MS);
  }
}
