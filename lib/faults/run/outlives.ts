import { readFileSync } from "node:fs";
import type { NodeFault } from "../contract/fault.ts";
import type { FoundAgain } from "./find-again.ts";
import type { TargetIdentity } from "./identity.ts";
import { kindOf } from "../registry.ts";
import { isHostWide } from "../kinds/sysctl/kind.ts";

/** A fault and the node it was put into. */
interface Placed {
  readonly nodeFault: NodeFault;
  readonly target: TargetIdentity;
}

/** Whether a fault went with what its node was, so that nothing is left to undo; a successor is none of its business. `bootId`: the machine's now. */
export function diedWithItsNode(placed: Placed, found: FoundAgain, bootId: string): boolean {
  const isGone = found.status === "deleted";
  const isAnother = kindOf(placed.nodeFault.fault).scope === "namespace" && found.status !== "same";
  return (isGone || isAnother) && !outlivesItsNode(placed, bootId);
}

/** What is the whole machine's (--allow-host-wide) is so until it is rebooted, whatever becomes of the node through which it was set. */
function outlivesItsNode({ nodeFault: { fault }, target }: Placed, bootId: string): boolean {
  return fault.kind === "sysctl" && isHostWide(fault.key) && target.bootId === bootId;
}

/** "" where there is no /proc: nothing is known to have outlived anything there. */
export function thisBoot(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "";
  }
}
