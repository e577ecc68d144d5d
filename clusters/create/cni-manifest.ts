import { readFile } from "node:fs/promises";
import type { Cell } from "../../lib/model/cell.ts";
import { podSubnets } from "../addressing/subnets.ts";
import type { ByManifest } from "../cni/contract/cni.ts";

/** Returns a CNI's manifest for a cell, as YAML. Throws Error when a token has no value, or a value has no token. */
export async function manifestFor(
  { kinds, manifest, tokens }: ByManifest,
  cell: Cell,
  subnets: readonly string[] = podSubnets(cell.ipFamily),
): Promise<string> {
  const before = kinds === undefined ? "" : `${await read(kinds)}---\n`;
  return before + filled(await read(manifest), tokens(cell, subnets), manifest);
}

function read(file: string): Promise<string> {
  return readFile(new URL(`../cni/${file}`, import.meta.url), "utf8");
}

/** Returns `text` with each {{NAME}} replaced. Values are ours, never a user's. Pure. */
export function filled(text: string, tokens: Readonly<Record<string, string>>, file: string): string {
  const used = new Set<string>();
  const result = text.replaceAll(/\{\{([A-Z0-9_]+)\}\}/g, (_, name: string) => {
    const value = tokens[name];
    if (value === undefined) throw new Error(`${file}: no value for {{${name}}}`);
    used.add(name);
    return value;
  });
  const unused = Object.keys(tokens).filter((name) => !used.has(name));
  if (unused.length > 0) throw new Error(`${file}: lacks {{${unused.join("}}, {{")}}}`);
  return result;
}
