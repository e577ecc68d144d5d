import { UndecidedError } from "../../lib/host/errors.ts";
import { hostExec, mustExec, type Exec } from "../../lib/host/exec.ts";

/** The labels by which a cluster's Docker network (and so the cluster) is known as ours. */
export const LABELS = {
  cluster: "faultline.cluster",
  cell: "faultline.cell",
  owner: "faultline.owner",
  runDir: "faultline.run-dir",
} as const;

/** Interface names have 15 characters at most (IFNAMSIZ). */
export function bridgeName(cluster: string): string {
  return `fl-${cluster.replace(/^faultline-/, "")}`.slice(0, 15);
}

/** A rule of ours on the host: whose network it closes, for which IP family, and the mark of who made it (owner.ts). */
export interface ClosingRule {
  readonly cluster: string;
  /** Empty in rules of before it was written down. */
  readonly owner: string;
  readonly family: 4 | 6;
}

/** Where a family's closing rule is. */
interface Place {
  readonly tool: "iptables" | "ip6tables";
  readonly table: "filter" | "mangle";
  readonly chain: string;
}

/**
 * IPv4: Docker's own chain for its users. IPv6: Docker 20.10 keeps no ip6tables, newer ones do, and put their jumps and accepts at the top of filter's FORWARD
 * whenever they like. mangle's FORWARD is walked before filter's on any host, and is nobody's: a packet dropped there has left for good.
 */
const PLACES: Readonly<Record<4 | 6, Place>> = {
  4: { tool: "iptables", table: "filter", chain: "DOCKER-USER" },
  6: { tool: "ip6tables", table: "mangle", chain: "FORWARD" },
};
const FAMILIES = [4, 6] as const;

function command(family: 4 | 6, verb: string, ...rest: readonly string[]): readonly string[] {
  const { tool, table, chain } = PLACES[family];
  return [tool, "-w", "10", "-t", table, verb, chain, ...rest];
}

/** The words of a rule: what comes from the cluster's bridge and would not go back to it is dropped, silently. The same for both families. */
export function closingRule({ cluster, owner }: Omit<ClosingRule, "family">): readonly string[] {
  const bridge = bridgeName(cluster);
  const comment = `faultline:${cluster}${owner === "" ? "" : ` ${owner}`}`;
  return ["-i", bridge, "!", "-o", bridge, "-m", "comment", "--comment", comment, "-j", "DROP"];
}

/** Our rules among what `-S` prints of a family's chain, each as often as it is there. Pure. */
export function closingRulesIn(listing: string, family: 4 | 6): readonly ClosingRule[] {
  const { chain } = PLACES[family];
  const rules = listing.split("\n").filter((line) => line.startsWith(`-A ${chain} `) && line.endsWith(" -j DROP"));
  return rules.flatMap((line) => {
    const [, quoted, bare] = / --comment (?:"([^"]*)"|(\S+)) /.exec(line) ?? [];
    const [, cluster = "", owner = ""] = /^faultline:(\S+)(?: (\S+))?$/.exec(quoted ?? bare ?? "") ?? [];
    return cluster === "" ? [] : [{ cluster, owner, family }];
  });
}

/** All our rules on this host; none of a family whose tool or chain is not there, or does not show them. */
export async function closingRules(exec: Exec = hostExec): Promise<readonly ClosingRule[]> {
  const lists = await Promise.all(
    FAMILIES.map(async (family) => {
      const { exitCode, stdout } = await exec(command(family, "-S"));
      return exitCode === 0 ? closingRulesIn(stdout, family) : [];
    }),
  );
  return lists.flat();
}

/** Puts a rule in, first of its chain, and reads it back. Throws ExecError when it cannot be put in, UndecidedError when it is not there afterwards. */
export async function closeBy(rule: ClosingRule, exec: Exec): Promise<void> {
  const words = closingRule(rule);
  await mustExec(exec, command(rule.family, "-I", "1", ...words));
  const check = await exec(command(rule.family, "-C", ...words));
  if (check.exitCode === 0) return;
  const { tool, chain } = PLACES[rule.family];
  throw new UndecidedError(
    `network ${rule.cluster}: the rule that closes it is not in ${tool}' ${chain}: ${check.stderr.trim()}`,
    "run ./faultline doctor; Docker must manage iptables on this host",
  );
}

/** Takes all rules of a cluster away, whoever made them. */
export async function removeClosingRules(cluster: string, exec: Exec): Promise<void> {
  for (const rule of await closingRules(exec)) {
    if (rule.cluster === cluster) await exec(command(rule.family, "-D", ...closingRule(rule)));
  }
}

/** How many packets the closing rule of a family has dropped so far. Throws UndecidedError when the rule is gone. */
export async function droppedPackets(cluster: string, family: 4 | 6, exec: Exec = hostExec): Promise<number> {
  const { stdout } = await mustExec(exec, command(family, "-L", "-v", "-n", "-x"));
  const line = stdout.split("\n").find((one) => one.includes(`faultline:${cluster} `) && one.includes("DROP"));
  const packets = Number(line?.trim().split(/\s+/)[0]);
  if (Number.isNaN(packets))
    throw new UndecidedError(`network ${cluster}: its closing rule for IPv${family} is gone`, "run the suite again");
  return packets;
}
