import { readFileSync } from "node:fs";
import { UndecidedError } from "../host/errors.ts";
import { mustExec, type Exec } from "../host/exec.ts";
import { normalise } from "./normalise.ts";

export { diffFingerprints } from "./diff.ts";

export const SECTIONS = [
  "sysctl",
  "link",
  "address",
  "route",
  "rule",
  "neighbour",
  "fdb",
  "iptables-nft",
  "ip6tables-nft",
  "iptables-legacy",
  "ip6tables-legacy",
  "nft",
  "ipset",
  "ipvs",
  "qdisc",
  "class",
  "filter",
] as const;
export type Section = (typeof SECTIONS)[number];

/** One fact about a node: its subject (a sysctl, a device's attribute, a chain) and its content. */
export interface Item {
  readonly section: Section;
  readonly scope: string;
  readonly text: string;
  /** True when the order among the items of its scope is irrelevant. */
  readonly unordered?: boolean;
}

/** A network namespace's state without values that change by themselves (counters, timers). Plain data. */
export interface Fingerprint {
  readonly items: readonly Item[];
  /** Unreadable sections with the reason: `ipset: ipset not found`. */
  readonly missing: readonly string[];
}

/** Constant: arguments carry all values. */
const COLLECT = readFileSync(new URL("collect.sh", import.meta.url), "utf8");

/**
 * Returns the state of a node, in one exec. Throws ExecError when the node does not answer, UndecidedError when its
 * answer is incomplete.
 */
export async function takeFingerprint(exec: Exec): Promise<Fingerprint> {
  return await collect(exec, "net");
}

/** Returns a fingerprint. `net`: the sysctls of the network namespace; `.`: the whole machine's too. */
export async function collect(exec: Exec, sysctls: "net" | "."): Promise<Fingerprint> {
  const { stdout } = await mustExec(exec, ["sh", "-c", COLLECT, "collect", sysctls], { timeoutMs: 60_000 });
  if (!stdout.endsWith("@@ end\n")) throw new UndecidedError("a fingerprint is cut short", "run it again");
  return normalise(stdout);
}
