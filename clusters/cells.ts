import { cellId, type Cell, type ProxyMode, type Traits } from "../lib/cell.ts";
import { UsageError } from "../lib/errors.ts";
import { VERSIONS } from "./image/versions.ts";

/** What a CNI's folder states about it. */
export interface Cni {
  readonly name: string;
  readonly versions: readonly string[];
  /** File under clusters/cni, the same online and offline. */
  readonly manifest: string;
  readonly traits: Traits;
  /** The pods that must be Ready before the CNI is. */
  readonly ready: { readonly namespace: string; readonly selector: string };
}

const flannel: Cni = {
  name: "flannel",
  versions: [VERSIONS.flannel],
  manifest: "flannel/manifest.yaml",
  traits: {
    bridge: "cni0",
    overlay: { kind: "vxlan", device: "flannel.1", secondDevice: "flannel-v6.1", udpPort: 8472 },
    // -iptables-resync, 5 s unless said otherwise (flannel main.go); measured: back after 0.4 to 4.2 s.
    resync: { by: "flannel", rule: { table: "filter", chain: "FORWARD", target: "FLANNEL-FWD" }, everyMs: 5000 },
  },
  ready: { namespace: "kube-flannel", selector: "app=flannel" },
};

export const CNIS: readonly Cni[] = [flannel];
const PROXY_MODES: readonly ProxyMode[] = ["iptables", "nftables"];

/** The cell a run takes when none is named. */
export const DEFAULT_CELL: Cell = {
  cni: "flannel",
  cniVersion: VERSIONS.flannel,
  proxyMode: "iptables",
  kubernetesVersion: VERSIONS.kubernetes,
  ipFamily: "ipv4",
};

/** Every cell that can be had. */
export function knownCells(): readonly Cell[] {
  return CNIS.flatMap((cni) =>
    cni.versions.flatMap((cniVersion) =>
      PROXY_MODES.flatMap((proxyMode) =>
        (["ipv4", "ipv6", "dual"] as const).map((ipFamily) => ({
          ...DEFAULT_CELL,
          cni: cni.name,
          cniVersion,
          proxyMode,
          ipFamily,
        })),
      ),
    ),
  );
}

/**
 * Reads `flannel@0.28.4/iptables/1.34.4/ipv4`; parts may be left out from the right, and the CNI's version (`flannel`, `flannel/nftables`).
 * Throws UsageError naming the nearest known cell.
 */
export function parseCell(text: string): Cell {
  const [cni = "", proxyMode, kubernetesVersion, ipFamily, ...rest] = text.split("/");
  const [name, version, ...more] = cni.split("@");
  const matches = (cell: Cell) =>
    rest.length === 0 &&
    more.length === 0 &&
    [
      [name, cell.cni],
      [version, cell.cniVersion],
      [proxyMode, cell.proxyMode],
      [kubernetesVersion, cell.kubernetesVersion],
      [ipFamily, cell.ipFamily],
    ].every(([asked, is]) => asked === undefined || asked === is);
  const found = knownCells().find(matches);
  if (found) return found;
  const known = knownCells().map(cellId);
  throw new UsageError(
    `cell "${text}" is not known; the nearest is ${nearest(text, known)}`,
    `known cells: ${known.join(", ")}`,
  );
}

/** The CNI of a cell. Throws UsageError when it is not known. */
export function cniOf(cell: Cell): Cni {
  const found = CNIS.find(({ name }) => name === cell.cni);
  if (!found)
    throw new UsageError(`CNI "${cell.cni}" is not known`, `known: ${CNIS.map(({ name }) => name).join(", ")}`);
  return found;
}

/** Of `candidates`, the one with the fewest edits from `text`, whose beginning is enough: the work grows with its length. */
export function nearest(text: string, candidates: readonly string[]): string {
  const scored = candidates.map((one) => ({ one, distance: editDistance(text.slice(0, 200), one) }));
  return scored.sort((a, b) => a.distance - b.distance)[0]?.one ?? "none";
}

/** Levenshtein's distance; both texts are short names. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
