import { lastLines, type ExecResult } from "../../host/exec.ts";
import { GUARD, WRONG_PLACE_EXIT } from "../contract/guard-script.ts";
import type { TimeScale } from "../../host/time-scale.ts";
import type { NodeCommand } from "../contract/kind.ts";
import { FaultNotInForce, GuardError } from "../contract/refused.ts";
import type { TargetIdentity } from "./identity.ts";
import type { Target } from "./target.ts";

/** Longer than a command may wait for the node's lock and then run (on-node/lock.sh). */
const TIMEOUT_MS = 60_000;
/** Exit codes of the scripts in on-node/ that refuse before they change anything. */
const REFUSED_EXITS: readonly number[] = [93, 94, 95, 96];

/** A command on a node failed. The message holds the end of its output; `result` holds the whole command. */
export class NodeCommandError extends Error {
  readonly result: ExecResult;

  constructor(target: Target, result: ExecResult) {
    const how = result.timedOut ? `timed out after ${result.durationMs} ms` : `exit ${result.exitCode ?? "by signal"}`;
    const what = lastLines(result.stderr || result.stdout, 3).replaceAll("\n", "; ");
    super(`command on node ${target.node} failed: ${how}: ${what}`);
    this.name = "NodeCommandError";
    this.result = result;
  }
}

/**
 * Returns the argv that runs a command in the target, guard included. Throws GuardError for a script without it. Pure.
 */
export function guardedArgv(
  identity: TargetIdentity,
  { factor }: TimeScale,
  { script, args }: NodeCommand,
): readonly string[] {
  const { netnsInode, bootId, initStartTicks } = identity;
  if (!script.startsWith(GUARD)) throw new GuardError("script of a fault does not begin with the guard");
  return [
    "sh",
    "-c",
    script,
    "faultline",
    netnsInode,
    bootId,
    initStartTicks ?? "",
    String(Math.ceil(factor)),
    ...args,
  ];
}

/**
 * Runs a command in the target and returns its stdout; "" for null. Throws GuardError when the command ended up in
 * another namespace, FaultNotInForce when the node refused, else NodeCommandError.
 */
export async function runOnNode(
  target: Target,
  command: NodeCommand | null,
  timeoutMs: number = TIMEOUT_MS,
): Promise<string> {
  if (command === null) return "";
  if (target.hostNetnsInodes.includes(target.identity.netnsInode)) {
    throw new GuardError(`node ${target.node}: its network namespace is the host's`);
  }
  const result = await target.exec(guardedArgv(target.identity, target.host.timeScale, command), { timeoutMs });
  if (result.exitCode === WRONG_PLACE_EXIT) {
    throw new GuardError(`node ${target.node}: commands end up in another network namespace than they were meant for`);
  }
  if (REFUSED_EXITS.includes(result.exitCode ?? 0)) {
    const why = lastLines(result.stderr, 1).replace(/^faultline: /, "");
    throw new FaultNotInForce(
      `node ${target.node} refused: ${why}`,
      "see what is in force there: ./faultline heal --dry-run",
    );
  }
  if (result.exitCode !== 0) throw new NodeCommandError(target, result);
  return result.stdout;
}
