import { cellId, type Cell, type IpFamily, type ProxyMode, type Traits } from "../../lib/model/cell.ts";
import { UsageError } from "../../lib/host/errors.ts";
import type { NodeParts } from "../image/node-image.ts";
import type { Cni } from "../cni/contract/cni.ts";
import type { CniVersion } from "../image/cni-version.ts";
import { CNIS } from "../cni/registry.ts";
import { UNSUPPORTED_CNIS } from "../cni/unsupported.ts";
import { KUBERNETES, kubernetesRelease } from "../image/kubernetes.ts";
import { closestMatch } from "./closest-match.ts";
import { refusal } from "./refusal.ts";

/** The fifth part of a cell that means the same as leaving it out. */
const HOST_KERNEL = "host";
const PROXY_MODES: readonly ProxyMode[] = ["iptables", "nftables", "ipvs", "ipvs-sh", "none"];
const IP_FAMILIES: readonly IpFamily[] = ["ipv4", "ipv6", "dual"];
const [DEFAULT_CNI] = CNIS;
const KUBERNETES_VERSIONS = KUBERNETES.map(({ version }) => version);

/** The cell of a run that names none. */
export const DEFAULT_CELL: Cell = {
  cni: DEFAULT_CNI.name,
  cniVersion: newest(DEFAULT_CNI),
  proxyMode: "iptables",
  kubernetesVersion: KUBERNETES_VERSIONS[0] ?? "",
  ipFamily: "ipv4",
};

/** Returns the values of each part of a cell; not every combination is available. */
export function axes(): Readonly<Record<string, readonly string[]>> {
  return {
    CNI: CNIS.flatMap(({ name, versions }) => versions.map(({ version }) => `${name}@${version}`)),
    "kube-proxy mode": PROXY_MODES,
    Kubernetes: KUBERNETES_VERSIONS,
    "IP family": IP_FAMILIES,
  };
}

/** Returns one line per CNI: its versions, and the values they combine with. */
export function describeCells(): readonly string[] {
  return CNIS.map((cni) => {
    const cells = knownCells().filter((cell) => cell.cni === cni.name);
    const each = (part: (cell: Cell) => string) => [...new Set(cells.map(part))].join(",");
    const parts = [
      each((cell) => cell.proxyMode),
      each((cell) => cell.kubernetesVersion),
      each((cell) => cell.ipFamily),
    ];
    const names = cni.versions.map(({ version }) => `${cni.name}@${version}`).join(",");
    return `${[names, ...parts].join("/")}  ${cni.what}`;
  });
}

/** Returns every cell that is available on the host's kernel. */
export function knownCells(): readonly Cell[] {
  const cells = CNIS.flatMap((cni) =>
    cni.versions.flatMap(({ version }) =>
      PROXY_MODES.flatMap((proxyMode) =>
        KUBERNETES_VERSIONS.flatMap((kubernetesVersion) =>
          IP_FAMILIES.map((ipFamily): Cell => {
            return { cni: cni.name, cniVersion: version, proxyMode, kubernetesVersion, ipFamily };
          }),
        ),
      ),
    ),
  );
  return cells.filter((cell) => refusal(cell, cniOf(cell)) === null);
}

/**
 * Parses `flannel@0.28.4/iptables/1.34.4/ipv4`, with a kernel as optional fifth part. Parts may be left out from the
 * right, and so may the CNI's version. A minor (`1.33`) means its newest patch. Throws UsageError with the unknown part
 * and the nearest cell, or with the reason that the combination is unavailable.
 */
export function parseCell(text: string): Cell {
  const [cniPart = "", ...others] = text.split("/");
  const [name = "", version, ...more] = cniPart.split("@");
  const [proxyMode, kubernetes, ipFamily, kernel, ...rest] = others;
  const cni = CNIS.find((known) => known.name === name || known.aliases?.includes(name));
  const unsupported = UNSUPPORTED_CNIS.find((cni) => cni.name === name);
  if (unsupported) throw new UsageError(`cell "${text}" is unavailable: ${unsupported.reason}`, KNOWN);
  if (!cni || more.length > 0 || rest.length > 0) throw notKnown(text, "CNI", cniPart);
  const cell: Cell = {
    cni: cni.name,
    cniVersion: oneOf(cni.versions, version ?? newest(cni), ({ version }) => version)?.version ?? "",
    proxyMode: oneOf(PROXY_MODES, proxyMode ?? DEFAULT_CELL.proxyMode) ?? raise(text, "kube-proxy mode", proxyMode),
    kubernetesVersion:
      kubernetesRelease(kubernetes ?? DEFAULT_CELL.kubernetesVersion)?.version ?? raise(text, "Kubernetes", kubernetes),
    ipFamily: oneOf(IP_FAMILIES, ipFamily ?? DEFAULT_CELL.ipFamily) ?? raise(text, "IP family", ipFamily),
    ...(kernel === undefined || kernel === HOST_KERNEL ? {} : { kernel }),
  };
  if (cell.cniVersion === "") throw notKnown(text, "CNI", cniPart);
  const reason = refusal(cell, cni);
  if (reason === null) return cell;
  throw new UsageError(`cell "${text}" is unavailable: ${reason}; the nearest is ${nearestCell(cellId(cell))}`, KNOWN);
}

/**
 * Parses a set of cells: `flannel,ptp/iptables,nftables` is four, each alternative of a part with each of the others.
 * Throws UsageError as parseCell does, even when only one of them is unavailable.
 */
export function parseCells(text: string): readonly Cell[] {
  const parts = text.split("/").map((part) => part.split(","));
  const count = parts.reduce((product, { length }) => product * length, 1);
  if (count > MOST_CELLS)
    throw new UsageError(`cell "${text}" stands for ${count} cells, more than ${MOST_CELLS}`, KNOWN);
  const texts = parts.reduce<readonly string[]>(
    (all, alternatives, index) =>
      index === 0 ? alternatives : all.flatMap((begin) => alternatives.map((part) => `${begin}/${part}`)),
    [],
  );
  return texts.map(parseCell);
}

function oneOf<T>(all: readonly T[], asked: string, nameOf: (value: T) => string = String): T | undefined {
  return all.find((value) => nameOf(value) === asked);
}

/** More cells than this would take over a week: a typing mistake. */
const MOST_CELLS = 1000;
const KNOWN = "./faultline list cells shows all that are available";

function notKnown(text: string, axis: string, part: string): UsageError {
  const known = (axes()[axis] ?? []).join(", ");
  const what = `cell "${text}": ${axis} ${JSON.stringify(part)} is not known`;
  return new UsageError(`${what}; the nearest is ${nearestCell(text)}`, `${axis}: ${known}. ${KNOWN}`);
}

function raise(text: string, axis: string, part: string | undefined): never {
  throw notKnown(text, axis, part ?? "");
}

/**
 * Returns the nearest cell. It compares as many parts of each cell as the text has, so that a short text does not match
 * the shortest name.
 */
function nearestCell(text: string): string {
  const parts = text.split("/").length;
  const shorten = (id: string) => {
    const [cni = "", ...others] = id.split("/").slice(0, parts);
    return [text.includes("@") ? cni : cni.replace(/@.*/, ""), ...others].join("/");
  };
  const ids = knownCells().map(cellId);
  const closest = closestMatch(text, ids.map(shorten));
  return ids.find((id) => shorten(id) === closest) ?? "none";
}

function newest({ versions }: Cni): string {
  return versions[0]?.version ?? "";
}

/** Returns the CNI of a cell. Throws UsageError when it is not known. */
export function cniOf(cell: Cell): Cni {
  const found = CNIS.find(({ name }) => name === cell.cni);
  if (!found)
    throw new UsageError(`CNI "${cell.cni}" is not known`, `known: ${CNIS.map(({ name }) => name).join(", ")}`);
  return found;
}

/** Returns the release of a cell's CNI. Throws UsageError when it is not known. */
export function cniVersionOf(cell: Cell): CniVersion {
  const { name, versions } = cniOf(cell);
  const found = versions.find(({ version }) => version === cell.cniVersion);
  if (found) return found;
  const known = versions.map(({ version }) => version).join(", ");
  throw new UsageError(`${name} ${cell.cniVersion} is not known`, `known: ${known}`);
}

/** Returns the parts of the cell's nodes. Throws UsageError when its CNI is not known. */
export function nodePartsOf(cell: Cell): NodeParts {
  return { kubernetesVersion: cell.kubernetesVersion, cni: cniOf(cell), cniVersion: cniVersionOf(cell) };
}

/** Returns the traits that the cell's CNI declares. */
export function traitsOf(cell: Cell): Traits {
  return cniOf(cell).traits(cell);
}
