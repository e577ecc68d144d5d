import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cellId, type Cell } from "../../lib/model/cell.ts";
import { isBalancerNeeded, knownPaths, peersNeeded } from "../../lib/baseline/paths.ts";
import { recordBaseline, type BaselineLabel } from "../../lib/baseline/record.ts";
import type { Cluster, ClusterRecord } from "../../lib/model/cluster.ts";
import type { Event } from "../../lib/events/event.ts";
import type { EvidenceLevel } from "../../lib/evidence/evidence.ts";
import { NotUndoneError } from "../../lib/host/errors.ts";
import type { Host } from "../../lib/host/host.ts";
import { kubernetes } from "../../lib/kubernetes/client.ts";
import { eventLog, readEventLog, type Emit } from "../../lib/events/event-log.ts";
import type { Reach } from "../../lib/faults/contract/kind.ts";
import { nodesOf } from "../../lib/model/nodes.ts";
import { sizeFor } from "../../lib/scenario/cluster-size.ts";
import { suiteId } from "../../lib/mocha/scenario.ts";
import type { Scenario } from "../../lib/scenario/spec.ts";
import type { NodeImage } from "../../clusters/image/node-image.ts";
import { traitsOf } from "../../clusters/cells/cells.ts";
import { withBalancer } from "../../clusters/create/balancer.ts";
import { createCluster, stage } from "../../clusters/create/create.ts";
import type { Leases } from "../../clusters/ownership/lease.ts";
import { liveCluster, waysInto } from "../../clusters/create/live-cluster.ts";
import { withPeers } from "../../clusters/create/peers.ts";
import type { CheckContext } from "../../clusters/setup/check.ts";
import { checkTraits } from "../../clusters/traits/check.ts";
import { proveClosed, untilBaselineHolds } from "../../clusters/create/ready.ts";
import { writeBaseline } from "../store/baseline-files.ts";
import type { CellProcessSpec } from "./cell-process.ts";
import { healJournal } from "./heal-journal.ts";
import { endLeftCaptures } from "./left-captures.ts";
import { stillNotUndone } from "./not-undone.ts";
import { writeAtomically } from "../store/run-dir.ts";
import { stopBudgetOf } from "./stop-budget.ts";
import { runStoppable } from "./stoppable-process.ts";
import type { WorkUnit } from "./work-units.ts";
import type { Turn } from "../host/parallel.ts";
import { scenariosOf, suiteFiles } from "./suites.ts";
import { taintedIn } from "../store/taint-mark.ts";

export type Keep = "never" | "failure" | "always";

export interface CellJob {
  readonly host: Host & Pick<CheckContext, "readText">;
  readonly cell: Cell;
  readonly clusterName: string;
  readonly dir: string;
  /** Builds or finds the node image; asked only when a cluster is to be made. */
  readonly image: () => Promise<NodeImage>;
  readonly kind: string;
  readonly owner: string;
  readonly leases: Leases;
  /** The cell's work units, one after the other. */
  readonly workUnits: readonly WorkUnit[];
  readonly scenarios: readonly Scenario[];
  readonly mochaReporter: string | null;
  readonly evidence: EvidenceLevel;
  readonly repeats: number;
  readonly reach: Reach;
  /** How a baseline of the new cluster is to be labelled, for `observe`; null: none is recorded. */
  readonly baselineLabel: BaselineLabel | null;
  /** A kept cluster to use instead of a new one. */
  readonly reuse: ClusterRecord | null;
  readonly readyBudgetMs: number;
  readonly signal: AbortSignal;
  /** Makes the suites wait for their turn among parallel cells. */
  readonly turn: Turn;
}

const CELL_PROCESS = fileURLToPath(new URL("cell-process.ts", import.meta.url));

/**
 * Runs one cell's suites on its cluster and logs everything. Throws the error that stopped it before its suites, once
 * faults are undone. Throws NotUndoneError if a fault could not be undone.
 */
export async function runCell(job: CellJob, emit: Emit): Promise<void> {
  emit({ type: "cluster-started", name: job.clusterName, reused: job.reuse !== null });
  // A kept cluster gets the traits that today's code declares; like a new one's, they are checked below.
  const alone = job.reuse ? { ...job.reuse, traits: traitsOf(job.reuse.cell) } : await newCluster(job, emit);
  const joined = await withPeers({ ...job, emit }, alone, peersNeeded(job.scenarios, alone));
  const record = await withBalancer(
    { ...job, exec: job.host.exec, emit },
    joined,
    isBalancerNeeded(job.scenarios, joined),
  );
  writeAtomically(join(job.dir, "cluster.json"), `${JSON.stringify(record, null, 2)}\n`);
  emit({ type: "nodes", containers: record.containers });
  await stage({ emit, name: record.name }, "ready", async () => {
    const cluster = liveCluster(record, job.host, job.signal, await waysInto(record, job.host.exec));
    const closed = await proveClosed(cluster, job.host.exec);
    const baseline = await untilBaselineHolds(cluster, job.readyBudgetMs, job.signal);
    emit({ type: "note", text: `${closed}; ${baseline}; ${await checkTraits(cluster)}` });
    if (job.baselineLabel) emit({ type: "note", text: await recordAsMade(job, cluster, job.baselineLabel) });
  });
  await job.turn(job.signal, () => allSuites(job, record, emit));
}

/** Creates the cell's cluster, with a third node if one of its suites needs one. */
async function newCluster(job: CellJob, emit: Emit): Promise<ClusterRecord> {
  const { cell, clusterName: name, scenarios } = job;
  const nodes = sizeFor(scenarios, { cell, traits: traitsOf(cell) });
  const options = { ...job, name, nodes, image: await job.image(), emit };
  return await createCluster(options, { ...job.host, kubernetes });
}

/** Runs the suites of every mode, then undoes the faults that they left. Throws NotUndoneError if one stays. */
async function allSuites(job: CellJob, record: ClusterRecord, emit: Emit): Promise<void> {
  const journalPath = join(job.dir, "journal.ndjson");
  let hasEnded = false;
  try {
    await stage({ emit, name: record.name }, "suites", async () => {
      for (const [index, unit] of job.workUnits.entries()) {
        job.signal.throwIfAborted();
        plan(job, unit, emit);
        // Suites planned but not run come out as unknown with the taint as reason, unless another cluster takes them
        // over.
        if (index === 0 || taintedIn(job.dir).length === 0) await runSuites(job, record, journalPath, unit, emit);
      }
    });
    hasEnded = true;
  } finally {
    // Whatever ended the suites, the journal says what is still to be undone; usually nothing.
    const left = await undoWhatIsLeft(job, journalPath, emit);
    if (!hasEnded) await endLeftCaptures(job.dir, record, (text) => emit({ type: "note", text }), job.host.exec);
    // NotUndoneError outranks the error that ended the suites.
    if (left > 0) throw new NotUndoneError(`cell ${cellId(job.cell)}: ${left} faults could not be undone`);
  }
}

/**
 * Records the new cluster's baseline and returns a note about it. Only `observe` needs it, so an error becomes the
 * note. Throws when stopped.
 */
async function recordAsMade({ dir, signal }: CellJob, cluster: Cluster, label: BaselineLabel): Promise<string> {
  const { record } = cluster;
  try {
    const paths = knownPaths(await scenariosOf(suiteFiles()), record);
    writeBaseline(dir, await recordBaseline(cluster, paths, label, signal));
    return `baseline recorded: ${paths.length} paths, ${nodesOf(record.containers).length} nodes`;
  } catch (error) {
    signal.throwIfAborted();
    return (error as Error).message;
  }
}

async function undoWhatIsLeft({ dir, host }: CellJob, journalPath: string, emit: Emit): Promise<number> {
  if (!existsSync(journalPath)) return 0;
  const { outcomes, problems } = await healJournal(journalPath, host, (text) => emit({ type: "note", text }));
  for (const left of stillNotUndone(outcomes, logOf(dir))) emit(left);
  return outcomes.filter(({ outcome }) => outcome === "failed").length + problems.length;
}

/** Returns the cell's events; none if the log cannot be read: then a fault is reported without its scenario. */
function logOf(dir: string): readonly Event[] {
  try {
    return readEventLog(join(dir, "events.ndjson"));
  } catch {
    return [];
  }
}

function plan({ scenarios }: CellJob, { mode, suiteFiles: files }: WorkUnit, emit: Emit): void {
  const ids = new Set(files.map(suiteId));
  const mine = scenarios.filter(({ id }) => ids.has(id));
  const planned = mine.map(({ id, title, claim, documented }) => ({ id, title, claim, documented }));
  emit({ type: "planned", mode, scenarios: planned });
}

async function runSuites(
  job: CellJob,
  cluster: ClusterRecord,
  journalPath: string,
  unit: WorkUnit,
  emit: Emit,
): Promise<void> {
  const { mochaReporter, evidence, repeats, reach } = job;
  const { mode, suiteFiles } = unit;
  const eventsPath = join(job.dir, "events.ndjson");
  const { timeScale } = job.host;
  const given = { suiteFiles, mochaReporter, evidence, repeats, reach, timeScale };
  const spec: CellProcessSpec = { cluster, eventsPath, journalPath, mode, ...given };
  const specPath = join(job.dir, `cell-process-${mode}.json`);
  writeFileSync(specPath, JSON.stringify(spec, null, 2), { mode: 0o600 });
  const exit = await runStoppable({
    argv: ["--disable-warning=DEP0190", "--disable-warning=ExperimentalWarning", CELL_PROCESS, specPath],
    logPath: join(job.dir, "mocha.log"),
    show: mochaReporter !== null,
    signal: job.signal,
    // On SIGTERM it undoes its own faults: only it knows its injections under way. If it hangs, the journal is enough.
    stopBudget: () => stopBudgetOf(journalPath, timeScale),
    say: (text) => emit({ type: "note", text }),
  });
  if (exit !== "0")
    throw new Error(`the suites' process ended with ${exit}; its last words are in ${join(job.dir, "mocha.log")}`);
}

/** How a cell ended, as far as it decides what becomes of its cluster. */
export interface Ending {
  readonly failed: boolean;
  readonly tainted: boolean;
}

/** Deletes the cell's cluster unless `keep` says otherwise. Never deletes a cluster that was kept by an earlier run. */
export async function dispose(
  job: CellJob,
  keep: Keep,
  { failed, tainted }: Ending,
  emit: Emit,
  remove: (cluster: string) => Promise<void>,
): Promise<void> {
  const { clusterName: name, reuse } = job;
  if (reuse || keep === "always" || (keep === "failure" && (failed || tainted))) {
    const use = tainted ? "tainted, so --cluster refuses it" : `use it with --cluster ${name}`;
    const made = existsSync(join(job.dir, "cluster.json")) ? use : "not made to its end, so of no use but to look at";
    if (tainted || !reuse) emit({ type: "cluster-kept", name, detail: `${made}; delete it with ./faultline gc` });
    return;
  }
  await stage({ emit, name: job.clusterName }, "delete", () => remove(job.clusterName));
}

/** Returns the writer of a cell's event log. An unwritable log is reported once, on stderr. */
export function cellEmit(dir: string, cell: Cell): Emit {
  return eventLog(join(dir, "events.ndjson"), (error) =>
    process.stderr.write(`faultline: events of ${cellId(cell)} are not logged: ${error.message}\n`),
  );
}
