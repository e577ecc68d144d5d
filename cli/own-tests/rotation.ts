import { existsSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../../lib/host/errors.ts";
import { mustExec, type Exec } from "../../lib/host/exec.ts";
import { groupTitle, NIGHTLY_GROUPS, nightlyGroup, type NightlyGroup, type NightlyId } from "./nightly-groups.ts";

/** A part's budget: what the default set's 20 min leave beside its own tests (13 min 31 s to 14 min 4 s on 2 cores). */
export const PART_MINUTES = 5;

/** The part that is asked for by hand: a number from 1, none at all, or by the commit. */
export type RotationChoice = number | "none" | "by-commit";

/** The nightly tests that a default run has beside its own. */
export interface Rotation {
  /** Which part, and why. */
  readonly told: string;
  readonly run: readonly NightlyId[];
  /** The part's groups that do not run, by name, and why. */
  readonly without: Readonly<Record<string, string>>;
}

/** What a mocha process is told of the rotation, by FAULTLINE_TEST_ROTATION. */
export type RotationInEnv = Pick<Rotation, "run" | "without">;

/**
 * Returns the parts of a rotation: groups of at most `minutes` together, the longest first, each into the first part
 * with room; groups of one length by name. A group longer than that is in no part. Pure.
 */
export function partsOf(
  groups: ReadonlyMap<NightlyId, NightlyGroup> = NIGHTLY_GROUPS,
  minutes = PART_MINUTES,
): readonly (readonly NightlyId[])[] {
  const fitting = [...groups].filter(([, group]) => group.minutes <= minutes);
  const ordered = fitting.toSorted(([a, one], [b, other]) => other.minutes - one.minutes || (a < b ? -1 : 1));
  const parts: { readonly ids: NightlyId[]; free: number }[] = [];
  for (const [id, group] of ordered) {
    const found = parts.find(({ free }) => free >= group.minutes);
    const part = found ?? { ids: [], free: minutes };
    if (found === undefined) parts.push(part);
    part.ids.push(id);
    part.free -= group.minutes;
  }
  return parts.map(({ ids }) => ids);
}

/** Returns a commit's part, from 1 to `count`: its hash, a hexadecimal number, modulo `count`. Pure. */
export function partOfCommit(commit: string, count: number): number {
  return Number(BigInt(`0x${commit}`) % BigInt(count)) + 1;
}

/** Resolves to the commit that is checked out at `root`; null where that is no git checkout, or git cannot tell. */
export async function commitAt(root: string, exec: Exec): Promise<string | null> {
  // A folder above may be the checkout of another project.
  if (!existsSync(join(root, ".git"))) return null;
  const asked = mustExec(exec, ["git", "-C", root, "rev-parse", "--verify", "HEAD"]);
  const commit = await asked.then(({ stdout }) => stdout.trim()).catch(() => "");
  return /^[0-9a-f]{40,64}$/.test(commit) ? commit : null;
}

/** What decides a rotation. */
export interface RotationOptions {
  readonly choice: RotationChoice;
  /** Null: no commit is known, and part 1 is taken. */
  readonly commit: string | null;
  /** Groups that run whatever the part, because they are cheap on this machine. */
  readonly always: readonly NightlyId[];
  /** Why a group cannot run within the set's budget, such as inputs that are not built; null where it can. */
  readonly obstacle: (group: NightlyGroup) => Promise<string | null>;
}

/** Throws UsageError for a part that does not exist. Pure. */
export function mustBePart(choice: RotationChoice, count = partsOf().length): void {
  if (typeof choice !== "number" || (choice >= 1 && choice <= count)) return;
  throw new UsageError(`part ${choice} of the rotation does not exist`, `known: 1 to ${count}, none`);
}

/** Resolves to the rotation of a default run. Throws UsageError for a part that does not exist. */
export async function rotationOf({ choice, commit, always, obstacle }: RotationOptions): Promise<Rotation> {
  const parts = partsOf();
  const { part, told } = chosen(choice, commit, parts.length);
  const wanted = [...new Set([...always, ...(part === null ? [] : (parts[part - 1] ?? []))])];
  const asked = await Promise.all(wanted.map(async (id) => [id, await obstacle(nightlyGroup(id))] as const));
  return {
    told,
    run: asked.flatMap(([id, reason]) => (reason === null ? [id] : [])),
    without: Object.fromEntries(asked.filter(([, reason]) => reason !== null)) as Readonly<Record<string, string>>,
  };
}

function chosen(
  choice: RotationChoice,
  commit: string | null,
  count: number,
): { readonly part: number | null; readonly told: string } {
  if (choice === "none") return { part: null, told: "no part, as --rotation none asks" };
  mustBePart(choice, count);
  if (choice !== "by-commit") return { part: choice, told: `part ${choice} of ${count}, as --rotation asks` };
  if (commit === null)
    return { part: 1, told: `part 1 of ${count}, as no commit is known: no git checkout, or git cannot read it` };
  const part = partOfCommit(commit, count);
  return { part, told: `part ${part} of ${count}, by commit ${commit.slice(0, 12)}` };
}

/** The lines that tell which nightly tests a default run has, and which of its part it has not. Pure. */
export function rotationLines({ told, run, without }: Rotation): readonly string[] {
  const title = (id: string) => groupTitle(nightlyGroup(id as NightlyId));
  return [
    `nightly tests in this run: ${told}`,
    ...run.map((id) => `  runs: ${title(id)}`),
    ...Object.entries(without).map(([id, reason]) => `  left out: ${title(id)} (${reason})`),
  ];
}
