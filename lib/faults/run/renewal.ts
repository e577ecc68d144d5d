import { scaled } from "../../host/time-scale.ts";
import { leaseAt, renew, type Lease } from "./dead-man.ts";
import { runOnNode } from "./run-on-node.ts";
import type { Target } from "./target.ts";

/**
 * Renews a fault's lease at every third of it until the returned function is called. The lease is stated for a machine
 * of usual speed. A failed renewal is not an error: a fault that lost its lease is gone when it is read back, and its
 * undo says why.
 */
export function keepRenewing(target: Target, id: string, lease: Lease): () => void {
  const { timeScale } = target.host;
  const timeoutMs = lease.leaseMs / 3;
  let isUnderWay = false;
  const renewOnce = async (): Promise<void> => {
    if (isUnderWay) return;
    isUnderWay = true;
    try {
      // A renewal that hangs ends before the next one: the target's exec multiplies its timeout, too.
      const answer = await runOnNode(target, renew(id, leaseAt(lease, timeScale)), timeoutMs);
      if (answer.trim().endsWith("gone")) clearInterval(timer);
    } catch {
      // The next third of the lease is another chance.
    } finally {
      isUnderWay = false;
    }
  };
  const timer = setInterval(() => void renewOnce(), scaled(timeoutMs, timeScale));
  // The timer does not keep the process alive: the dead-man undoes the fault.
  timer.unref();
  return () => clearInterval(timer);
}
