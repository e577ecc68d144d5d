import type { Described } from "../faults/run/describe.ts";
import { kindOf, type NodeFault } from "../faults/registry.ts";
import type { Host } from "../host/host.ts";
import { findAgain, type FindAgain, type FoundAgain } from "../faults/run/find-again.ts";
import { nameOf, nodeKey } from "../faults/run/identity.ts";
import { diedWithItsNode, thisBoot } from "../faults/run/outlives.ts";
import { undoFaults } from "../faults/run/undo.ts";
import { openJournal, type JournalFile } from "./journal.ts";
import type { Journal } from "../faults/run/journal.ts";
import { listOpenFaults, readJournal, type JournaledFault } from "./read.ts";

export interface HealOptions {
  /** The machine that the nodes are on. */
  readonly host: Host;
  /** Report what would be done and send nothing to any node. */
  readonly dryRun?: boolean;
  /** Finds a journaled target again; default: findAgain. */
  readonly makeTarget?: FindAgain;
  /** Opens the journal that the healing is written to; default: openJournal. */
  readonly openJournal?: (path: string) => JournalFile;
  readonly onProgress?: (outcome: HealOutcome) => void;
  /** The machine's boot id; default: the kernel's. */
  readonly bootId?: string;
}

/** The outcome of one fault. Only `failed` means that something of ours may be left. */
export interface HealOutcome {
  readonly faultId: string;
  readonly nodeFault: NodeFault;
  /** Container or namespace. */
  readonly target: string;
  readonly outcome: "undone" | "nothing-to-undo" | "changed-by-other" | "gone" | "failed" | "would-undo";
  readonly detail: string;
  readonly finding?: string;
  /** In a dry run: what would be undone, for lib/faults/run/describe.ts; otherwise null. */
  readonly wouldUndo: Described | null;
  readonly durationMs: number;
}

export interface HealReport {
  /** Nothing is left, and no line of the journal is damaged; otherwise the caller exits 5. */
  readonly ok: boolean;
  readonly outcomes: readonly HealOutcome[];
  /** Damaged lines, or why the journal could not be written. */
  readonly problems: readonly string[];
}

/**
 * Undoes every fault that a journal leaves open, from any process and any number of times: newest first on a node,
 * nodes side by side, continuing after an error. Throws UsageError when the journal cannot be read; the report holds
 * every other error.
 */
export async function healRun(journalPath: string, options: HealOptions): Promise<HealReport> {
  const read = readJournal(journalPath);
  const open = listOpenFaults(read);
  const dryRun = options.dryRun ?? false;
  const { journal, problem } =
    open.length === 0 || dryRun ? { journal: null } : tryToOpen(journalPath, options.openJournal ?? openJournal);
  try {
    const byNode = [...Map.groupBy(open, ({ intent }) => nodeKey(intent.target)).values()];
    const healed = await Promise.all(
      byNode.map(async (faults) => (dryRun ? wouldHeal(faults, options) : await healNode(faults, journal, options))),
    );
    const outcomes = healed.flat();
    const ok = read.damaged.length === 0 && outcomes.every(({ outcome }) => outcome !== "failed");
    return { ok, outcomes, problems: [...read.damaged, ...(problem === undefined ? [] : [problem])] };
  } finally {
    journal?.[Symbol.dispose]();
  }
}

/**
 * Opens the journal, or returns why not: nodes are healed even so, and the next heal undoes again, which does no harm.
 */
function tryToOpen(
  path: string,
  open: typeof openJournal,
): { readonly journal: JournalFile | null; readonly problem?: string } {
  try {
    return { journal: open(path) };
  } catch (error) {
    return { journal: null, problem: (error as Error).message };
  }
}

function wouldHeal(faults: readonly JournaledFault[], { onProgress }: HealOptions): readonly HealOutcome[] {
  return faults.map((fault) => {
    const { nodeFault, faultId, prior, target } = fault.intent;
    const wouldUndo = { nodeFault, id: faultId, prior, identity: target };
    const outcome = { ...whichIs(fault), outcome: "would-undo", detail: "", wouldUndo, durationMs: 0 } as const;
    onProgress?.(outcome);
    return outcome;
  });
}

/** A container that was restarted between two faults keeps its id: each fault is compared with its own incarnation. */
async function healNode(
  faults: readonly JournaledFault[],
  journal: Journal | null,
  options: HealOptions,
): Promise<readonly HealOutcome[]> {
  const outcomes: HealOutcome[] = [];
  for (const ofOne of Map.groupBy(faults, ({ intent }) => JSON.stringify(intent.target)).values()) {
    outcomes.push(...(await healIncarnation(ofOne, journal, options)));
  }
  return outcomes;
}

async function healIncarnation(
  faults: readonly JournaledFault[],
  journal: Journal | null,
  options: HealOptions,
): Promise<readonly HealOutcome[]> {
  const found = await foundOrWhyNot(faults, options);
  const settled = faults.map((fault) =>
    typeof found === "string" ? failed(fault, found) : notToUndo(fault, found, journal, options.bootId ?? thisBoot()),
  );
  const toUndo = faults.filter((_, index) => settled[index] === null);
  const undone =
    typeof found === "string" ? new Map<string, HealOutcome>() : await undoJournaled(toUndo, found, journal);
  return faults.map((fault, index) => {
    const outcome = settled[index] ?? undone.get(fault.intent.faultId) ?? failed(fault, "no result");
    options.onProgress?.(outcome);
    return outcome;
  });
}

async function foundOrWhyNot(
  [fault]: readonly JournaledFault[],
  { host, makeTarget = findAgain }: HealOptions,
): Promise<FoundAgain | string> {
  if (!fault) return "no fault";
  try {
    return await makeTarget(fault.intent.nodeFault.node, fault.intent.target, host);
  } catch (error) {
    return `node could not be asked: ${(error as Error).message}`;
  }
}

/** Returns the outcome of a fault for which nothing is sent to the node; null when it must be undone. */
function notToUndo(
  fault: JournaledFault,
  found: FoundAgain,
  journal: Journal | null,
  bootId: string,
): HealOutcome | null {
  const { intent } = fault;
  const kind = kindOf(intent.nodeFault.fault);
  const prior = kind.priorSchema.safeParse(intent.prior);
  if (!prior.success) return failed(fault, "the prior value in the journal is not of this kind of fault");
  if (found.status === "same") return null;
  if (diedWithItsNode(intent, found, bootId)) return closeAsGone(fault, found.why, journal);
  if (found.status === "deleted")
    return failed(fault, `${found.why}, but the value is the whole machine's: put it back by hand, or reboot`);
  if (found.status === "stopped") return failed(fault, `${found.why}; start or delete it, then heal again`);
  return null;
}

/** Closes a fault whose namespace ended; the successor never had it. */
function closeAsGone(fault: JournaledFault, why: string, journal: Journal | null): HealOutcome {
  try {
    journal?.append({ faultId: fault.intent.faultId, state: "gone", detail: why });
  } catch {
    // Nothing is left to undo; the next heal comes to the same result.
  }
  return { ...whichIs(fault), outcome: "gone", detail: why, wouldUndo: null, durationMs: 0 };
}

async function undoJournaled(
  faults: readonly JournaledFault[],
  found: FoundAgain,
  journal: Journal | null,
): Promise<ReadonlyMap<string, HealOutcome>> {
  if (faults.length === 0 || !("target" in found)) return new Map();
  const applied = faults.map(({ intent, seenInForce, state }) => ({
    id: intent.faultId,
    nodeFault: intent.nodeFault,
    prior: intent.prior,
    // Once an undo has begun, a fault that is gone is not a finding.
    seenInForce: seenInForce && state === "verified",
  }));
  const results = await undoFaults(found.target, applied, (faultId, state, detail) =>
    journal?.append({ faultId, state, detail }),
  );
  const outcomes = faults.map((fault): [string, HealOutcome] => {
    const { faultId } = fault.intent;
    const result = results.get(faultId);
    if (!result) return [faultId, failed(fault, "no result")];
    const { outcome, detail, durationMs, finding } = result;
    const healed = { ...whichIs(fault), outcome, detail, wouldUndo: null, durationMs };
    return [faultId, finding === undefined ? healed : { ...healed, finding }];
  });
  return new Map(outcomes);
}

function failed(fault: JournaledFault, detail: string): HealOutcome {
  return { ...whichIs(fault), outcome: "failed", detail, wouldUndo: null, durationMs: 0 };
}

function whichIs({ intent }: JournaledFault): Pick<HealOutcome, "faultId" | "nodeFault" | "target"> {
  return { faultId: intent.faultId, nodeFault: intent.nodeFault, target: nameOf(intent.target) };
}
