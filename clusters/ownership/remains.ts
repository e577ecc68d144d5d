/** The parts of clusters on this machine, from every place that can hold one, with their owners. Reads only. */
import { mustExec, type Exec } from "../../lib/host/exec.ts";
import { clusterOfKind, KIND_LABEL } from "./cluster-name.ts";
import type { ClusterLease } from "./lease.ts";
import { closingRules, LABELS, type ClosingRule } from "./closing-rule.ts";
import { clusterNetworks, engineTimeMs, rows, type ClusterNetwork, type OwnerState } from "./owner.ts";

/** Everything left of one cluster. */
export interface Remains {
  readonly cluster: string;
  /** The number of each; all 0 when there is only a lease. */
  readonly parts: Readonly<Record<"nodes" | "outside" | "networks" | "rules", number>>;
  /** The marks of the cluster's maker and its user (owner.ts). */
  readonly owners: readonly string[];
  /** The runs that made it and use it; empty when no source names one. */
  readonly runDirs: readonly string[];
  /** The time of the oldest part with a known time, or null. */
  readonly madeAtMs: number | null;
}

/** The maker of a cluster, from a source that outlives all its parts: the directory of its run. */
export interface KnownRun {
  readonly cluster: string;
  readonly owner: string;
  readonly runDir: string;
}

interface Container {
  readonly cluster: string;
  readonly what: "node" | "outside";
  /** Only `outside` has our labels: kind makes the nodes, with its own. */
  readonly owner: string;
  readonly runDir: string;
  readonly madeAtMs: number | null;
}

/** The parts found, before grouping by cluster. */
export interface ClusterParts {
  readonly networks: readonly ClusterNetwork[];
  readonly containers: readonly Container[];
  readonly rules: readonly ClosingRule[];
  readonly leases: readonly ClusterLease[];
}

/**
 * Returns the parts that the engine and the firewall show; the leases are given. Throws ExecError when the engine does
 * not answer: unseen parts would look gone, and what belongs to them ownerless.
 */
export async function findParts(exec: Exec, leases: readonly ClusterLease[]): Promise<ClusterParts> {
  const engine: Exec = (argv, options) => mustExec(exec, argv, options);
  const labels = [LABELS.cluster, KIND_LABEL, LABELS.owner, LABELS.runDir].map((label) => `{{.Label "${label}"}}`);
  const format = ["{{.Image}}", "{{.CreatedAt}}", ...labels].join("\t");
  const [networks, listed, rules] = await Promise.all([
    clusterNetworks(engine),
    engine(["docker", "ps", "--all", "--no-trunc", "--format", format]),
    closingRules(exec),
  ]);
  const names = new Set([...networks, ...rules, ...leases].map(({ cluster }) => cluster));
  return { networks, containers: containersIn(listed.stdout, names), rules, leases };
}

/**
 * Returns our containers: those with our label, and kind nodes of a known cluster or with our image. Others use kind
 * too.
 */
function containersIn(stdout: string, names: ReadonlySet<string>): readonly Container[] {
  return rows(stdout).flatMap(
    ([image = "", madeAt = "", ours = "", kinds = "", owner = "", runDir = ""]): Container[] => {
      const common = { owner, runDir, madeAtMs: engineTimeMs(madeAt) };
      if (ours !== "") return [{ ...common, cluster: ours, what: "outside" }];
      const cluster = clusterOfKind(kinds);
      const isNode = kinds !== "" && (names.has(cluster) || image.startsWith("faultline/node:"));
      return isNode ? [{ ...common, cluster, what: "node" }] : [];
    },
  );
}

/** Returns the remains of each cluster, sorted by name; `known` adds its makers. Pure. */
export function remainsOf(all: ClusterParts, known: readonly KnownRun[]): readonly Remains[] {
  const { networks, containers, rules, leases } = all;
  const clusters = new Set([networks, containers, rules, leases].flat().map(({ cluster }) => cluster));
  return [...clusters].sort().map((cluster) => {
    const of = <T extends { readonly cluster: string }>(parts: readonly T[]) =>
      parts.filter((part) => part.cluster === cluster);
    const sources = [of(networks), of(containers), of(leases), of(known)].flat();
    const owners = [...sources, ...of(rules)].map(({ owner }) => owner);
    const times = [of(networks), of(containers)].flat().flatMap(({ madeAtMs }) => madeAtMs ?? []);
    const count = (kind: Container["what"]) => of(containers).filter(({ what }) => what === kind).length;
    const parts = {
      nodes: count("node"),
      outside: count("outside"),
      networks: of(networks).length,
      rules: of(rules).length,
    };
    return {
      cluster,
      parts,
      owners: distinct(owners),
      runDirs: distinct(sources.map(({ runDir }) => runDir)),
      madeAtMs: times.length > 0 ? Math.min(...times) : null,
    };
  });
}

function distinct(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].filter((text) => text !== "");
}

/** `unseen`: its owner is in another pid namespace. `another checkout`: made there, or by an unknown run. */
export type Fate = "delete" | "in use" | "unseen" | "another checkout";

/**
 * Returns what gc does with remains. It deletes those of dead owners that a run of this checkout made. It also deletes
 * a rule or a lease without its cluster, from any maker. `all` adds other checkouts, and treats an unseen owner as
 * dead. Pure.
 */
export function fateOf(
  { parts, runDirs }: Remains,
  states: readonly OwnerState[],
  { runs, all }: { readonly runs: string; readonly all: boolean },
): Fate {
  if (states.includes("lives")) return "in use";
  if (states.includes("unseen") && !all) return "unseen";
  const isCluster = parts.nodes + parts.outside + parts.networks > 0;
  const ours = runDirs.some((dir) => dir.startsWith(runs));
  return ours || all || !isCluster ? "delete" : "another checkout";
}
