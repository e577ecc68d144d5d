import type { Item, Section } from "./fingerprint.ts";

/** Returns the facts of iptables-save, one per line, with scope `TABLE CHAIN`, without counters. */
export function iptablesItems(section: Section, lines: readonly string[]): readonly Item[] {
  let table = "";
  return lines.flatMap((line): readonly Item[] => {
    const word = line.split(" ", 2);
    if (line.startsWith("*")) table = line.slice(1);
    if (line.startsWith(":"))
      return [{ section, scope: `${table} ${line.slice(1).split(" ")[0]}`, text: `chain, policy ${word[1]}` }];
    const rule = /^(?:\[\d+:\d+\] )?(-A (\S+).*)$/.exec(line);
    return rule?.[1] === undefined ? [] : [{ section, scope: `${table} ${rule[2]}`, text: rule[1] }];
  });
}

/**
 * Returns the facts of `nft -s list ruleset`, one per line, with scope `FAMILY TABLE chain NAME`; elements of sets and
 * maps are unordered.
 */
export function nftItems(lines: readonly string[]): readonly Item[] {
  const scopes: string[] = [];
  return lines.flatMap((raw): readonly Item[] => {
    const line = raw.trim().replace(/counter packets \d+ bytes \d+/g, "counter");
    const inElements = scopes.at(-1) === "elements";
    if (line === "}" || (inElements && line.endsWith("}"))) {
      scopes.pop();
      return inElements && line !== "}" ? elements(scopes.join(" "), line) : [];
    }
    if (line.startsWith("elements = {")) {
      if (!line.endsWith("}")) scopes.push("elements");
      return elements(scopes.filter((scope) => scope !== "elements").join(" "), line.slice("elements = {".length));
    }
    if (inElements) return elements(scopes.slice(0, -1).join(" "), line);
    if (line.endsWith("{")) {
      scopes.push(
        line
          .slice(0, -1)
          .replace(/^table /, "")
          .trim(),
      );
      return [{ section: "nft", scope: scopes.join(" "), text: "is there" }];
    }
    return [{ section: "nft", scope: scopes.join(" "), text: line }];
  });
}

function elements(scope: string, text: string): readonly Item[] {
  const each = text
    .replace(/\}$/, "")
    .split(",")
    .map((element) => element.trim())
    .filter((element) => element !== "");
  return each.map((element) => ({ section: "nft", scope: `${scope} elements`, text: element, unordered: true }));
}

/**
 * Returns the facts of `ipset save`, one per line, with the set as scope; entries are unordered and have no counters.
 */
export function ipsetItems(lines: readonly string[]): readonly Item[] {
  return lines.flatMap((line): readonly Item[] => {
    const [, verb = "", scope = "", rest = ""] = /^(create|add) (\S+) (.*)$/.exec(line) ?? [];
    if (verb === "") return [];
    const text = rest.replace(/ packets \d+ bytes \d+/, "");
    return [{ section: "ipset", scope, text: verb === "create" ? `set of ${text}` : text, unordered: verb === "add" }];
  });
}
