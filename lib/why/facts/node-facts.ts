import { changesOf, type Change } from "../../fingerprint/diff.ts";
import type { Fingerprint, Section } from "../../fingerprint/fingerprint.ts";
import { normalise } from "../../fingerprint/normalise.ts";
import { rulesIn, type FirewallRule } from "./firewall-rules.ts";
import { isAnotherPod } from "../../evidence/pod-identity.ts";
import { linksIn, type DeviceFacts } from "./links.ts";
import type { EvidenceFiles } from "./read-evidence.ts";

/** A node's network state while paths failed, and its differences from the baseline. */
export interface NodeFacts {
  readonly node: string;
  /** Returns the text of a file of `during`, such as `route`; empty when it is missing. */
  readonly text: (file: string) => string;
  /** Returns the text of a file of `before`; null when it is unknown, as opposed to empty. */
  readonly textBefore: (file: string) => string | null;
  readonly files: readonly string[];
  readonly fingerprint: Fingerprint;
  readonly links: readonly DeviceFacts[];
  readonly linksBefore: readonly DeviceFacts[];
  /** Differences inside its pods in addresses and routes: lines by pod. */
  readonly podChanges: ReadonlyMap<string, readonly string[]>;
  readonly rules: readonly FirewallRule[];
  readonly rulesBefore: readonly FirewallRule[];
  /** Empty without a baseline. */
  readonly changes: readonly Change[];
  readonly hasBaseline: boolean;
}

/** The sections of a fingerprint that evidence also has, with their files. */
const FILES: Readonly<Partial<Record<Section, string>>> = {
  sysctl: "sysctl",
  link: "link",
  address: "address",
  route: "route",
  rule: "rule",
  neighbour: "neighbour",
  fdb: "fdb",
  "iptables-nft": "iptables-nft",
  "ip6tables-nft": "ip6tables-nft",
  "iptables-legacy": "iptables-legacy",
  "ip6tables-legacy": "ip6tables-legacy",
  nft: "nft",
  qdisc: "queue",
};

/** Parses a node's `during` and `before` texts. Pure. */
export function nodeFacts({ texts }: EvidenceFiles, node: string, lacking: string[]): NodeFacts {
  const empty = emptyFiles(texts.get("index.json"), node);
  const textOf = (moment: string, file: string): string | null =>
    wholeOrNull(texts.get(`${moment}/${node}/${file}.txt`)) ?? (empty.has(`${moment} ${file}`) ? "" : null);
  lacking.push(...cutFiles(texts, node));
  const hasBaseline = [...texts.keys()].some((path) => path.startsWith(`before/${node}/`));
  const known = Object.entries(FILES).filter(
    ([, file]) => textOf("during", file) !== null && (!hasBaseline || textOf("before", file) !== null),
  );
  const state = (moment: string): Fingerprint => fingerprintOf(known, (file) => textOf(moment, file) ?? "", lacking);
  const during = state("during");
  const prefix = `during/${node}/`;
  const files = [...texts.keys()]
    .filter((path) => path.startsWith(prefix))
    .map((path) => path.slice(prefix.length, -4));
  return {
    node,
    text: (file) => textOf("during", file) ?? "",
    textBefore: (file) => textOf("before", file),
    files,
    podChanges: podChanges(files, textOf),
    fingerprint: during,
    links: linksIn(textOf("during", "link") ?? ""),
    linksBefore: linksIn(textOf("before", "link") ?? ""),
    rules: rulesIn((file) => textOf("during", file) ?? ""),
    rulesBefore: rulesIn((file) => textOf("before", file) ?? ""),
    changes: hasBaseline ? changesOf(state("before"), during) : [],
    hasBaseline,
  };
}

/** Returns changed settings, not counters or learned entries; none for a pod that started or ended in the meantime. */
function podChanges(
  files: readonly string[],
  textOf: (moment: string, file: string) => string | null,
): ReadonlyMap<string, readonly string[]> {
  const changed = files.flatMap((file): readonly (readonly [string, readonly string[]])[] => {
    const pod = /^pod-(.*)-network$/.exec(file)?.[1];
    const [before, during] = [textOf("before", file), textOf("during", file)];
    if (pod === undefined || before === null || during === null || isAnotherPod(before, during)) return [];
    const [was, is] = [settingsIn(before), settingsIn(during)];
    const lines = [
      ...was.filter((line) => !is.includes(line)).map((line) => `gone: ${line}`),
      ...is.filter((line) => !was.includes(line)).map((line) => `new: ${line}`),
    ];
    return lines.length === 0 ? [] : [[pod, lines]];
  });
  return new Map(changed);
}

/** Returns addresses, routes and device flags, without what IPv6 changes by itself. */
function settingsIn(text: string): readonly string[] {
  const lines = text.split("\n").map((line) => line.trim());
  const set = lines.filter((line) => /^(inet|default|\d+: \S+: <|[a-z]* ?[0-9a-f.:]+(\/\d+)? (dev|via) )/.test(line));
  return [...new Set(set.filter((line) => !/ lladdr | used |fe80|ff00|tentative/.test(line)))];
}

/** Returns null for a cut-off text: what its end lacks must not count as gone. */
function wholeOrNull(text: string | undefined): string | null {
  return text === undefined || !text.endsWith("\n") ? null : text;
}

function cutFiles(texts: EvidenceFiles["texts"], node: string): readonly string[] {
  const mine = [...texts].filter(([path]) => path.split("/")[1] === node);
  return mine.filter(([, text]) => wholeOrNull(text) === null).map(([path]) => `${path}: cut short`);
}

/** Returns the `MOMENT FILE` pairs with empty output: such a text has no file. */
function emptyFiles(index: string | undefined, node: string): ReadonlySet<string> {
  try {
    const { states } = JSON.parse(index ?? "{}") as { states?: { moment: string; node: string; empty: string[] }[] };
    const mine = (states ?? []).filter((state) => state.node === node);
    return new Set(mine.flatMap(({ moment, empty }) => empty.map((file) => `${moment} ${file}`)));
  } catch {
    return new Set();
  }
}

/** Returns the sections in collect.sh's format, so that one set of rules defines what may change by itself. */
function fingerprintOf(
  known: readonly (readonly [string, string])[],
  text: (file: string) => string,
  lacking: string[],
): Fingerprint {
  try {
    return normalise(known.map(([section, file]) => `@@ ${section}\n${asCollected(section, text(file))}`).join("\n"));
  } catch (error) {
    lacking.push(`a node's state: ${(error as Error).message}`);
    return { items: [], missing: [] };
  }
}

function asCollected(section: string, text: string): string {
  const lines = text.split("\n").filter((line) => line !== "");
  switch (section) {
    case "sysctl":
      return lines.map((line) => `net/${line}`).join("\n");
    case "link":
      return JSON.stringify(linksIn(text));
    case "address":
      return addressLines(lines).join("\n");
    case "neighbour":
      // `ip -s` adds the time since its last use, and the number of requests.
      return lines.map((line) => line.replace(/ (ref \d+|used \S+( probes)? \d+|used \S+)/g, "")).join("\n");
    case "qdisc":
      return lines.filter((line) => line.startsWith("qdisc")).join("\n");
    default:
      return lines.join("\n");
  }
}

/** Returns each address with its device, in the format of `ip -o`. */
function addressLines(lines: readonly string[]): readonly string[] {
  let device = "";
  return lines.flatMap((line) => {
    device = /^\d+: ([^:@\s]+)/.exec(line)?.[1] ?? device;
    return /^\s+inet6? /.test(line) ? [`1: ${device} ${line.trim()}`] : [];
  });
}

/** Returns a sysctl's value and its baseline; null where it is unknown. */
export function sysctlOf({ text, textBefore }: NodeFacts, path: string): { is: string | null; was: string | null } {
  return { is: valueIn(text("sysctl"), path), was: valueIn(textBefore("sysctl") ?? "", path) };
}

function valueIn(sysctls: string, path: string): string | null {
  const line = sysctls.split("\n").find((text) => text.startsWith(`${path}:`));
  return line === undefined ? null : line.slice(path.length + 1).trim();
}

/** Returns sysctl(8)'s name of a path: `net.ipv4.ip_forward` for `ipv4/ip_forward`. */
export function sysctlName(path: string): string {
  return `net.${path.replace(/[./]/g, (separator) => (separator === "/" ? "." : "/"))}`;
}
