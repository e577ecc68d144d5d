import { printable } from "../../host/exec.ts";
import { armAndApply, captureUnclaimed, LEASE, leaseAt, SHARED_SCRIPTS, undoAndVerify } from "./dead-man.ts";
import { kindOf, type NodeFault } from "../registry.ts";
import type { TimeScale } from "../../host/time-scale.ts";
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

/** A step of a fault and its lines for people. */
export interface DescribedStep {
  readonly step: "apply" | "read back" | "undo" | "verify";
  readonly lines: readonly string[];
}

/** The longest line of a step. */
const LONGEST = 160;

/**
 * Returns the steps of a fault in the field's own commands, without those that a kind does not have. A line is at most
 * 160 characters long and holds no newline. A prior state that is not of the fault's kind counts as not read. Pure.
 */
export function describeSteps({ nodeFault: { fault }, prior, id = "<id>" }: Described): readonly DescribedStep[] {
  const kind = kindOf(fault);
  const read = prior === undefined ? null : kind.priorSchema.safeParse(prior);
  const { apply, readBack, undo, verify } = kind.steps(fault, read?.success ? read.data : null, id);
  const all: readonly DescribedStep[] = [
    { step: "apply", lines: apply.map(oneLine) },
    { step: "read back", lines: readBack.map(oneLine) },
    { step: "undo", lines: undo.map(oneLine) },
    { step: "verify", lines: verify.map(oneLine) },
  ];
  return all.filter(({ lines }) => lines.length > 0);
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\p{Cc}/gu, " ");
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST - 1)}…`;
}

/** Names of scripts by their text. Commands refer to a script by its name. */
export type ScriptNames = ReadonlyMap<string, string>;

/** Returns a name for each script that the commands of these faults use, the shared ones among them. Pure. */
export function nameScripts(faults: readonly Described[]): ScriptNames {
  const names = new Map(SHARED_SCRIPTS);
  const taken = new Set(names.values());
  for (const described of faults) {
    const { kind, fault, prior, id } = parts(described);
    const steps = {
      CAPTURE: kind.capture(fault),
      APPLY: kind.apply(fault, prior, id),
      READ_BACK: kind.readBack(fault, prior, id),
      UNDO: kind.undo(fault, prior, id),
      VERIFY: kind.verifyUndone(fault, prior, id),
    };
    for (const [step, command] of Object.entries(steps)) {
      if (command === null || names.has(command.script)) continue;
      const name = free(`${kind.kind.replaceAll("-", "_").toUpperCase()}_${step}`, taken);
      taken.add(name);
      names.set(command.script, name);
    }
  }
  return names;
}

/** Returns the name, or the first of NAME_2, NAME_3, … that is not taken: a step of a kind may have several scripts. */
function free(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  let number = 2;
  while (taken.has(`${name}_${number}`)) number += 1;
  return `${name}_${number}`;
}

const END = "END_OF_SCRIPT";

/**
 * Returns the scripts as bash assigns them to their names, each as it stands in its file. Every script ends with a
 * newline. Pure.
 */
export function describeScripts(names: ScriptNames): readonly string[] {
  return [...names].map(([script, name]) => `IFS= read -r -d '' ${name} <<'${END}' || true\n${script}${END}`);
}

/**
 * Returns the commands that read the prior state, arm and apply, and read back, each as bash takes it after the lines
 * of describeScripts, on a machine of that speed. Pure.
 */
export function describeApply(described: Described, names: ScriptNames, timeScale: TimeScale): readonly string[] {
  const { kind, fault, prior, id } = parts(described);
  return printed(described, names, timeScale, [
    captureUnclaimed(fault),
    armAndApply({ id, fault, prior }, leaseAt(LEASE, timeScale)),
    kind.readBack(fault, prior, id),
  ]);
}

/**
 * Returns the command that undoes the fault and verifies that, as bash takes it after the lines of describeScripts.
 * Pure.
 */
export function describeUndo(described: Described, names: ScriptNames, timeScale: TimeScale): readonly string[] {
  const { fault, prior, id } = parts(described);
  return printed(described, names, timeScale, [undoAndVerify([{ id, fault, prior }])]);
}

function parts({ nodeFault: { fault }, prior, id }: Described) {
  const kind = kindOf(fault);
  return { kind, fault, prior: prior ?? kind.priorInPlan(fault), id: id ?? "planned" };
}

function printed(
  { nodeFault, identity }: Described,
  names: ScriptNames,
  timeScale: TimeScale,
  commands: readonly (NodeCommand | null)[],
): readonly string[] {
  const place = identity ?? planned(nodeFault.node);
  const word = (text: string): string => {
    const name = names.get(text);
    return name === undefined ? printable([text]) : `"$${name}"`;
  };
  return commands
    .filter((command) => command !== null)
    .map((command) => [...transportOf(place), ...guardedArgv(place, timeScale, command)].map(word).join(" "));
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
