/**
 * What there is of clusters on this machine, from every place where something of one can be left, and whose it is. Looks, changes nothing.
 */
import { mustExec, type Exec } from "../../lib/host/exec.ts";
import { clusterOfKind, KIND_LABEL } from "./cluster-name.ts";
import type { Lease } from "./lease.ts";
import { closingRules, LABELS, type ClosingRule } from "./closing-rule.ts";
import { clusterNetworks, engineTimeMs, rows, type ClusterNetwork, type OwnerState } from "./owner.ts";

/** All that is left of one cluster. */
export interface Remains {
  readonly cluster: string;
  /** How many there are; all 0 when there is only a lease. */
  readonly parts: Readonly<Record<"nodes" | "outside" | "networks" | "rules", number>>;
  /** The marks of who made it and of who uses it (owner.ts). */
  readonly owners: readonly string[];
  /** Of the runs that made it and use it; empty when nothing tells. */
  readonly runDirs: readonly string[];
  /** Of the oldest part that tells; null when none does. */
  readonly madeAtMs: number | null;
}

/** Who made a cluster, from a source that outlives all its parts: the directory of its run. */
export interface KnownRun {
  readonly cluster: string;
  readonly owner: string;
  readonly runDir: string;
}

interface Container {
  readonly cluster: string;
  readonly what: "node" | "outside";
  /** Only `outside` tells: kind makes the nodes, with labels of its own. */
  readonly owner: string;
  readonly runDir: string;
  readonly madeAtMs: number | null;
}

/** What was found, before it is put together. */
export interface Found {
  readonly networks: readonly ClusterNetwork[];
  readonly containers: readonly Container[];
  readonly rules: readonly ClosingRule[];
  readonly leases: readonly Lease[];
}

/**
 * Asks the engine and the firewall; the leases are given. Throws ExecError when the engine does not tell: what is not seen would be taken for gone, and what
 * belongs to it for nobody's.
 */
export async function findParts(exec: Exec, leases: readonly Lease[]): Promise<Found> {
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

/** Ours carry our label. kind's nodes are ours when the cluster's name is known here, or when they run our image: others use kind, too. */
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

/** Puts together what was found, a cluster each, in the order of their names; `known` adds who made them. Pure. */
export function remainsOf(found: Found, known: readonly KnownRun[]): readonly Remains[] {
  const { networks, containers, rules, leases } = found;
  const clusters = new Set([networks, containers, rules, leases].flat().map(({ cluster }) => cluster));
  return [...clusters].sort().map((cluster) => {
    const of = <T extends { readonly cluster: string }>(all: readonly T[]) =>
      all.filter((one) => one.cluster === cluster);
    const tellers = [of(networks), of(containers), of(leases), of(known)].flat();
    const owners = [...tellers, ...of(rules)].map(({ owner }) => owner);
    const times = [of(networks), of(containers)].flat().flatMap(({ madeAtMs }) => madeAtMs ?? []);
    const count = (what: Container["what"]) => of(containers).filter((one) => one.what === what).length;
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
      runDirs: distinct(tellers.map(({ runDir }) => runDir)),
      madeAtMs: times.length > 0 ? Math.min(...times) : null,
    };
  });
}

function distinct(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].filter((text) => text !== "");
}

/** `unseen`: of an owner in another pid namespace. `another checkout`: or nothing tells whose it is. */
export type Fate = "delete" | "in use" | "unseen" | "another checkout";

/**
 * What is to become of remains: deleted are those of dead owners that a run of this checkout made. A rule or a lease without anything that it belongs to
 * serves nobody, whoever made it. `all` adds other checkouts, and takes an owner that cannot be seen for dead. Pure.
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
