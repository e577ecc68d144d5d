import { patience } from "../../host/time-scale.ts";
import { renew, type Lease } from "./dead-man.ts";
import { runOnNode } from "./run-on-node.ts";
import type { Target } from "./target.ts";

/**
 * Renews a fault's lease every third of it until the function given back is called. What goes wrong is no error here: a fault that lost its lease is
 * gone when it is read back, and its undo says why.
 */
export function keepRenewing(target: Target, id: string, lease: Lease): () => void {
  const everyMs = lease.leaseMs / 3;
  let isUnderWay = false;
  const renewOnce = async (): Promise<void> => {
    if (isUnderWay) return;
    isUnderWay = true;
    try {
      // One that hangs is not waited for beyond the next; a time-out is multiplied by the patience already.
      const answer = await runOnNode(target, renew(id, lease), everyMs / patience());
      if (answer.trim().endsWith("gone")) clearInterval(timer);
    } catch {
      // The next third of the lease is another chance.
    } finally {
      isUnderWay = false;
    }
  };
  const timer = setInterval(() => void renewOnce(), everyMs);
  // A fault is no reason for a process to live on: the dead-man is for that.
  timer.unref();
  return () => clearInterval(timer);
}
