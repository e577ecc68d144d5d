import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

interface Source {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
}

/**
 * Returns the Debian mirror in apt's source files, as debootstrap wants it: an http, https or file URI. Entries for the
 * suite come first, and among them those that end in /debian, as Debian's mirrors do (other vendors name their suites
 * after Debian's, too). Undefined if no entry is usable. Pure; formats: sources.list(5).
 */
export function debianMirror(files: readonly string[], suite: string): string | undefined {
  const usable = files
    .flatMap((text) => [...deb822Sources(text), ...oneLineSources(text)])
    .filter(({ uri, components }) => /^(https?|file):\//.test(uri) && components.includes("main"));
  const score = ({ uri, suites }: Source) => Number(suites.includes(suite)) + 2 * Number(/\/debian\/?$/.test(uri));
  const best = usable.toSorted((a, b) => score(b) - score(a))[0];
  return best && score(best) > 0 ? best.uri : undefined;
}

/** What apt on this machine is configured with; a file that cannot be read is as if it were not there. */
export async function aptSourceFiles(directory = "/etc/apt"): Promise<readonly string[]> {
  const parts = join(directory, "sources.list.d");
  const names = await readdir(parts).catch(() => []);
  const wanted = names.filter((name) => /\.(list|sources)$/.test(name)).sort();
  const paths = [join(directory, "sources.list"), ...wanted.map((name) => join(parts, name))];
  return await Promise.all(paths.map((path) => readFile(path, "utf8").catch(() => "")));
}

function deb822Sources(text: string): readonly Source[] {
  const withoutComments = text.replaceAll(/^#.*\n?/gm, "");
  return withoutComments.split(/\n\s*\n/).flatMap((stanza) => {
    const field = (name: string) => new RegExp(`^${name}:(.*)$`, "im").exec(stanza)?.[1]?.trim().split(/\s+/) ?? [];
    if (!field("Types").includes("deb") || field("Enabled")[0] === "no") return [];
    return field("URIs").map((uri) => ({ uri, suites: field("Suites"), components: field("Components") }));
  });
}

function oneLineSources(text: string): readonly Source[] {
  return text.split("\n").flatMap((line) => {
    const found = /^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.*)$/.exec(line.trim());
    if (!found) return [];
    const [, uri = "", suite = "", components = ""] = found;
    return [{ uri, suites: [suite], components: components.split(/\s+/) }];
  });
}
