import { join, relative } from "node:path";
import { cellId } from "../../lib/model/cell.ts";
import { comparePaths, needsAgain, type PathFinding } from "../../lib/baseline/compare.ts";
import { outcomeOf, type Observed } from "../../lib/baseline/observation.ts";
import { knownPaths, watchPlan } from "../../lib/baseline/paths.ts";
import { podDifferences } from "../../lib/baseline/pods.ts";
import { recordBaseline, type BaselineRecording } from "../../lib/baseline/record.ts";
import type { Cluster, ClusterRecord, Whereabouts } from "../../lib/model/cluster.ts";
import { fingerprints } from "../../lib/engine/node-state.ts";
import { measure } from "../../lib/engine/measure.ts";
import { EXIT, UndecidedError } from "../../lib/host/errors.ts";
import { startEvidence, type Evidence, type KeptEvidence } from "../../lib/evidence/evidence.ts";
import { captureMark } from "../../lib/evidence/sweep.ts";
import { diffFingerprints } from "../../lib/fingerprint/fingerprint.ts";
import { nodesOf } from "../../lib/model/nodes.ts";
import type { Observation } from "../../lib/probes/probe.ts";
import { explain } from "../../lib/why/explain.ts";
import { readEvidence, type EvidenceFiles } from "../../lib/why/facts/read-evidence.ts";
import { withoutBalancer } from "../../clusters/create/balancer.ts";
import { leases } from "../../clusters/ownership/lease.ts";
import { liveCluster } from "../../clusters/create/live-cluster.ts";
import { renderObservation } from "../../reports/observation.ts";
import { readBaseline, writeBaseline, type KeptBaseline } from "../store/baseline-files.ts";
import { chooseCluster, notesOn } from "../store/observable.ts";
import { machine } from "../host/prepare.ts";
import { cellDir, createRunDir, writeAtomically, writeHeader, type RunHeader } from "../store/run-dir.ts";
import { mustBeFree, newHeader } from "./run.ts";
import { onInterrupt, type Interruption } from "../host/signals.ts";
import { scenariosOf, suiteFiles } from "../cell/suites.ts";

export interface ObserveOptions {
  /** Record the baseline instead of comparing with it. */
  readonly record: boolean;
  /** What differs of a node's state counts like a path. */
  readonly strict: boolean;
}

/** A cluster that is observed, and where that is written down. */
interface Watch {
  readonly cluster: Cluster;
  readonly paths: readonly string[];
  readonly header: RunHeader;
  readonly dir: string;
  readonly cellDir: string;
  readonly interruption: Interruption;
}

/**
 * Tries every path that a suite knows on a kept cluster, and prints what differs from its baseline. Breaks nothing;
 * writes only captures on the nodes, in /run. Throws UsageError when there is no such cluster. Exit: 0 as recorded, 1 a
 * path differs, 2 could not decide.
 */
export async function observe(
  name: string | undefined,
  options: ObserveOptions,
  argv: readonly string[],
): Promise<number> {
  // Not every baseline has paths to the balancer, and the recorded balancer may answer no more.
  const record = withoutBalancer(await chooseCluster(name, machine()));
  await mustBeFree(record.name);
  const baseline = options.record ? null : mustHaveBaseline(record);
  const header = { ...(await newHeader(argv, [record.cell])), kind: "observation" as const };
  const dir = createRunDir(header);
  const held = leases(machine().cacheDir, machine().readText);
  await held.take(record.name, header.owner, dir);
  const interruption = onInterrupt(() => process.stderr.write("\nfaultline: stopping; the captures are being ended\n"));
  try {
    const watch = await watchOf(record, header, dir, interruption);
    return baseline === null ? await recordIt(watch) : await compareIt(watch, baseline, options.strict);
  } catch (error) {
    // After a signal it is whatever a command that was cut off made of it.
    if (interruption.exitCode() === null) throw error;
    return interruption.exitCode() ?? EXIT.undecided;
  } finally {
    held.release(record.name);
    interruption.release();
  }
}

function mustHaveBaseline({ name }: ClusterRecord): KeptBaseline {
  const baseline = readBaseline(name);
  if (baseline !== null) return baseline;
  throw new UndecidedError(
    `cluster "${name}" has no recorded baseline to compare with`,
    `while it is well: ./faultline observe ${name} --record`,
  );
}

async function watchOf(
  record: ClusterRecord,
  header: RunHeader,
  dir: string,
  interruption: Interruption,
): Promise<Watch> {
  const paths = knownPaths(await scenariosOf(suiteFiles()), record);
  const own = cellDir(dir, cellId(record.cell));
  writeAtomically(join(own, "cluster.json"), `${JSON.stringify(record, null, 2)}\n`);
  const cluster = liveCluster(record, machine(), interruption.signal);
  return { cluster, paths, header, dir, cellDir: own, interruption };
}

async function recordIt({ cluster, paths, header, cellDir, interruption }: Watch): Promise<number> {
  const run = { runId: header.runId, recordedAt: header.startedAt };
  writeBaseline(cellDir, await recordBaseline(cluster, paths, run, interruption.signal));
  process.stdout.write(`baseline of ${cluster.record.name} recorded: ${paths.length} paths ok, all nodes at rest\n`);
  return EXIT.ok;
}

async function compareIt(watch: Watch, { baseline, texts }: KeptBaseline, strict: boolean): Promise<number> {
  const { cluster, header, dir, interruption } = watch;
  const where = await cluster.locate();
  const evidence = await startEvidence({
    cluster,
    where,
    dir: join(watch.cellDir, "evidence", "observe"),
    level: "all",
    earlier: earlierOf({ baseline, texts }),
    mark: captureMark(watch.cellDir),
    signal: interruption.signal,
  });
  const { tried, kept } = await tryAll(watch, where, evidence, baseline);
  const { signal } = interruption;
  signal.throwIfAborted();
  const files = kept.dir === null ? null : readEvidence(kept.dir);
  const nodes = await nodesNow(cluster, { baseline, texts }, files);
  const paths = comparePaths(baseline, watch.paths, tried.first, tried.again);
  const { runId, startedAt } = header;
  const { name, cell } = cluster.record;
  const observed: Observed = {
    schemaVersion: 1,
    runId,
    startedAt,
    cluster: name,
    cell: cellId(cell),
    notes: notesOn(name),
    paths,
    nodes,
    outcome: outcomeOf({ paths, nodes }, strict),
    baseline: { runId: baseline.runId, recordedAt: baseline.recordedAt },
    explanations: files === null ? [] : explain(files, ofOdd(paths, tried)),
    evidence: kept.dir === null ? null : relative(dir, kept.dir),
    trouble: kept.trouble,
  };
  tell(observed, watch);
  return { "as-recorded": EXIT.ok, differs: EXIT.broken, unknown: EXIT.undecided }[observed.outcome];
}

async function nodesNow(
  cluster: Cluster,
  { baseline, texts }: BaselineRecording,
  files: EvidenceFiles | null,
): Promise<Observed["nodes"]> {
  const now = await fingerprints(cluster);
  return nodesOf(now).map((node) => {
    const [was, is] = [baseline.fingerprints[node], now[node]];
    const own = was && is ? diffFingerprints(was, is) : ["not compared"];
    const prefix = `during/${node}/`;
    const mine = [...(files?.texts ?? [])].filter(([path]) => path.startsWith(prefix));
    const today = new Map(mine.map(([path, text]) => [path.slice(prefix.length, -".txt".length), text]));
    return { node, differences: [...own, ...podDifferences(texts.get(node) ?? new Map<string, string>(), today)] };
  });
}

interface Tried {
  readonly first: readonly Observation[];
  /** Of the paths of which the first did not tell enough. */
  readonly again: readonly Observation[];
}

/** The captures are ended whatever happens. */
async function tryAll(
  { cluster, paths, interruption: { signal } }: Watch,
  where: Whereabouts,
  evidence: Evidence,
  baseline: BaselineRecording["baseline"],
): Promise<{ readonly tried: Tried; readonly kept: KeptEvidence }> {
  try {
    const first = await measure(cluster, where, watchPlan(paths), signal);
    const odd = comparePaths(baseline, paths, first).filter(needsAgain);
    const marked = evidence.mark("during");
    const again = odd.length === 0 ? [] : await measure(cluster, where, watchPlan(odd.map(({ path }) => path)), signal);
    await marked;
    return { tried: { first, again }, kept: await evidence.keep("full") };
  } catch (error) {
    await evidence.keep("full");
    throw error;
  }
}

/** What was forgotten, since it could be told the second time, is not to be explained. */
function ofOdd(paths: readonly PathFinding[], { first, again }: Tried): readonly Observation[] {
  const odd = paths.filter(({ finding }) => finding !== "as-recorded").map(({ path }) => path);
  return [...first, ...again].filter(({ path }) => odd.includes(path));
}

function earlierOf({ baseline, texts }: BaselineRecording) {
  return baseline.states.map(({ node, missing }) => ({
    moment: "before" as const,
    node,
    missing,
    durationMs: 0,
    texts: texts.get(node) ?? new Map<string, string>(),
  }));
}

function tell(observed: Observed, { dir, header }: Watch): void {
  process.stdout.write(renderObservation(observed));
  const path = join(dir, "observation.json");
  writeAtomically(path, `${JSON.stringify(observed, null, 2)}\n`);
  writeHeader(dir, { ...header, durationMs: Math.round(performance.now()) });
  process.stdout.write(`${path}\n`);
}
