/**
 * The mocha process of one cell: `node cli/cell/cell-process.ts ORDER.json`. It only breaks, probes, heals and logs. It
 * exits 0 once all suites have run, with any verdicts. On SIGTERM the current scenario stops probing, undoes its faults
 * and is the last. After a kill its parent (or `faultline heal`) undoes the faults in its journal.
 */
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import Mocha from "mocha";
import type { ClusterRecord } from "../../lib/model/cluster.ts";
import { runScenario, type Stand } from "../../lib/engine/run-scenario.ts";
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
import { suiteStand } from "./suite-host.ts";
import { loadSuites } from "./suites.ts";

/** What the parent orders; data only. */
export interface CellOrder {
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

async function main(orderPath: string): Promise<void> {
  const order = JSON.parse(readFileSync(orderPath, "utf8")) as CellOrder;
  const stopping = new AbortController();
  const stop = () => stopping.abort(new Error("the run was told to stop"));
  process.on("SIGTERM", stop);
  // The parent is gone: results have no reader, and `heal` may come at any moment.
  process.on("disconnect", stop);
  if (order.reach.allowHostWide) await mustBeDisposable(machine().readText);
  const host = hostAt(order.timeScale);
  const ways = await waysInto(order.cluster, host.exec);
  const stand = standFor(order, host, stopping.signal, ways, await targetsOf(order.cluster, host, ways));
  stand.emit({ type: "note", text: toldOf(ways) });
  const place = { dir: dirname(order.eventsPath), level: order.evidence };
  const suites = suiteStand(stand, order.mode, runScenario, place, order.repeats);
  useHost(suites);
  const mocha = new Mocha({ timeout: 0, reporter: order.mochaReporter ?? SilentReporter, forbidOnly: true });
  await loadSuites(mocha, order.suiteFiles);
  await new Promise<void>((resolve) => {
    const runner = mocha.run(() => resolve());
    runner.on("pass", (test) => logTest(stand.emit, order.mode, test, null));
    runner.on("pending", (test) => {
      logTest(stand.emit, order.mode, test, new Error("pending: it was not run"));
    });
    runner.on("fail", (test, error: Error) => logTest(stand.emit, order.mode, test, error));
    stopping.signal.addEventListener("abort", () => runner.abort());
  });
  await suites.settled();
  if (stopping.signal.aborted) process.exit(STOPPED_EXIT);
}

const STOPPED_EXIT = 3;

/** Logs hand-written tests and hooks one by one. Tests that a scenario made are judged with it. */
function logTest(emit: Stand["emit"], mode: Mode, test: Mocha.Runnable, error: Error | null): void {
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

async function targetsOf({ name, containers }: ClusterRecord, host: Host, ways: Ways): Promise<Stand["targets"]> {
  const target = (node: NodeRole) => {
    const container = ofNode(containers, node);
    const way = ways.get(container);
    return containerTarget({ node, cluster: name, container, host, ...(way && { way }) });
  };
  const nodes = await ofEach(nodesOf(containers), target);
  return { ...nodes, "control-plane": await target("control-plane") };
}

function standFor(order: CellOrder, host: Host, signal: AbortSignal, ways: Ways, targets: Stand["targets"]): Stand {
  const journal = openJournal(order.journalPath);
  const emit = eventLog(order.eventsPath, (error) => {
    // What is not logged cannot be judged: stop, heal, and say so.
    console.error(`event log: ${error.message}`);
    process.emit("SIGTERM");
  });
  const cluster = liveCluster(order.cluster, host, signal, ways);
  return { cluster, targets, journal, emit, signal, reach: order.reach };
}

class SilentReporter extends Mocha.reporters.Base {
  override epilogue(): void {}
}

const [orderPath] = process.argv.slice(2);
if (orderPath === undefined) throw new Error("usage: cell-process.ts ORDER.json");
try {
  await main(orderPath);
  process.exit(0);
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
