import { readFileSync } from "node:fs";
import { kindOf, type NodeFault } from "../registry.ts";
import type { FoundAgain } from "./find-again.ts";
import type { TargetIdentity } from "./identity.ts";

/** A fault and the node it was put into. */
interface Placed {
  readonly nodeFault: NodeFault;
  readonly target: TargetIdentity;
}

/**
 * Tells whether a fault ended with its node, so that nothing is left to undo; the node's successor is another node.
 * `bootId`: the machine's now. A fault of the whole machine (--allow-host-wide) ends with the machine's boot only.
 */
export function diedWithItsNode({ nodeFault: { fault }, target }: Placed, found: FoundAgain, bootId: string): boolean {
  if (found.status === "same") return false;
  switch (kindOf(fault).scope(fault)) {
    case "namespace":
      return true;
    case "node":
    case "cluster":
      return found.status === "deleted";
    case "host":
      return target.bootId !== bootId;
  }
}

/** Returns the machine's boot id; "" where there is no /proc, so that no fault counts as still in force. */
export function thisBoot(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "";
  }
}
