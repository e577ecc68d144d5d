import { UndecidedError } from "../../lib/host/errors.ts";
import { mustExec, type Exec } from "../../lib/host/exec.ts";

/** Docker labels on a cluster's network that mark the cluster as ours. */
export const LABELS = {
  cluster: "faultline.cluster",
  cell: "faultline.cell",
  owner: "faultline.owner",
  runDir: "faultline.run-dir",
} as const;

/** Returns the name of a cluster's bridge, cut to the 15 characters of an interface name (IFNAMSIZ). */
export function bridgeName(cluster: string): string {
  return `fl-${cluster.replace(/^faultline-/, "")}`.slice(0, 15);
}

/**
 * One of our rules on the host: the cluster whose network it closes, its IP family, and its maker's mark (owner.ts).
 */
export interface ClosingRule {
  readonly cluster: string;
  /** Empty in rules of older versions. */
  readonly owner: string;
  readonly family: 4 | 6;
}

/** The location of a family's closing rule. */
interface RuleLocation {
  readonly tool: "iptables" | "ip6tables";
  readonly table: "filter" | "mangle";
  readonly chain: string;
}

/**
 * IPv4: Docker's own chain for its users. IPv6: Docker 20.10 keeps no ip6tables rules. Newer versions do, and put their
 * jumps and accepts at the top of filter's FORWARD at any time. mangle's FORWARD comes before filter's on every host,
 * and Docker does not write there.
 */
const PLACES: Readonly<Record<4 | 6, RuleLocation>> = {
  4: { tool: "iptables", table: "filter", chain: "DOCKER-USER" },
  6: { tool: "ip6tables", table: "mangle", chain: "FORWARD" },
};
const FAMILIES = [4, 6] as const;

function command(family: 4 | 6, verb: string, ...rest: readonly string[]): readonly string[] {
  const { tool, table, chain } = PLACES[family];
  return [tool, "-w", "10", "-t", table, verb, chain, ...rest];
}

/**
 * Returns the rule's arguments, the same for both families. It silently drops packets from the cluster's bridge that
 * would leave by another device.
 */
export function closingRule({ cluster, owner }: Omit<ClosingRule, "family">): readonly string[] {
  const bridge = bridgeName(cluster);
  const comment = `faultline:${cluster}${owner === "" ? "" : ` ${owner}`}`;
  return ["-i", bridge, "!", "-o", bridge, "-m", "comment", "--comment", comment, "-j", "DROP"];
}

/** Returns our rules in the `-S` listing of a family's chain, duplicates included. Pure. */
export function closingRulesIn(listing: string, family: 4 | 6): readonly ClosingRule[] {
  const { chain } = PLACES[family];
  const rules = listing.split("\n").filter((line) => line.startsWith(`-A ${chain} `) && line.endsWith(" -j DROP"));
  return rules.flatMap((line) => {
    const [, quoted, bare] = / --comment (?:"([^"]*)"|(\S+)) /.exec(line) ?? [];
    const [, cluster = "", owner = ""] = /^faultline:(\S+)(?: (\S+))?$/.exec(quoted ?? bare ?? "") ?? [];
    return cluster === "" ? [] : [{ cluster, owner, family }];
  });
}

/** Returns all our rules on this host. A family whose tool or chain is missing or unreadable contributes no rule. */
export async function closingRules(exec: Exec): Promise<readonly ClosingRule[]> {
  const lists = await Promise.all(
    FAMILIES.map(async (family) => {
      const { exitCode, stdout } = await exec(command(family, "-S"));
      return exitCode === 0 ? closingRulesIn(stdout, family) : [];
    }),
  );
  return lists.flat();
}

/**
 * Inserts a rule at the top of its chain and reads it back. Throws ExecError when the insertion fails, UndecidedError
 * when the rule is missing afterwards.
 */
export async function closeBy(rule: ClosingRule, exec: Exec): Promise<void> {
  const words = closingRule(rule);
  await mustExec(exec, command(rule.family, "-I", "1", ...words));
  const check = await exec(command(rule.family, "-C", ...words));
  if (check.exitCode === 0) return;
  const { tool, chain } = PLACES[rule.family];
  throw new UndecidedError(
    `network ${rule.cluster}: the rule that closes it is missing from ${tool}'s chain ${chain}: ${check.stderr.trim()}`,
    "run ./faultline doctor; Docker must manage iptables on this host",
  );
}

/** Removes all closing rules of a cluster, including those of other owners. */
export async function removeClosingRules(cluster: string, exec: Exec): Promise<void> {
  for (const rule of await closingRules(exec)) {
    if (rule.cluster === cluster) await exec(command(rule.family, "-D", ...closingRule(rule)));
  }
}

/**
 * Returns the number of packets that a family's closing rule has dropped. Throws UndecidedError when the rule is
 * missing.
 */
export async function droppedPackets(cluster: string, family: 4 | 6, exec: Exec): Promise<number> {
  const { stdout } = await mustExec(exec, command(family, "-L", "-v", "-n", "-x"));
  const line = stdout.split("\n").find((row) => row.includes(`faultline:${cluster} `) && row.includes("DROP"));
  const packets = Number(line?.trim().split(/\s+/)[0]);
  if (Number.isNaN(packets))
    throw new UndecidedError(`network ${cluster}: its closing rule for IPv${family} is missing`, "run the suite again");
  return packets;
}
