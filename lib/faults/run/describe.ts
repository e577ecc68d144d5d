import { printable } from "../../host/exec.ts";
import { armAndApply, captureUnclaimed, LEASE, SHARED_SCRIPTS, undoAndVerify } from "./dead-man.ts";
import { kindOf, type NodeFault } from "../registry.ts";
import { transportOf, type TargetIdentity } from "./identity.ts";
import type { Json, NodeCommand } from "../contract/kind.ts";
import { guardedArgv } from "./run-on-node.ts";

/**
 * A fault as `plan` and `heal --dry-run` show it. Fields that a plan cannot know yet are left out and print as `<…>`.
 */
export interface Described {
  readonly nodeFault: NodeFault;
  readonly id?: string;
  readonly prior?: Json;
  readonly identity?: TargetIdentity;
}

/** Returns the scripts that the commands below share, as the bash assignments that they need: `ARM='…'`. Pure. */
export function describeShared(): readonly string[] {
  return [...SHARED_SCRIPTS].map(([script, name]) => `${name}='${script.replaceAll("'", "'\\''")}'`);
}

/**
 * Returns the commands that read the prior state, arm and apply, and read back, each as bash takes it after the lines
 * of describeShared. Pure.
 */
export function describeApply(described: Described): readonly string[] {
  const { kind, fault, prior, id } = parts(described);
  return printed(described, [
    captureUnclaimed(fault),
    armAndApply({ id, fault, prior }, LEASE),
    kind.readBack(fault, prior, id),
  ]);
}

/**
 * Returns the command that undoes the fault and verifies that, as bash takes it after the lines of describeShared.
 * Pure.
 */
export function describeUndo(described: Described): readonly string[] {
  const { fault, prior, id } = parts(described);
  return printed(described, [undoAndVerify([{ id, fault, prior }])]);
}

function parts({ nodeFault: { fault }, prior, id }: Described) {
  const kind = kindOf(fault);
  return { kind, fault, prior: prior ?? kind.priorInPlan(fault), id: id ?? "planned" };
}

function printed({ nodeFault, identity }: Described, commands: readonly (NodeCommand | null)[]): readonly string[] {
  const place = identity ?? planned(nodeFault.node);
  return commands
    .filter((command) => command !== null)
    .map((command) => [...transportOf(place), ...guardedArgv({ identity: place }, command)].map(word).join(" "));
}

function word(text: string): string {
  const shared = SHARED_SCRIPTS.get(text);
  return shared === undefined ? printable([text]) : `"$${shared}"`;
}

function planned(node: string): TargetIdentity {
  const container = `<node ${node}>`;
  const place = {
    netnsInode: "<its network namespace>",
    bootId: "<boot id>",
    initStartTicks: "<start of its process 1>",
  };
  return { kind: "container", containerId: container, containerName: container, startedAt: "", cluster: "", ...place };
}
