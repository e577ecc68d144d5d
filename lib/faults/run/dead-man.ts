import { readFileSync } from "node:fs";
import { type Fault, kindOf } from "../registry.ts";
import { GUARD } from "../contract/guard-script.ts";
import type { Json, NodeCommand } from "../contract/kind.ts";
import { scaled, type TimeScale } from "../../host/time-scale.ts";

/** How long a fault stays without a renewal, and how long at most, on a machine of usual speed. */
export interface Lease {
  readonly leaseMs: number;
  readonly longestMs: number;
}

/** Three renewals may fail before a live harness loses its fault. A run that hangs loses it after 15 minutes. */
export const LEASE: Lease = { leaseMs: 30_000, longestMs: 900_000 };

/** Returns the lease on a machine of that speed. */
export function leaseAt({ leaseMs, longestMs }: Lease, timeScale: TimeScale): Lease {
  return { leaseMs: scaled(leaseMs, timeScale), longestMs: scaled(longestMs, timeScale) };
}

/** One fault as the node receives it. `prior` as its kind captured it. */
export interface OnNode {
  readonly id: string;
  readonly fault: Fault;
  readonly prior: Json;
}

const script = (name: string): string => readFileSync(new URL(`on-node/${name}.sh`, import.meta.url), "utf8");
const LOCK = `${GUARD}${script("lock")}`;
const DEAD_MAN = script("dead-man");
export const CAPTURE = `${LOCK}${script("capture")}`;
export const ARM = `${LOCK}${script("arm")}`;
export const UNDO = `${LOCK}${script("undo")}`;
export const UNDO_ALL = `${GUARD}${script("undo-all")}`;
const RENEW = `${LOCK}${script("renew")}`;

/** The scripts that all commands share, by the name under which `plan` prints them. */
export const SHARED_SCRIPTS: ReadonlyMap<string, string> = new Map([
  [DEAD_MAN, "DEAD_MAN"],
  [CAPTURE, "CAPTURE"],
  [ARM, "ARM"],
  [UNDO, "UNDO"],
  [UNDO_ALL, "UNDO_ALL"],
]);

/** Reads the prior state, unless another fault of ours has changed it. Null when the kind has nothing to read. */
export function captureUnclaimed(fault: Fault): NodeCommand | null {
  const capture = kindOf(fault).capture(fault);
  return capture && { script: CAPTURE, args: [claimsOf(fault), capture.script, ...capture.args] };
}

/**
 * Arms the dead-man and applies the fault, in one exec under the node's lock. Null when the kind has nothing to apply.
 */
export function armAndApply({ id, fault, prior }: OnNode, { leaseMs, longestMs }: Lease): NodeCommand | null {
  const kind = kindOf(fault);
  const [apply, undo] = [kind.apply(fault, prior, id), kind.undo(fault, prior, id)];
  if (!apply || !undo) return null;
  const scripts = [DEAD_MAN, undo.script, apply.script];
  const lease = [seconds(leaseMs), seconds(longestMs)];
  const args = [id, ...lease, claimsOf(fault), ...scripts, String(undo.args.length), ...undo.args, ...apply.args];
  return { script: ARM, args };
}

/**
 * Undoes and verifies faults of one node, in the order given, each under the node's lock, all in one exec: after a
 * Ctrl-C time is short. Afterwards no apply of one of these ids can take effect. Null when there is nothing to undo.
 */
export function undoAndVerify(faults: readonly OnNode[]): NodeCommand | null {
  const each = faults.map(undoOne).filter((args) => args !== null);
  if (each.length === 0) return null;
  return { script: UNDO_ALL, args: [UNDO, ...each.flatMap((args) => [String(args.length), ...args])] };
}

function undoOne({ id, fault, prior }: OnNode): readonly string[] | null {
  const kind = kindOf(fault);
  const [undo, verify] = [kind.undo(fault, prior, id), kind.verifyUndone(fault, prior, id)];
  if (!undo || !verify) return null;
  const args = [claimsOf(fault), undo.script, verify.script, String(undo.args.length), ...undo.args, ...verify.args];
  return [id, ...args];
}

/** Extends the fault's lease; prints `renewed`, or `gone` when the dead-man was quicker. */
export function renew(id: string, { leaseMs }: Lease): NodeCommand {
  return { script: RENEW, args: [id, seconds(leaseMs), DEAD_MAN] };
}

/** The output of undoAndVerify about one fault. */
export interface UndoSaid {
  readonly exitCode: number;
  readonly undo: string;
  readonly verify: string;
  /** The dead-man's output when it undid the fault before us; null when it did not. */
  readonly deadMan: string | null;
  /** The whole output. */
  readonly text: string;
}

/** Returns the output of undoAndVerify by fault id. Pure. */
export function undoSaid(stdout: string): ReadonlyMap<string, UndoSaid> {
  const parts = stdout.split(/^@@ ([a-z0-9]+) (\d+)$/m).slice(1);
  return new Map(
    Array.from({ length: Math.floor(parts.length / 3) }, (_, index) => {
      const [id = "", exitCode = "", text = ""] = parts.slice(3 * index);
      return [id, { exitCode: Number(exitCode), ...wordsOf(text) }];
    }),
  );
}

function wordsOf(text: string): Omit<UndoSaid, "exitCode"> {
  const line = (word: string) => new RegExp(`^${word} ?(.*)$`, "m").exec(text)?.[1]?.trim();
  const deadMan = line("dead-man")?.replace(/^\d+ /, "") ?? null;
  return { undo: line("undo") || "nothing-to-undo", verify: line("verify") || "clean", deadMan, text };
}

function claimsOf(fault: Fault): string {
  return kindOf(fault).claims(fault).join("\n");
}

function seconds(ms: number): string {
  return String(Math.ceil(ms / 1000));
}
