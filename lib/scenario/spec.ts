import { BALANCER_PORTS, ROLE_PORTS } from "../model/address.ts";
import { UsageError } from "../host/errors.ts";
import { familiesOf, type Cell, type Family, type Traits } from "../model/cell.ts";
import type { FaultContext } from "../model/cluster.ts";
import type { Claimed, Expectation } from "../model/expectation.ts";
import { expectation } from "../model/expectation.ts";
import type {
  AgentFault,
  DropFault,
  Fault,
  IptablesDropFault,
  LoadBalancerFault,
  NftJumpFault,
  NodeFault,
  RouteFault,
  RuleFault,
} from "../faults/contract/fault.ts";
import type { NodeRole } from "../model/nodes.ts";
import { parsePath } from "../model/path.ts";
import type { Skip } from "../model/skip.ts";
import type { Symptom } from "../model/symptom.ts";

export * from "./conditions.ts";

/** The facts that a claim may depend on. */
export interface CellContext {
  readonly cell: Cell;
  readonly traits: Traits;
}

/** A claim that depends on the cell. */
export type Conditional = (context: CellContext) => Claimed;

/** One claim, as a suite writes it. */
export interface ScenarioSpec {
  /** One sentence: what breaks, and for which clients. */
  readonly claim: string;
  /** Sources of the claim: URLs, documents, issue numbers. */
  readonly documented: readonly string[];
  /** The fault, or a function of the cluster if it needs an address or a trait. */
  readonly fault: NodeFault | readonly NodeFault[] | ((context: FaultContext) => NodeFault | readonly NodeFault[]);
  /** The symptom of each path under the fault; paths with `ok` are the controls. */
  readonly expect: Readonly<Record<string, Claimed | Conditional>>;
  readonly recovers: Recovery;
  /**
   * The agent that is claimed to undo the fault, or null in cells without one. `expect` then holds after its repair.
   */
  readonly healsItself?: (context: CellContext) => SelfHealing | null;
  /**
   * How long the symptom may take to show; absent if it shows at once. A pod that must crash needs time, for example.
   */
  readonly appears?: Budget;
  /** Returns why the scenario makes no sense in a cell, or null if it does: a skip always has a reason. */
  readonly skipWhen?: (context: CellContext) => string | null;
  /** Why every path shows the same with the fault on the other node. Selfcheck tests this claim too. */
  readonly sameOnEitherNode?: string;
}

export interface Budget {
  readonly withinMs: number;
}

export interface Recovery extends Budget {
  readonly notUntil?: NotUntil;
}

/** The symptom outlasts its cause, until something else happens. */
export interface NotUntil {
  /** Completes "does not recover until …". */
  readonly what: string;
  /** How long the probes watch it last. */
  readonly lastsMs: number;
}

/** An agent undoes a fault by itself. */
export interface SelfHealing {
  /** The agent's name: `flannel`. */
  readonly by: string;
  /** The kind of the fault that the agent undoes; other faults stay. */
  readonly kind: Fault["kind"];
  readonly withinMs: number;
  /** Symptoms by path; each path must show one of its symptoms at least once before the repair. */
  readonly meanwhile: Readonly<Record<string, readonly Symptom[]>>;
}

/** A claim with its title; `id` is its file under suites/, without the extension. */
export interface Scenario extends ScenarioSpec {
  readonly id: string;
  readonly title: string;
}

/** Returns a budget in ms: `within(seconds(5))`. */
export function within(withinMs: number): Budget {
  return { withinMs };
}

/**
 * Returns a recovery that needs something to happen first: `notUntil("flannel restarts", { lastsMs: seconds(5),
 * withinMs: seconds(5) })`. The symptom lasts at least `lastsMs`; after the event, all paths are ok within `withinMs`.
 */
export function notUntil(what: string, { lastsMs, withinMs }: { lastsMs: number; withinMs: number }): Recovery {
  return { withinMs, notUntil: { what, lastsMs } };
}

/** Converts seconds to ms. */
export function seconds(count: number): number {
  return count * 1000;
}

/** Returns why static routes cannot join clusters in a cell, or null if they can. For `skipWhen`. */
export function whyNotJoined({ traits }: CellContext): string | null {
  if (traits.ownAddressBlocks)
    return "pods' addresses are outside their node's pod CIDR, so no static route leads to them";
  return traits.dataplane === "ebpf"
    ? "BPF programs route and masquerade pods' packets and ignore the node's routes and rules"
    : null;
}

export const noFault: NodeFault = { node: "A", fault: { kind: "none" } };

/** Sets a sysctl (`net.…`, the node's own) on a node. */
export function sysctl(node: NodeRole, key: string, value: number): NodeFault {
  return { node, fault: { kind: "sysctl", key, value: String(value) } };
}

/** Drops matching packets silently on a node. */
export function drop(node: NodeRole, match: Omit<DropFault, "kind">): NodeFault {
  return { node, fault: { kind: "drop", ...match } };
}

/** Adds a route on a node. */
export function route(node: NodeRole, spec: Omit<RouteFault, "kind">): NodeFault {
  return { node, fault: { kind: "route", ...spec } };
}

/** Sets a network device down on a node. */
export function linkDown(node: NodeRole, device: string): NodeFault {
  return { node, fault: { kind: "link", device, state: "down" } };
}

/** Sets a network device down on a node, and up again: routes and neighbours that an agent had put there stay away. */
export function linkBounced(node: NodeRole, device: string): NodeFault {
  return { node, fault: { kind: "link", device, state: "bounced" } };
}

/** Gives a network device of a node another MAC address. */
export function linkReaddressed(node: NodeRole, device: string): NodeFault {
  return { node, fault: { kind: "link", device, state: "readdressed" } };
}

/**
 * Drops matching packets by a rule at the top of a chain of iptables' filter table: in force while it is the first
 * there.
 */
export function dropFirst(node: NodeRole, match: Omit<IptablesDropFault, "kind">): NodeFault {
  return { node, fault: { kind: "iptables-drop", ...match } };
}

/**
 * Sets the policy of iptables' (or ip6tables') FORWARD chain on a node: what becomes of forwarded packets that no
 * rule decides.
 */
export function forwardPolicy(node: NodeRole, policy: "DROP", family: Family = "IPv4"): NodeFault {
  return { node, fault: { kind: "policy", chain: "FORWARD", policy, ...inFamily(family) } };
}

/**
 * Takes an agent's iptables rule away on a node: `ruleGone("A", { table: "filter", chain: "FORWARD", target:
 * "FLANNEL-FWD" })`.
 */
export function ruleGone(node: NodeRole, rule: Omit<RuleFault, "kind">, family: Family = "IPv4"): NodeFault {
  return { node, fault: { kind: "rule", ...rule, ...inFamily(family) } };
}

/** iptables is what these faults mean where nothing is said. */
function inFamily(family: Family): { readonly family?: 6 } {
  return family === "IPv6" ? { family: 6 } : {};
}

/** Takes the one rule of an nftables chain away on a node, which is a jump to `target`. */
export function nftJumpGone(node: NodeRole, jump: Omit<NftJumpFault, "kind">): NodeFault {
  return { node, fault: { kind: "nft-jump", ...jump } };
}

/** Takes the CNI's agent off a node. */
export function agentGone(node: NodeRole, agent: Omit<AgentFault, "kind">): NodeFault {
  return { node, fault: { kind: "agent", ...agent } };
}

/** Makes a NetworkPolicy that lets nobody reach pods with these labels, of the roles' namespace. */
export function denyAll(podSelector: Readonly<Record<string, string>>): NodeFault {
  return { node: "control-plane", fault: { kind: "network-policy", namespace: "faultline", podSelector } };
}

/** Makes a Service of type LoadBalancer for the server's pod, which has this address and its port 80 only. */
export function loadBalancer(of: Pick<LoadBalancerFault, "address" | "ipMode">): NodeFault {
  const ports = { port: BALANCER_PORTS["port 80"], targetPort: ROLE_PORTS.server };
  const fault: Fault = { kind: "load-balancer", namespace: "faultline", selector: { role: "server" }, ...of, ...ports };
  return { node: "control-plane", fault };
}

/** Points the resolver that a node's CoreDNS pods are given at these nameservers. */
export function podsResolver(node: NodeRole, ...nameservers: readonly string[]): NodeFault {
  return { node, fault: { kind: "resolv-conf", nameservers } };
}

/** Points a Service of the roles' namespace at pods that do not exist. */
export function selectNobody(service: string): NodeFault {
  const fault: Fault = { kind: "selector", namespace: "faultline", service, selector: { app: "nobody" } };
  return { node: "control-plane", fault };
}

/** Returns the skip that the suite's own `skipWhen` asks for in a cell, or null. Pure. */
export function skipInCell({ skipWhen }: Pick<ScenarioSpec, "skipWhen">, context: CellContext): Skip | null {
  const reason = skipWhen?.(context) ?? null;
  return reason === null ? null : { code: "cell", reason };
}

/** Returns the faults of a scenario in a cluster. */
export function faultsOf(scenario: ScenarioSpec, context: FaultContext): readonly NodeFault[] {
  const faults = typeof scenario.fault === "function" ? scenario.fault(context) : scenario.fault;
  return "node" in faults ? [faults] : faults;
}

/** Returns the agent that is claimed to undo a fault in a cell, or null if there is no such claim. */
export function healingOf(scenario: ScenarioSpec, context: CellContext): SelfHealing | null {
  return scenario.healsItself?.(context) ?? null;
}

/** Returns the expectation of each path that exists in a cell (see leftOutOf). Throws UsageError as parsePath does. */
export function expectationsOf(scenario: ScenarioSpec, context: CellContext): Record<string, Expectation> {
  const leftOut = leftOutOf(scenario, context);
  const entries = Object.entries(scenario.expect)
    .filter(([path]) => leftOut[path] === undefined)
    .map(([path, claimed]) => {
      return [path, expectation(typeof claimed === "function" ? claimed(context) : claimed)] as const;
    });
  return Object.fromEntries(entries);
}

/**
 * Returns the paths without a claim in a cell, each with its reason: they name an IP family that the cell lacks. Throws
 * UsageError as parsePath does.
 */
export function leftOutOf(scenario: Pick<ScenarioSpec, "expect">, { cell }: CellContext): Record<string, string> {
  const reasonFor = (path: string): string | null => {
    const { family } = parsePath(path);
    return family === undefined || familiesOf(cell).includes(family) ? null : `the cell has no ${family}`;
  };
  return Object.fromEntries(
    Object.keys(scenario.expect).flatMap((path): readonly (readonly [string, string])[] => {
      const reason = reasonFor(path);
      return reason === null ? [] : [[path, reason]];
    }),
  );
}

/** Throws UsageError with the suite's id if a path cannot be parsed or the suite claims nothing. */
export function checkScenario(scenario: Scenario): void {
  const paths = Object.keys(scenario.expect);
  if (paths.length === 0) throw new UsageError(`suite ${scenario.id}: "${scenario.title}" expects nothing of any path`);
  for (const path of paths) {
    try {
      parsePath(path);
    } catch (error) {
      throw new UsageError(
        `suite ${scenario.id}: ${(error as Error).message}`,
        `correct the path in suites/${scenario.id}.ts`,
      );
    }
  }
}
