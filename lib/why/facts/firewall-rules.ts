import type { NodeFacts } from "./node-facts.ts";

/** A rule that ends a packet's path, with its counter. */
export interface EndingRule {
  /** Its file of evidence: `nft`, `iptables-nft`, … */
  readonly file: string;
  /** The hook of a base chain (`input`, `forward`, …); null for a chain that others jump to. */
  readonly hook: string | null;
  readonly table: string;
  readonly chain: string;
  /** Its text, without counter and comment. */
  readonly text: string;
  readonly comment: string;
  readonly verdict: "drop" | "reject";
  /** Null for a rule without a counter. */
  readonly packets: number | null;
  /** The counter's increase since the baseline; without a baseline, its value. */
  readonly rose: number | null;
  /** True when it is not in the baseline; null without a baseline. */
  readonly isNew: boolean | null;
}

/** Any rule of a firewall. */
export interface FirewallRule extends Pick<
  EndingRule,
  "file" | "hook" | "table" | "chain" | "text" | "comment" | "packets"
> {
  readonly verdict: EndingRule["verdict"] | "accept" | "other";
}

const IPTABLES = ["iptables-nft", "ip6tables-nft", "iptables-legacy", "ip6tables-legacy"] as const;

/** Returns the rules of a node that drop or reject. Pure. */
export function endingRules(facts: NodeFacts): readonly EndingRule[] {
  const before = Map.groupBy(facts.rulesBefore, keyOf);
  return facts.rules.flatMap((rule): readonly EndingRule[] => {
    const { verdict, packets } = rule;
    if (verdict !== "drop" && verdict !== "reject") return [];
    const was = before.get(keyOf(rule));
    const count = was?.reduce((sum, one) => sum + (one.packets ?? 0), 0) ?? 0;
    return [
      {
        ...rule,
        verdict,
        rose: packets === null ? null : Math.max(0, packets - count),
        isNew: facts.hasBaseline ? was === undefined : null,
      },
    ];
  });
}

/** Returns the rules of all backends, from their files of evidence. Pure. */
export function rulesIn(text: (file: string) => string): readonly FirewallRule[] {
  const own = IPTABLES.filter(
    (file) => file.endsWith("-nft") && text(file).includes("\n*") && !/incompatible/.test(text(file)),
  );
  const families = new Set(own.map((file) => (file.startsWith("ip6") ? "ip6" : "ip")));
  const nft = nftRules(text("nft")).filter(({ table }) => !isOfIptables(table, families));
  return [...IPTABLES.flatMap((file) => iptablesRules(file, text(file))), ...nft];
}

function keyOf({ file, table, chain, text }: FirewallRule): string {
  return `${file} ${table} ${chain} ${text}`;
}

/** Returns true for a table that iptables-nft has printed itself. */
function isOfIptables(table: string, families: ReadonlySet<string>): boolean {
  const [family = "", name = ""] = table.split(" ");
  return families.has(family) && ["filter", "nat", "mangle", "raw", "security"].includes(name);
}

function iptablesRules(file: string, text: string): readonly FirewallRule[] {
  let table = "";
  return text.split("\n").flatMap((line): readonly FirewallRule[] => {
    if (line.startsWith("*")) table = line.slice(1);
    const [, packets, chain = "", rest = ""] = /^(?:\[(\d+):\d+\] )?-A (\S+) (.*)$/.exec(line) ?? [];
    if (chain === "") return [];
    const comment = /--comment (?:"([^"]*)"|(\S+))/.exec(rest);
    const bare = rest.replace(/ ?-m comment --comment (?:"[^"]*"|\S+)/, "").trim();
    const target = / ?-j (\S+)/.exec(bare)?.[1] ?? "";
    const verdict = ({ DROP: "drop", REJECT: "reject", ACCEPT: "accept" } as const)[target] ?? "other";
    const count = packets === undefined ? null : Number(packets);
    const place = { file, hook: BUILT_IN.includes(chain) ? chain.toLowerCase() : null, table, chain };
    return [{ ...place, text: bare, comment: comment?.[1] ?? comment?.[2] ?? "", packets: count, verdict }];
  });
}

const BUILT_IN = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"];

function nftRules(text: string): readonly FirewallRule[] {
  const scopes: string[] = [];
  let hook: string | null = null;
  return text.split("\n").flatMap((raw): readonly FirewallRule[] => {
    const line = raw.trim();
    if (line.endsWith("{")) hook = null;
    hook = /^type \w+ hook (\w+)/.exec(line)?.[1] ?? hook;
    if (line.endsWith("{")) scopes.push(line.slice(0, -1).trim());
    if (line === "}") scopes.pop();
    const [table, chain] = scopes;
    if (!table || !chain?.startsWith("chain ") || line.endsWith("{") || line.startsWith("type ")) return [];
    const comment = / comment "([^"]*)"/.exec(line)?.[1] ?? "";
    const packets = /counter packets (\d+)/.exec(line)?.[1];
    const bare = line.replace(/ ?comment "[^"]*"/, "").replace(/ ?counter packets \d+ bytes \d+/, "");
    const verdict = (["drop", "reject", "accept"] as const).find((word) => new RegExp(`\\b${word}\\b`).test(bare));
    const place = { file: "nft", hook, table: table.replace(/^table /, ""), chain: chain.slice("chain ".length) };
    const count = packets === undefined ? null : Number(packets);
    const content = { text: bare.replace(/\s+/g, " ").trim(), comment, packets: count };
    return [{ ...place, ...content, verdict: verdict ?? "other" }];
  });
}
