import type { NodeFault } from "./fault.ts";
import type { TargetIdentity } from "./identity.ts";
import type { NodeCommand } from "./kind.ts";
import { kindOf } from "./kinds.ts";
import { printableCommand } from "./run-on-node.ts";

/** A fault as `plan` and `heal --dry-run` show it. What a plan cannot know yet is left out and stands as `<…>`. */
export interface Described {
  readonly nodeFault: NodeFault;
  readonly id?: string;
  readonly prior?: unknown;
  readonly identity?: TargetIdentity;
}

/** The commands that will read the prior state, apply the fault and read it back, each as one that bash can run. Pure. */
export function describeApply(described: Described): readonly string[] {
  const { kind, fault, prior, id } = parts(described);
  return printed(described, [kind.capture(fault), kind.apply(fault, prior, id), kind.readBack(fault, prior, id)]);
}

/** The commands that will undo the fault and verify that. Pure. */
export function describeUndo(described: Described): readonly string[] {
  const { kind, fault, prior, id } = parts(described);
  return printed(described, [kind.undo(fault, prior, id), kind.verifyUndone(fault, prior, id)]);
}

function parts({ nodeFault: { fault }, prior, id }: Described) {
  const kind = kindOf(fault);
  return { kind, fault, prior: prior ?? kind.priorInPlan(fault), id: id ?? "planned" };
}

function printed({ nodeFault, identity }: Described, commands: readonly (NodeCommand | null)[]): readonly string[] {
  const place = identity ?? planned(nodeFault.node);
  return commands
    .filter((command) => command !== null)
    .map((command) => printableCommand({ identity: place }, command));
}

function planned(node: string): TargetIdentity {
  const container = `<node ${node}>`;
  const place = { netnsInode: "<its network namespace>", bootId: "<boot id>" };
  return { kind: "container", containerId: container, containerName: container, startedAt: "", cluster: "", ...place };
}
