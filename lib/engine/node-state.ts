import type { Cluster } from "../model/cluster.ts";
import type { ScenarioEvent } from "../events/event.ts";
import { diffFingerprints, takeFingerprint, type Fingerprint } from "../fingerprint/fingerprint.ts";
import { nodesOf, ofEach, type OfNodes } from "../model/nodes.ts";
import { paceOf, type ScenarioContext } from "./scenario-context.ts";
import { sleep } from "./steady.ts";

type NodeStateEvent = Omit<Extract<ScenarioEvent, { readonly type: "node-state" }>, "scenario">;

/** The state of all nodes, taken side by side. */
export async function fingerprints({ record, exec }: Cluster): Promise<OfNodes<Fingerprint>> {
  return await ofEach(nodesOf(record.containers), (node) => takeFingerprint(exec(node)));
}

/** What each node differs in, by the fingerprint's rules. */
export type Compared = readonly Pick<NodeStateEvent, "node" | "differences">[];

/** Resolves to what each node differs in just now. Throws as fingerprints does. */
export async function compareOnce(cluster: Cluster, before: OfNodes<Fingerprint>): Promise<Compared> {
  const after = await fingerprints(cluster);
  return nodesOf(cluster.record.containers).map((node) => {
    const [was, is] = [before[node], after[node]];
    return { node, differences: was && is ? diffFingerprints(was, is) : ["not compared"] };
  });
}

/**
 * Compares the nodes until they do not differ or the budget is spent: agents take their time to put back what they own
 * (an endpoint that came back, say). `earlier`: a comparison made since the faults were undone, which counts where
 * nothing differed in it. A stop ends the wait: it logs the nodes that differ
 * as undecided, so that their cluster is not used again, and throws the signal's reason.
 */
export async function compareNodeState(
  context: Pick<ScenarioContext, "cluster" | "pace" | "signal">,
  before: OfNodes<Fingerprint>,
  withinMs: number,
  say: (event: NodeStateEvent) => void,
  earlier: Compared | null = null,
): Promise<void> {
  const { cluster } = context;
  const deadlineMs = performance.now() + withinMs;
  const isSame = (compared: Compared) => compared.every(({ differences }) => differences.length === 0);
  let found = earlier && isSame(earlier) ? earlier : await compareOnce(cluster, before);
  while (!isSame(found) && performance.now() <= deadlineMs) {
    if (context.signal?.aborted === true) {
      for (const one of found) if (one.differences.length > 0) say({ type: "node-state", ...one, undecided: true });
      context.signal.throwIfAborted();
    }
    await sleep(paceOf(context).compareIntervalMs);
    found = await compareOnce(cluster, before);
  }
  for (const one of found) say({ type: "node-state", ...one });
}
