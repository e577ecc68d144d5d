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

/** One fact about a node: what it is about (a sysctl, a device's attribute, a chain), and what it says. */
export interface Item {
  readonly section: Section;
  readonly scope: string;
  readonly text: string;
  /** The order among items of its scope means nothing. */
  readonly unordered?: boolean;
}

/** A network namespace's state without what changes by itself from one moment to the next (counters, timers). Plain data. */
export interface Fingerprint {
  readonly items: readonly Item[];
  /** Sections that could not be read and why: `ipset: ipset not found`. */
  readonly missing: readonly string[];
}

/** Constant: nothing is put into it. */
const COLLECT = readFileSync(new URL("collect.sh", import.meta.url), "utf8");

/** Reads the state of a node in one exec. Throws ExecError when the node cannot be asked, UndecidedError when its answer is not whole. */
export async function takeFingerprint(exec: Exec): Promise<Fingerprint> {
  return await collect(exec, "net");
}

/** `net`: sysctls of the network namespace; `.`: the whole machine's too. */
export async function collect(exec: Exec, sysctls: "net" | "."): Promise<Fingerprint> {
  const { stdout } = await mustExec(exec, ["sh", "-c", COLLECT, "collect", sysctls], { timeoutMs: 60_000 });
  if (!stdout.endsWith("@@ end\n")) throw new UndecidedError("a fingerprint is cut short", "run it again");
  return normalise(stdout);
}
