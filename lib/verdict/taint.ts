import type { Event, ScenarioEvent } from "../events/event.ts";
import { describeFault, type NodeFault } from "../faults/registry.ts";
import { nodesOf } from "../model/nodes.ts";
import type { TaintedNode } from "./result.ts";
import { splitByCluster } from "./cluster-logs.ts";

/** Enough to recognise the change; the scenario's result has every difference. */
const SHOWN_DIFFERENCES = 3;

/**
 * Returns the nodes that did not come back, from the events of a cell or a scenario: one entry a node and scenario,
 * in the order they became tainted. A failed undo taints a node even if a later one succeeds; so does a node state
 * that differs when the recovery budget is spent or the run is stopped. The mode does not matter. Pure.
 */
export function taintedNodes(events: readonly Event[]): readonly TaintedNode[] {
  return splitByCluster(events).flatMap(taintedInCluster);
}

function taintedInCluster(events: readonly Event[]): readonly TaintedNode[] {
  const containers = events.find((event) => event.type === "nodes")?.containers;
  const taints = events.flatMap((event) => ("scenario" in event ? taintsOf(event, events) : []));
  const byNode = Map.groupBy(taints, ({ node, scenario }) => `${node} ${scenario}`);
  return [...byNode.values()].flatMap(([first, ...more]) => {
    if (!first) return [];
    const why = [...new Set([first, ...more].map((taint) => taint.why))].join("; ");
    return [{ node: first.node, container: containers?.[first.node] ?? null, scenario: first.scenario, why }];
  });
}

/** Returns the taint as one line: `node A tainted by nodes/ip-forward: route new: …`. */
export function describeTaint({ node, scenario, why }: TaintedNode): string {
  return `node ${node} tainted by ${scenario}: ${why}`;
}

/** Returns the reason that results and tests give for a scenario that a taint kept from running. */
export function notRunBecause(taint: TaintedNode): string {
  return `not run: ${describeTaint(taint)}`;
}

type Taint = Omit<TaintedNode, "container">;

function taintsOf(event: ScenarioEvent, events: readonly Event[]): readonly Taint[] {
  const { scenario } = event;
  if (event.type === "node-state" && event.differences.length > 0) {
    return [{ node: event.node, scenario, why: firstOf(event.differences) }];
  }
  if (event.type === "not-undone") return [notUndone(scenario, event.fault, event.detail)];
  if (event.type !== "healed" || event.ok) return [];
  const injected = events.find((each) => each.type === "injected" && each.faultId === event.faultId);
  if (injected?.type === "injected") return [notUndone(scenario, injected.fault, event.detail)];
  // Only a damaged log lacks the injection, and so the node: then every node counts as tainted.
  return nodesOf(events.find((each) => each.type === "nodes")?.containers ?? TWO_NODES).map((node) => ({
    node,
    scenario,
    why: `a fault could not be undone: ${event.detail}`,
  }));
}

/** Assumed for a log without a `nodes` event. */
const TWO_NODES = { A: "", B: "" };

function notUndone(scenario: string, fault: NodeFault, detail: string): Taint {
  return { node: fault.node, scenario, why: `${describeFault(fault)} could not be undone: ${detail}` };
}

function firstOf(differences: readonly string[]): string {
  const more = differences.length - SHOWN_DIFFERENCES;
  const shown = differences.slice(0, SHOWN_DIFFERENCES).join("; ");
  return more > 0 ? `${shown} (and ${more} more)` : shown;
}
