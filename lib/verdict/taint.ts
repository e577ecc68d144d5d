import type { Event, ScenarioEvent } from "../events/event.ts";
import { describeFault, type NodeFault } from "../faults/contract/fault.ts";
import { nodesOf } from "../model/nodes.ts";
import type { TaintedNode } from "./result.ts";
import { byCluster } from "./parts.ts";

/** Enough to recognise what happened; the scenario's result has all. */
const SHOWN_DIFFERENCES = 3;

/**
 * The nodes that did not come back, from a cell's events (or one scenario's), one entry a node and scenario, in the order they became so: an undo
 * failed, even if a later one did not, or the node's state differed when the recovery budget was spent. The mode makes no difference. Pure.
 */
export function taintedNodes(events: readonly Event[]): readonly TaintedNode[] {
  return byCluster(events).flatMap(taintedInPart);
}

function taintedInPart(events: readonly Event[]): readonly TaintedNode[] {
  const containers = events.find((event) => event.type === "nodes")?.containers;
  const findings = events.flatMap((event) => ("scenario" in event ? findingOf(event, events) : []));
  const byNode = Map.groupBy(findings, ({ node, scenario }) => `${node} ${scenario}`);
  return [...byNode.values()].flatMap(([first, ...more]) => {
    if (!first) return [];
    const why = [...new Set([first, ...more].map((one) => one.why))].join("; ");
    return [{ node: first.node, container: containers?.[first.node] ?? null, scenario: first.scenario, why }];
  });
}

/** `node A tainted by nodes/ip-forward: route new: …`. */
export function taintWords({ node, scenario, why }: TaintedNode): string {
  return `node ${node} tainted by ${scenario}: ${why}`;
}

/** Why nothing more is run on a cluster, as results and tests say it. */
export function notRunFor(taint: TaintedNode): string {
  return `not run: ${taintWords(taint)}`;
}

type Finding = Omit<TaintedNode, "container">;

function findingOf(event: ScenarioEvent, events: readonly Event[]): readonly Finding[] {
  const { scenario } = event;
  if (event.type === "node-state" && event.differences.length > 0) {
    return [{ node: event.node, scenario, why: firstOf(event.differences) }];
  }
  if (event.type === "not-undone") return [notUndone(scenario, event.fault, event.detail)];
  if (event.type !== "healed" || event.ok) return [];
  const injected = events.find((one) => one.type === "injected" && one.faultId === event.faultId);
  // Only a damaged log lacks how the fault came; that a node is broken must not go unsaid for it.
  return injected?.type === "injected"
    ? [notUndone(scenario, injected.fault, event.detail)]
    : nodesOf(events.find((one) => one.type === "nodes")?.containers ?? BOTH).map((node) => ({
        node,
        scenario,
        why: `a fault could not be undone: ${event.detail}`,
      }));
}

/** Where the log does not say which there are. */
const BOTH = { A: "", B: "" };

function notUndone(scenario: string, fault: NodeFault, detail: string): Finding {
  return { node: fault.node, scenario, why: `${describeFault(fault)} could not be undone: ${detail}` };
}

function firstOf(differences: readonly string[]): string {
  const more = differences.length - SHOWN_DIFFERENCES;
  const shown = differences.slice(0, SHOWN_DIFFERENCES).join("; ");
  return more > 0 ? `${shown} (and ${more} more)` : shown;
}
