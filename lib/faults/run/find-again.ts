import { existsSync } from "node:fs";
import type { Host } from "../../host/host.ts";
import type { NodeRole } from "../../model/nodes.ts";
import type { TargetIdentity } from "./identity.ts";
import { inspectContainer } from "./inspect-container.ts";
import { containerTarget, netnsTarget, type Target } from "./target.ts";

/** The state of a target that a journal names. */
export type FoundAgain =
  /** The same incarnation. */
  | { readonly status: "same"; readonly target: Target }
  /** The same container, restarted: its namespace is gone with everything in it; its files are not. */
  | { readonly status: "restarted"; readonly target: Target; readonly why: string }
  | { readonly status: "stopped"; readonly why: string }
  | { readonly status: "deleted"; readonly why: string };

/** Finds a node again that did not answer as the incarnation that it was. */
export type FindAgain = typeof findAgain;

/**
 * Looks for a journaled target, by container id, never by name. Reads only. Throws when Docker does not answer or a
 * guard refuses.
 */
export async function findAgain(node: NodeRole, was: TargetIdentity, host: Host): Promise<FoundAgain> {
  if (was.kind === "netns") {
    if (!existsSync(`/run/netns/${was.name}`)) return { status: "deleted", why: `namespace ${was.name} was deleted` };
    return compared(was, await netnsTarget({ node, name: was.name, host }));
  }
  const container = `container ${was.containerName}`;
  const found = await inspectContainer(host.exec, was.containerId);
  if (found === null) return { status: "deleted", why: `${container} was deleted` };
  if (!found.running) return { status: "stopped", why: `${container} is stopped` };
  return compared(was, await containerTarget({ node, container: was.containerId, cluster: was.cluster, host }));
}

function compared(was: TargetIdentity, target: Target): FoundAgain {
  const is = target.identity;
  const started = (identity: TargetIdentity) => (identity.kind === "container" ? identity.startedAt : "");
  if (is.bootId !== was.bootId) return { status: "restarted", target, why: "the machine was rebooted" };
  if (started(is) !== started(was)) return { status: "restarted", target, why: `it was restarted at ${started(is)}` };
  if (was.initStartTicks !== undefined && is.initStartTicks !== was.initStartTicks)
    return { status: "restarted", target, why: "its process 1 is another" };
  if (is.netnsInode !== was.netnsInode) return { status: "restarted", target, why: "its network namespace is another" };
  return { status: "same", target };
}
