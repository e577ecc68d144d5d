/**
 * The mocha process of one cell: `node cli/cell/cell-process.ts SPEC.json`. It only breaks, probes, heals and logs. It
 * exits 0 once all suites have run, with any verdicts. On SIGTERM the current scenario stops probing, undoes its faults
 * and is the last. After a kill its parent (or `faultline heal`) undoes the faults in its journal.
 */
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import Mocha from "mocha";
import type { ClusterRecord } from "../../lib/model/cluster.ts";
import { runScenario, type ScenarioContext } from "../../lib/engine/run-scenario.ts";
import type { Mode } from "../../lib/model/mode.ts";
import type { EvidenceLevel } from "../../lib/evidence/evidence.ts";
import { eventLog } from "../../lib/events/event-log.ts";
import type { Reach } from "../../lib/faults/contract/kind.ts";
import { containerTarget } from "../../lib/faults/run/target.ts";
import { openJournal } from "../../lib/journal/journal.ts";
import { isOfScenario, suiteId } from "../../lib/mocha/scenario.ts";
import { useHost } from "../../lib/mocha/suite-host.ts";
import { hostAt, type Host } from "../../lib/host/host.ts";
import type { TimeScale } from "../../lib/host/time-scale.ts";
import { nodesOf, ofEach, ofNode, type NodeRole } from "../../lib/model/nodes.ts";
import { liveCluster, waysInto, type Ways } from "../../clusters/create/live-cluster.ts";
import { mustBeDisposable } from "../../clusters/setup/disposable.ts";
import { machine } from "../host/prepare.ts";
import { suiteHost } from "./suite-host.ts";
import { loadSuites } from "./suites.ts";

/** What a cell's process has to do, as its parent writes it to a file; data only. */
export interface CellProcessSpec {
  readonly cluster: ClusterRecord;
  readonly eventsPath: string;
  readonly journalPath: string;
  readonly mode: Mode;
  readonly evidence: EvidenceLevel;
  /** How often each scenario is run. */
  readonly repeats: number;
  readonly timeScale: TimeScale;
  /** Beyond the nodes only where this machine is marked for that: looked at again here. */
  readonly reach: Reach;
  readonly suiteFiles: readonly string[];
  /** Any mocha reporter; null: none, the event log is enough. */
  readonly mochaReporter: string | null;
}

async function main(specPath: string): Promise<void> {
  const spec = JSON.parse(readFileSync(specPath, "utf8")) as CellProcessSpec;
  const stopping = new AbortController();
  const stop = () => stopping.abort(new Error("the run was told to stop"));
  process.on("SIGTERM", stop);
  // The parent is gone: results have no reader, and `heal` may come at any moment.
  process.on("disconnect", stop);
  if (spec.reach.allowHostWide) await mustBeDisposable(machine().readText);
  const host = hostAt(spec.timeScale);
  const ways = await waysInto(spec.cluster, host.exec);
  const context = contextFor(spec, host, stopping.signal, ways, await targetsOf(spec.cluster, host, ways));
  context.emit({ type: "note", text: toldOf(ways) });
  const place = { dir: dirname(spec.eventsPath), level: spec.evidence };
  const suites = suiteHost(context, spec.mode, runScenario, place, spec.repeats);
  useHost(suites);
  const mocha = new Mocha({ timeout: 0, reporter: spec.mochaReporter ?? SilentReporter, forbidOnly: true });
  await loadSuites(mocha, spec.suiteFiles);
  await new Promise<void>((resolve) => {
    const runner = mocha.run(() => resolve());
    runner.on("pass", (test) => logTest(context.emit, spec.mode, test, null));
    runner.on("pending", (test) => {
      logTest(context.emit, spec.mode, test, new Error("pending: it was not run"));
    });
    runner.on("fail", (test, error: Error) => logTest(context.emit, spec.mode, test, error));
    stopping.signal.addEventListener("abort", () => runner.abort());
  });
  await suites.settled();
  if (stopping.signal.aborted) process.exit(STOPPED_EXIT);
}

const STOPPED_EXIT = 3;

/** Logs hand-written tests and hooks one by one. Tests that a scenario made are judged with it. */
function logTest(emit: ScenarioContext["emit"], mode: Mode, test: Mocha.Runnable, error: Error | null): void {
  // The other modes put scenarios to the test; a hand-written test is the same in each.
  if (mode !== "as-claimed") return;
  const suite = suiteId(test.file);
  const title = test.fullTitle();
  if (isOfScenario(test)) return;
  emit({ type: "test", suite, title, mode, passed: error === null, message: error?.message ?? "" });
}

/** By which way commands reach the nodes. */
function toldOf(ways: Ways): string {
  const reasons = new Set([...ways.values()].flatMap(({ whyNot }) => whyNot ?? []));
  if (reasons.size === 0) return "commands enter the nodes' namespaces directly";
  return `commands reach nodes by docker exec: ${[...reasons].join("; ")}`;
}

async function targetsOf(
  { name, containers }: ClusterRecord,
  host: Host,
  ways: Ways,
): Promise<ScenarioContext["targets"]> {
  const target = (node: NodeRole) => {
    const container = ofNode(containers, node);
    const way = ways.get(container);
    return containerTarget({ node, cluster: name, container, host, ...(way && { way }) });
  };
  const nodes = await ofEach(nodesOf(containers), target);
  return { ...nodes, "control-plane": await target("control-plane") };
}

function contextFor(
  spec: CellProcessSpec,
  host: Host,
  signal: AbortSignal,
  ways: Ways,
  targets: ScenarioContext["targets"],
): ScenarioContext {
  const journal = openJournal(spec.journalPath);
  const emit = eventLog(spec.eventsPath, (error) => {
    // What is not logged cannot be judged: stop, heal, and say so.
    console.error(`event log: ${error.message}`);
    process.emit("SIGTERM");
  });
  const cluster = liveCluster(spec.cluster, host, signal, ways);
  return { cluster, targets, journal, emit, signal, reach: spec.reach };
}

class SilentReporter extends Mocha.reporters.Base {
  override epilogue(): void {}
}

const [specPath] = process.argv.slice(2);
if (specPath === undefined) throw new Error("usage: cell-process.ts SPEC.json");
try {
  await main(specPath);
  process.exit(0);
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
