/**
 * One cell's mocha process: `node cli/cell-process.ts ORDER.json`. It only breaks, probes and heals, and logs that; it ends with exit 0 when all
 * suites have been run, whatever they found. SIGTERM: the scenario under way stops probing, undoes its faults and is the last. Should it be
 * killed, its parent (or `faultline heal`) undoes what its journal says.
 */
import { readFileSync } from "node:fs";
import Mocha from "mocha";
import { cellId } from "../lib/cell.ts";
import type { ClusterRecord } from "../lib/cluster.ts";
import { runScenario, type Stand } from "../lib/engine/run-scenario.ts";
import type { Event, Mode } from "../lib/event.ts";
import { eventLog } from "../lib/event-log.ts";
import { containerTarget } from "../lib/faults/target.ts";
import { openJournal } from "../lib/journal/journal.ts";
import { useStand } from "../lib/mocha/stand.ts";
import type { Scenario } from "../lib/scenario.ts";
import { judgeScenario } from "../lib/verdict/scenario.ts";
import { liveCluster } from "../clusters/live-cluster.ts";
import { loadSuites } from "./suites.ts";

/** What the parent orders; data only. */
export interface CellOrder {
  readonly cluster: ClusterRecord;
  readonly eventsPath: string;
  readonly journalPath: string;
  readonly mode: Mode;
  readonly suiteFiles: readonly string[];
  /** Any mocha reporter; null: none, the event log is enough. */
  readonly mochaReporter: string | null;
}

async function main(orderPath: string): Promise<void> {
  const order = JSON.parse(readFileSync(orderPath, "utf8")) as CellOrder;
  const stopping = new AbortController();
  process.on("SIGTERM", () => stopping.abort(new Error("the run was told to stop")));
  const stand = await standFor(order, stopping.signal);
  const { cell, traits } = order.cluster;
  useStand({
    context: { cell, traits },
    run: async (scenario: Scenario) => {
      stopping.signal.throwIfAborted();
      const mine: Event[] = [];
      const emit: Stand["emit"] = (event) => {
        mine.push({ atMs: Date.now(), ...event });
        stand.emit(event);
      };
      await runScenario({ ...stand, emit }, scenario, order.mode);
      return judgeScenario(cellId(cell), mine);
    },
  });
  const mocha = new Mocha({ timeout: 0, reporter: order.mochaReporter ?? SilentReporter });
  await loadSuites(mocha, order.suiteFiles);
  await new Promise<void>((resolve) => {
    const runner = mocha.run(() => resolve());
    stopping.signal.addEventListener("abort", () => runner.abort());
  });
}

async function standFor(order: CellOrder, signal: AbortSignal): Promise<Stand> {
  const cluster = liveCluster(order.cluster);
  const { name, containers } = order.cluster;
  const target = (node: "A" | "B" | "control-plane") =>
    containerTarget({ node, cluster: name, container: containers[node] });
  const [A, B, controlPlane] = await Promise.all([target("A"), target("B"), target("control-plane")]);
  const journal = openJournal(order.journalPath);
  const emit = eventLog(order.eventsPath, (error) => console.error(`event log: ${error.message}`));
  return { cluster, targets: { A, B, "control-plane": controlPlane }, journal, emit, signal };
}

class SilentReporter extends Mocha.reporters.Base {
  override epilogue(): void {}
}

const [orderPath] = process.argv.slice(2);
if (orderPath === undefined) throw new Error("usage: cell-process.ts ORDER.json");
await main(orderPath);
process.exit(0);
