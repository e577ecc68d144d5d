import { changesOf, type Change } from "../../fingerprint/diff.ts";
import type { Fingerprint, Section } from "../../fingerprint/fingerprint.ts";
import { normalise } from "../../fingerprint/normalise.ts";
import { rulesIn, type FirewallRule } from "./firewall-rules.ts";
import { isAnotherPod } from "../../evidence/pod-identity.ts";
import { linksIn, type DeviceFacts } from "./links.ts";
import type { EvidenceFiles } from "./read-evidence.ts";

/** What a node's network looked like while paths failed, and what of it differs from before. */
export interface NodeFacts {
  readonly node: string;
  /** Of a file of `during`, `route` for one; empty where there is none. */
  readonly text: (file: string) => string;
  /** The same of `before`; null where it is not known, as opposed to empty. */
  readonly textBefore: (file: string) => string | null;
  readonly files: readonly string[];
  readonly fingerprint: Fingerprint;
  readonly links: readonly DeviceFacts[];
  readonly linksBefore: readonly DeviceFacts[];
  /** What differs within its pods, addresses and routes: lines by pod. */
  readonly podChanges: ReadonlyMap<string, readonly string[]>;
  readonly rules: readonly FirewallRule[];
  readonly rulesBefore: readonly FirewallRule[];
  /** Empty where there is no baseline. */
  readonly changes: readonly Change[];
  readonly hasBaseline: boolean;
}

/** The sections of a fingerprint that evidence has too, by the file they are in. */
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

/** Reads what `during` and `before` say of a node. Pure. */
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

/** Only what is set, not what is counted or learned; of a pod that was made or ended meanwhile nothing. */
function podChanges(
  files: readonly string[],
  textOf: (moment: string, file: string) => string | null,
): ReadonlyMap<string, readonly string[]> {
  const found = files.flatMap((file): readonly (readonly [string, readonly string[]])[] => {
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
  return new Map(found);
}

/** Addresses, routes and the devices' flags; without what IPv6 does by itself. */
function settingsIn(text: string): readonly string[] {
  const lines = text.split("\n").map((line) => line.trim());
  const set = lines.filter((line) => /^(inet|default|\d+: \S+: <|[a-z]* ?[0-9a-f.:]+(\/\d+)? (dev|via) )/.test(line));
  return [...new Set(set.filter((line) => !/ lladdr | used |fe80|ff00|tentative/.test(line)))];
}

/** What is missing at the end of a text must not be taken for gone. */
function wholeOrNull(text: string | undefined): string | null {
  return text === undefined || !text.endsWith("\n") ? null : text;
}

function cutFiles(texts: EvidenceFiles["texts"], node: string): readonly string[] {
  const mine = [...texts].filter(([path]) => path.split("/")[1] === node);
  return mine.filter(([, text]) => wholeOrNull(text) === null).map(([path]) => `${path}: cut short`);
}

/** `MOMENT FILE` of what had nothing to say: such a text has no file. */
function emptyFiles(index: string | undefined, node: string): ReadonlySet<string> {
  try {
    const { states } = JSON.parse(index ?? "{}") as { states?: { moment: string; node: string; empty: string[] }[] };
    const mine = (states ?? []).filter((state) => state.node === node);
    return new Set(mine.flatMap(({ moment, empty }) => empty.map((file) => `${moment} ${file}`)));
  } catch {
    return new Set();
  }
}

/** The sections as collect.sh would have printed them, so that one set of rules says what may change by itself. */
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
      // `ip -s` adds how long ago it was used, and how often it was asked for.
      return lines.map((line) => line.replace(/ (ref \d+|used \S+( probes)? \d+|used \S+)/g, "")).join("\n");
    case "qdisc":
      return lines.filter((line) => line.startsWith("qdisc")).join("\n");
    default:
      return lines.join("\n");
  }
}

/** Each address with its device, as `ip -o` prints it. */
function addressLines(lines: readonly string[]): readonly string[] {
  let device = "";
  return lines.flatMap((line) => {
    device = /^\d+: ([^:@\s]+)/.exec(line)?.[1] ?? device;
    return /^\s+inet6? /.test(line) ? [`1: ${device} ${line.trim()}`] : [];
  });
}

/** A sysctl's value and that of the baseline; null where it is not known. */
export function sysctlOf({ text, textBefore }: NodeFacts, path: string): { is: string | null; was: string | null } {
  return { is: valueIn(text("sysctl"), path), was: valueIn(textBefore("sysctl") ?? "", path) };
}

function valueIn(sysctls: string, path: string): string | null {
  const line = sysctls.split("\n").find((one) => one.startsWith(`${path}:`));
  return line === undefined ? null : line.slice(path.length + 1).trim();
}

/** `net.ipv4.ip_forward` for `ipv4/ip_forward`, as sysctl(8) writes it. */
export function sysctlName(path: string): string {
  return `net.${path.replace(/[./]/g, (one) => (one === "/" ? "." : "/"))}`;
}
